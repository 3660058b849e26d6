"""Asks torch for NCCL with two processes on loopback, as training scripts do, and checks what comes out.

    two_ranks.py [--request nccl|none|…] [--torchrun COMMAND] [--cuda] [--device-id]

Exits 0 if `all_reduce`, objects, `new_group(backend="nccl")`, `barrier(device_ids=[0])` and two DDP steps are right on
both ranks; else it shows what a rank raised. It never edits torch. Run it with the Python whose torch is to be tried.
"""

import argparse
import contextlib
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time

RANKS = 2
STEPS = 2


def arguments():
    """What is asked of torch, and how the processes are started."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--request", default="nccl", help="the backend of init_process_group, `none` for no word of it")
    parser.add_argument("--torchrun", help="the command that starts the ranks, in the place of this script")
    parser.add_argument("--cuda", action="store_true", help="torch.cuda.is_available() says yes, as with a GPU")
    parser.add_argument("--device-id", action="store_true", help="name the GPU to init_process_group")
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def free_port():
    """A port of loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def commands(torchrun, port):
    """The processes to start, each as its command and the variables that it needs besides."""
    rank = [__file__, "--rank", *sys.argv[1:]]
    if torchrun:
        yield [*shlex.split(torchrun), "--master_addr=127.0.0.1", f"--master_port={port}", *rank], {}
        return
    for number in range(RANKS):
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        yield [sys.executable, *rank], {**place, "RANK": str(number), "WORLD_SIZE": str(RANKS)}


def launch(torchrun):
    """Starts the ranks and returns the exit code of the whole."""
    with tempfile.TemporaryDirectory() as folder:
        shared = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "WEIGHTS": folder}
        started = []
        try:
            for command, own in commands(torchrun, free_port()):
                said = tempfile.TemporaryFile()  # one after the other is shown: together, lines run into each other
                started.append((subprocess.Popen(command, env={**shared, **own}, stdout=said, stderr=said), said))
            codes = [process.wait(timeout=120) for process, _ in started]
        finally:
            for process, said in started:
                end(process)
                said.seek(0)
                sys.stdout.write(said.read().decode(errors="replace"))
                said.close()
            sys.stdout.flush()
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


def end(process):
    """Ends a process that is still there; torchrun ends its ranks then."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    process.kill()
    process.wait()


def work(wanted):
    """What one rank does."""
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    rank = int(os.environ["RANK"])
    if wanted.cuda:
        torch.cuda.is_available = lambda: True
    words = [] if wanted.request == "none" else [wanted.request]
    if wanted.device_id:
        dist.init_process_group(*words, device_id=torch.device("cuda:0"))
    else:
        dist.init_process_group(*words)
    print(f"init_process_group made {dist.get_backend()}", flush=True)

    def right(what, found, expected):
        if found != expected:
            sys.exit(f"rank {rank}: {what} gave {found}")

    total = torch.tensor([float(rank + 1), 10.0 * (rank + 1)])
    dist.all_reduce(total)
    right("all_reduce", total.tolist(), [3.0, 30.0])
    everyone = [None] * RANKS
    dist.all_gather_object(everyone, {"rank": rank})
    right("all_gather_object", everyone, [{"rank": other} for other in range(RANKS)])
    told = [f"from rank {rank}"]
    dist.broadcast_object_list(told, src=1)
    right("broadcast_object_list", told, ["from rank 1"])

    group = dist.new_group([0, 1], backend="nccl")
    right("get_backend of the new group", dist.get_backend(group), "gloo")
    product = torch.tensor([float(rank + 2)])
    dist.all_reduce(product, op=dist.ReduceOp.PRODUCT, group=group)
    right("all_reduce in the new group", product.item(), 6.0)
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
    asked = arguments()
    sys.exit(work(asked) if asked.rank else launch(asked.torchrun))
