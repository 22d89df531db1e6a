"""Texts as vectors, by a model that embeds sentences."""

import numpy as np
import torch
import transformers

from synthesis import precision
from synthesis.engines import Machine
from synthesis.engines.batches import Batches
from synthesis.engines.transformers_scoring import padded
from synthesis.errors import InputError

# Most rows and padded tokens of a batch.
BATCH_ROWS, BATCH_TOKENS = 64, 4096


class Embedder:
    """A fetched model (its folder and manifest) that embeds texts on so many CPU cores.

    The manifest's `pooling` says how a text's vector is made from the last hidden states: `mean` of its tokens, or that
    of the first one (`cls`). Raises InputError if the model can't be loaded.
    """

    def __init__(self, folder, manifest: dict, threads: int = 1):
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(threads)
        self.context, self.pooling = manifest["context"], manifest["pooling"]
        try:
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
            self.model = transformers.AutoModel.from_pretrained(
                folder, dtype=precision.DTYPES[manifest["dtype"]], use_safetensors=True
            ).eval()
        except Exception as error:  # of many kinds
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(
                f"the model in {folder} can't be loaded to embed texts ({reason}); get its files again with --forcerun "
                "fetch_model, or name another model as measure_diversity.embedding_model."
            ) from error

    def embed(self, texts: list[str], advance=lambda rows: None) -> np.ndarray:
        """One vector of length 1 for each text: (texts, dimensions), float32.

        A text longer than the model's context is cut there. `advance` is told how many rows each batch had.
        """
        tokens = self.tokenizer(texts, truncation=True, max_length=self.context)["input_ids"] if texts else []
        vectors = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        batches = Batches(Machine(batch_rows=BATCH_ROWS, batch_tokens=BATCH_TOKENS))
        for batch in batches.compute(list(enumerate(tokens)), 0, self._batch):
            rows, found = zip(*batch, strict=True)
            vectors[list(rows)] = np.stack(found)
            advance(len(batch))
        return vectors

    @torch.inference_mode()
    def _batch(self, batch):
        ids, mask = padded([tokens for _, tokens in batch], self.tokenizer.pad_token_id or 0, "cpu", left=False)
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1)
        pooled = states[:, 0] if self.pooling == "cls" else (states * weights).sum(1) / weights.sum(1)
        unit = torch.nn.functional.normalize(pooled, dim=-1).numpy()
        return zip((row for row, _ in batch), unit, strict=True)
