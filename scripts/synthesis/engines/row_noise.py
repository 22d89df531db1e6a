"""Sampling with one seed for each row, which Transformers does not offer by itself."""

import numpy
import torch
from transformers import LogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper


def sampling_processors(sampling: dict) -> list[LogitsProcessor]:
    """The processors for temperature, top_k and top_p, in the order that Transformers itself uses."""
    processors: list[LogitsProcessor] = [TemperatureLogitsWarper(float(sampling["temperature"]))]
    if sampling.get("top_k"):
        processors.append(TopKLogitsWarper(sampling["top_k"]))
    if sampling.get("top_p", 1) < 1:
        processors.append(TopPLogitsWarper(float(sampling["top_p"])))
    return processors


class RowNoise(LogitsProcessor):
    """Adds Gumbel noise, so that the largest sum is a sample of the row's distribution (the Gumbel-max trick).

    Row i draws from its own generator, one draw of vocabulary size a step, so its samples depend on its seed and
    its own logits only, never on the batch around it. The generator is NumPy's Philox on the CPU, because PyTorch's
    takes only 32 bits of a seed there and other numbers on a GPU.
    """

    def __init__(self, seeds: list[int], device: torch.device):
        self.generators = [numpy.random.Generator(numpy.random.Philox(key=seed)) for seed in seeds]
        self.device = device

    def __call__(self, input_ids, scores):
        """Return `scores` (rows, vocabulary) in float32 with noise added."""
        width = scores.shape[-1]
        draws = [generator.standard_exponential(width, dtype=numpy.float32) for generator in self.generators]
        noise = torch.from_numpy(numpy.stack(draws)).to(self.device)
        return scores.float() - noise.clamp_(min=torch.finfo(torch.float32).tiny).log_()
