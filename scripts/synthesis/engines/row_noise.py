"""Sampling with one seed for each row, which Transformers does not offer by itself."""

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
    its own logits only, never on the batch around it.
    """

    def __init__(self, seeds: list[int], device: torch.device):
        self.generators = [torch.Generator(device=device).manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids, scores):
        """Return `scores` (rows, vocabulary) in float32 with noise added."""
        noise = torch.empty(scores.shape, dtype=torch.float32, device=scores.device)
        for row, generator in zip(noise, self.generators, strict=True):
            row.exponential_(generator=generator)
        return scores.float() - noise.clamp_(min=torch.finfo(torch.float32).tiny).log_()
