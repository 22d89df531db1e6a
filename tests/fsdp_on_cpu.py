"""The training's worker where Accelerate shards over CPU processes, which it does by itself only over GPUs."""

from accelerate import PartialState
from accelerate.utils import DistributedType
from synthesis.training.worker import main
from transformers import Trainer

_create = Trainer.create_accelerator_and_postprocess


def _sharding(self):
    assert PartialState().distributed_type == DistributedType.MULTI_CPU
    PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    _create(self)
    assert self.accelerator.distributed_type == DistributedType.FSDP


Trainer.create_accelerator_and_postprocess = _sharding

if __name__ == "__main__":
    raise SystemExit(main())
