"""What every rank of sharded gradient descent runs: `torchrun ... -m iclgd_core.learners.gd.sharded.child FOLDER`."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from transformers.utils import logging

from iclgd_core.devices import is_out_of_memory, set_deterministic, set_precise
from iclgd_core.errors import IclgdError
from iclgd_core.learners.gd.sharded.descent import RankDescent
from iclgd_core.learners.gd.sharded.job import read_job, write_answers, write_done
from iclgd_core.learners.gd.sharded.launch import note_failure, watch
from iclgd_core.learners.gd.sharded.shards import local_masks, sharded
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.models.language.projections import trained


def work(folder: Path) -> None:
    """Do this rank's part of the job in `folder`."""
    settings, runs, labels = read_job(folder)
    rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if settings.deterministic:
        set_deterministic()
    else:
        set_precise()
    limit = timedelta(seconds=settings.time_out)
    if settings.device == "cuda":
        own = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(own)
        dist.init_process_group("nccl", timeout=limit, device_id=own)
    else:
        dist.init_process_group("gloo", timeout=limit)
    mesh = init_device_mesh(settings.device, (ranks,))
    source, dtype = Path(settings.source), DTYPES[settings.dtype]
    module = sharded(source, settings.dtype, settings.attention, mesh)
    masks = local_masks(module, trained(module, settings.part))
    descent = RankDescent(module, masks, settings.batch_tokens, settings.checkpointing, dtype)
    files = []
    for i, run in enumerate(runs):
        answers, losses = descent.run(run, settings.optimizer, settings.readouts, labels)
        files.append(write_answers(folder, i, rank, answers, losses))
    write_done(folder, rank, files)
    dist.barrier()
    dist.destroy_process_group()


def main() -> None:
    """Run the job named on the command line; tell the parent why, where it fails."""
    folder = Path(sys.argv[1])
    watch(folder)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    rank = int(os.environ["RANK"])
    try:
        work(folder)
    except Exception as error:
        ours = "ours" if isinstance(error, IclgdError) else "other"
        note_failure(folder, rank, "memory" if is_out_of_memory(error) else ours, error)
        raise


if __name__ == "__main__":
    main()
