"""Debian's real torch 1.13, which is without CUDA; the files of other releases are damaged and repaired, not run.

With a GPU the same edit fails with "Expected a 'cpu' device type for generator but found 'cuda'", which nothing here can
show.
"""

from scene import FILES, bad_edits, damaged_and_repaired, scene

NAME = "sampler-generator"
FILE = FILES[NAME]
OLD, NEW = "generator = torch.Generator()", "generator = torch.Generator(device='cuda')"

REAL = """
import sys, torch
assert torch.__file__.startswith(sys.argv[1]), torch.__file__
from torch.utils.data import DataLoader
batches = [batch.tolist() for batch in DataLoader(list(range(8)), batch_size=4, shuffle=True)]
assert sorted(sum(batches, [])) == list(range(8)), batches
"""


def run(checks, binary):
    """Runs the case."""
    with scene(binary) as here:
        here.debian_torch()

        def program():
            return here.python(REAL, here.site)

        def damage():
            here.edit(FILE, OLD, NEW)

        damaged_and_repaired(checks, here, NAME, "Debian's torch 1.13", damage, program, program, proven=False)
    forms = [
        (OLD, NEW),
        (OLD, 'generator = torch.Generator(device="cuda")'),
        (OLD, "generator = torch.Generator(device = 'cuda:0')  # gpu"),
        (OLD, "generator = torch.Generator('cuda')"),
        (OLD, "# generator = torch.Generator()\n            generator = torch.Generator(device=torch.device('cuda'))"),
    ]
    for version in ("1.8.1", "1.13.1", "2.5.1", "2.15.0"):
        bad_edits(checks, binary, NAME, version, forms)
