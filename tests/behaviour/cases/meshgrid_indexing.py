"""Debian's real torch 1.13; of other releases the real function, with a stand-in for the operator behind it."""

from harness import holds
from scene import FILES, bad_edits, damaged_and_repaired, scene

NAME = "meshgrid-indexing"
FILE = FILES[NAME]
OLD = "return _VF.meshgrid(tensors, **kwargs)  # type: ignore[attr-defined]"
NEW = "return _VF.meshgrid(tensors, **kwargs, indexing='ij')  # type: ignore[attr-defined]"

REAL = """
import sys, torch
assert torch.__file__.startswith(sys.argv[1]), torch.__file__
rows = torch.meshgrid(torch.arange(2), torch.arange(3), indexing="xy")
assert rows[0].shape == (3, 2), rows[0].shape
"""

# The operator takes what torch's takes.
LIFTED = """
import sys, types
from lift import lift
def meshgrid(tensors, indexing=None):
    return indexing
stand_ins = dict(has_torch_function=lambda tensors: False, _VF=types.SimpleNamespace(meshgrid=meshgrid))
space = lift(sys.argv[1], ["_meshgrid"], **stand_ins)
found = space["_meshgrid"]("a", "b", indexing="xy"), space["_meshgrid"]("a", "b", indexing=None)
assert found == ("xy", None), found
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
        with checks.check("Debian's torch 1.13: the form without `**kwargs` is silently wrong, and gone with the patch"):
            here.edit(FILE, OLD, "return _VF.meshgrid(tensors, indexing='ij')")
            code, output = program()
            holds(code != 0 and "AssertionError: torch.Size([2, 3])" in output, output)
            here.torch_patch("apply", NAME).expect(0)
            code, output = program()
            holds(code == 0, output)
    for version in ("1.10.0", "2.5.1", "2.15.0"):
        lifted(checks, binary, version)
    forms = [
        (OLD, NEW),
        (OLD, "return _VF.meshgrid(tensors, **kwargs, indexing = 'ij')  # type: ignore[attr-defined]"),
        (OLD, 'return _VF.meshgrid(tensors, **kwargs,indexing="ij")'),
        (OLD, "return _VF.meshgrid(tensors, indexing='ij')  # type: ignore[attr-defined]"),
        (OLD, f"# {OLD}\n    {NEW}"),
    ]
    kwargs = "kwargs = {} if indexing is None else {'indexing': indexing}"
    forms += [
        (f"{kwargs}\n    {OLD}", f"# {kwargs}\n    return _VF.meshgrid(tensors, indexing='ij')"),
        (f"{kwargs}\n    {OLD}", 'return _VF.meshgrid(tensors, indexing = "ij")  # type: ignore[attr-defined]'),
    ]
    bad_edits(checks, binary, NAME, "1.13.1", forms)
    bad_edits(checks, binary, NAME, "2.3.1", forms)
    forms = [(old.replace("{'indexing'", '{"indexing"'), new.replace("{'indexing'", '{"indexing"')) for old, new in forms]
    bad_edits(checks, binary, NAME, "2.15.0", forms)


def lifted(checks, binary, version):
    """The function of a release."""
    with scene(binary) as here:
        here.release("torch", version, [FILE])

        def program():
            return here.python(LIFTED, here.site / FILE)

        def damage():
            here.edit(FILE, OLD, NEW)

        what = f"torch {version} (a stand-in for the operator)"
        damaged_and_repaired(checks, here, NAME, what, damage, program, program, proven=True)
