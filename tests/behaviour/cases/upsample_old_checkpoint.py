"""Debian's real torch 1.13 loads a model that was saved whole before 1.11; other releases' own class on that torch.

The old model is made by taking away the attribute that 1.11 brought, which is all that differs in the saved file.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "upsample-old-checkpoint"
FILE = "torch/nn/modules/upsampling.py"

# argv: where torch has to come from, and a file for the model.
REAL = """
import sys, torch
assert torch.__file__.startswith(sys.argv[1]), torch.__file__
layer = torch.nn.Upsample(scale_factor=2, mode="nearest")
del layer.__dict__["recompute_scale_factor"]
torch.save(torch.nn.Sequential(layer, torch.nn.UpsamplingBilinear2d(scale_factor=2)), sys.argv[2])
model = torch.load(sys.argv[2])
assert "recompute_scale_factor" not in model[0].__dict__
data = torch.arange(4.0).reshape(1, 1, 2, 2)
assert torch.equal(model[0](data), torch.nn.functional.interpolate(data, scale_factor=2))
assert model[1](data).shape == (1, 1, 4, 4)
new = torch.nn.Upsample(scale_factor=2.5, recompute_scale_factor=True)
assert new.recompute_scale_factor is True and new(data).shape == (1, 1, 5, 5)
assert torch.jit.script(new)(data).shape == (1, 1, 5, 5)
assert torch.jit.script(torch.nn.Upsample(size=3))(data).shape == (1, 1, 3, 3)
"""

# The release's own class in the place of that of the torch that runs it.
LIFTED = """
import copy, sys, torch
from lift import lift
space = lift(sys.argv[1], ["Upsample"], Module=torch.nn.Module, F=torch.nn.functional, __annotations__={})
layer = space["Upsample"](scale_factor=2)
state = dict(layer.__dict__)
state.pop("recompute_scale_factor", None)
old = space["Upsample"].__new__(space["Upsample"])
old.__setstate__(state)  # as unpickling does it
data = torch.arange(4.0).reshape(1, 1, 2, 2)
assert torch.equal(old(data), torch.nn.functional.interpolate(data, scale_factor=2))
"""


def run(checks, binary):
    """Runs the case."""
    with scene(binary) as here:
        here.debian_torch()

        def program():
            return here.python(REAL, here.site, here.folder / "old.pt")

        before_and_after(checks, here, NAME, "Debian's torch 1.13", program, program)
    for version in ("1.11.0", "2.0.1"):
        with scene(binary) as here:
            here.release("torch", version, [FILE])

            def program(here=here):
                return here.python(LIFTED, here.site / FILE, path=False)

            before_and_after(checks, here, NAME, f"the class of torch {version} on 1.13", program, program)
    for version in ("1.10.2", "2.1.0"):
        with checks.check(f"the class of torch {version} on 1.13: no symptom, and the patch is not needed"):
            with scene(binary) as here:
                here.release("torch", version, [FILE])
                code, output = here.python(LIFTED, here.site / FILE, path=False)
                holds(code == 0, output)
                equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    forms = {"= None": [(FILE, "    recompute_scale_factor: Optional[bool]\n", "    recompute_scale_factor: Optional[bool] = None\n")]}
    hand_edits(checks, binary, NAME, "torch", "1.12.1", [FILE], forms)
    call = "F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners"
    rest = ",\n                             recompute_scale_factor=self.recompute_scale_factor)\n"
    line = f"        return {call}{rest}"
    commented = "".join(f"        # {part.strip()}\n" for part in line.splitlines())
    question = '        if not hasattr(self, "recompute_scale_factor"):\n            self.recompute_scale_factor = None\n'
    forms = {
        "without the argument": [(FILE, line, f"        return {call})\n")],
        "without the argument, the old call in a comment": [(FILE, line, f"{commented}        return {call})\n")],
        "without the argument, as on three lines": [(FILE, line, f"        return {call.replace('input, ', 'input,{0}')})\n".format("\n" + " " * 29))],
        "None": [(FILE, line, f"        return {call}, recompute_scale_factor=None)\n")],
        "asked": [(FILE, line, question + line)],
    }
    for version in ("1.11.0", "1.12.1", "2.0.1"):
        hand_edits(checks, binary, NAME, "torch", version, [FILE], forms, adopted=True)
    for title, changes in forms.items():
        with checks.check(f"the class of torch 1.12.1 on 1.13, made by hand: {title}: no symptom"), scene(binary) as here:
            here.release("torch", "1.12.1", [FILE])
            for file, old, new in changes:
                here.edit(file, old, new)
            code, output = here.python(LIFTED, here.site / FILE, path=False)
            holds(code == 0, output)
    with checks.check("torch 1.12.1, the argument out of another call: not taken for it"), scene(binary) as here:
        here.release("torch", "1.12.1", [FILE])
        here.edit(FILE, "self.recompute_scale_factor = recompute_scale_factor\n", "self.recompute_scale_factor = None\n")
        answer = here.torch_patch("status", here.patch(NAME))
        holds(answer.outcome(NAME) != "applied-by-hand", answer.outcome(NAME))
