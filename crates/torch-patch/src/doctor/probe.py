"""Asks for NCCL as training code does, adds up one number of each rank, and prints what came of it as JSON.

Started by `torch-patch doctor --run`, once for each rank, with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set.
"""

import datetime
import json
import os

import torch
import torch.distributed as distributed

rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
distributed.init_process_group("nccl", timeout=datetime.timedelta(seconds=60))
backend = str(distributed.get_backend())
if backend == "nccl":
    torch.cuda.set_device(rank % torch.cuda.device_count())
number = torch.full((1,), float(rank + 1), device="cuda" if backend == "nccl" else "cpu")
distributed.all_reduce(number)
answer = {
    "backend": backend,
    "expected": ranks * (ranks + 1) / 2,
    "sum": number.item(),
    "torch": os.path.dirname(torch.__file__),
    "version": str(torch.__version__),
}
# One write, so that the lines of several ranks stay whole.
print("torch-patch-probe " + json.dumps(answer) + "\n", end="", flush=True)
distributed.barrier()
distributed.destroy_process_group()
