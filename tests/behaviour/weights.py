"""What the cases of `weights-only-…` share: a `torch.load` with the default of torch 2.6, on Debian's real torch 1.13.

That torch has `weights_only` already, and the same error; only the default is put in the place of its own.
"""

PRELUDE = """
import argparse, functools, os, sys, tempfile, types
import torch
from lift import lift
real = torch.load

def load(*arguments, **options):
    if options.get("weights_only") is None:  # as torch 2.6 does it
        options["weights_only"] = True
    return real(*arguments, **options)

torch.load = load
path = os.path.join(tempfile.mkdtemp(), "checkpoint.pt")
torch.save({"model": {"weight": torch.ones(2)}, "config": argparse.Namespace(rate=0.1)}, path)

def is_whole(found):
    assert found["config"].rate == 0.1 and torch.equal(found["model"]["weight"], torch.ones(2)), found
"""


def refuses_without_consent(checks, here, name):
    """A patch whose risk is `unsafe` is not applied by its name alone."""
    from harness import equal

    with checks.check(f"{name}: not without `--accept-risk`"):
        answer = here.torch_patch("apply", here.patch(name))
        equal((answer.exit != 0, answer.json["ok"]), (True, False), "refused")
