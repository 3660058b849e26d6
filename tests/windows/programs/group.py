"""What the training script of the guide does first: makes a process group for NCCL, and prints which one it got.

Runs on Windows' Python, on the real Python code of torch 1.13.1 for Windows and a stand-in for its compiled part.
"""

import torch.distributed.distributed_c10d as c10d

group = c10d._new_process_group_helper(1, 0, [], "nccl", c10d.Store())
print("backend", c10d._pg_map[group][0])
