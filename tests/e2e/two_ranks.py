"""Asks torch for NCCL with two processes on loopback, as training scripts do, and checks what comes out.

Exits 0 if `all_reduce`, `new_group(backend="nccl")` and two DDP steps are right on both ranks; else it shows what a
rank raised. It never edits torch. Run it with the Python whose torch is to be tried.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time

RANKS = 2
STEPS = 2


def free_port():
    """A port of loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch():
    """Starts one process per rank and returns the exit code of the whole."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        ranks = [
            subprocess.Popen(
                [sys.executable, __file__, str(rank)],
                env={
                    **os.environ,
                    "GLOO_SOCKET_IFNAME": "lo",
                    "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                    "WEIGHTS": folder,
                },
            )
            for rank in range(RANKS)
        ]
        try:
            codes = [rank.wait(timeout=120) for rank in ranks]
        finally:
            for rank in ranks:
                rank.kill()
                rank.wait()
        if any(codes):
            return 1
        weights = []
        for rank in range(RANKS):
            with open(os.path.join(folder, str(rank)), "rb") as file:
                weights.append(file.read())
        if len(set(weights)) != 1:
            print("the ranks ended with different weights", file=sys.stderr)
            return 1
        print("equal weights on both ranks")
        return 0


def work(rank):
    """What one rank does."""
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    dist.init_process_group("nccl", rank=rank, world_size=RANKS)

    total = torch.tensor([float(rank + 1), 10.0 * (rank + 1)])
    dist.all_reduce(total)
    if total.tolist() != [3.0, 30.0]:
        sys.exit(f"rank {rank}: all_reduce gave {total.tolist()}")

    group = dist.new_group([0, 1], backend="nccl")
    product = torch.tensor([float(rank + 2)])
    dist.all_reduce(product, op=dist.ReduceOp.PRODUCT, group=group)
    if product.item() != 6.0:
        sys.exit(f"rank {rank}: all_reduce in the new group gave {product.item()}")
    dist.barrier(device_ids=[0])

    torch.manual_seed(rank)  # different weights and data: only DDP can make them equal
    model = torch.nn.Linear(4, 3)
    before = model.weight.detach().clone()
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(parallel.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        parallel(torch.randn(8, 4)).square().sum().backward()
        optimizer.step()
    if torch.equal(before, model.weight):
        sys.exit(f"rank {rank}: training changed nothing")

    if rank == 0:
        print(f"torch {torch.__version__} from {torch.__file__}, backend {dist.get_backend()}", flush=True)
    leave(rank, repr([parameter.tolist() for parameter in model.parameters()]))


def leave(rank, weights):
    """Hands in the weights and ends the process once every rank has done so.

    Without `destroy_process_group`: in gloo that hangs now and then, patched or not, after all work is done.
    """
    folder = os.environ["WEIGHTS"]
    with open(os.path.join(folder, f"{rank}.new"), "w", encoding="utf-8") as file:
        file.write(weights)
    os.rename(file.name, os.path.join(folder, str(rank)))
    while not all(os.path.exists(os.path.join(folder, str(other))) for other in range(RANKS)):
        time.sleep(0.01)
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(launch())
    work(int(sys.argv[1]))
