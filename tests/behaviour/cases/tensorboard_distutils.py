"""`torch/utils/tensorboard/__init__.py` of 1.9 and 1.10 with the real setuptools, of Debian and a newer one.

A stand-in takes the place of the package `tensorboard` and of the writer, which are not what fails.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, packages, scene

NAME = "tensorboard-distutils"
FILE = "torch/utils/tensorboard/__init__.py"

PROGRAM = """
import setuptools, sys
print("setuptools", setuptools.__version__)
import torch.utils.tensorboard as module
assert module.__file__.startswith(sys.argv[1]), module.__file__
assert module.SummaryWriter is not None
assert not hasattr(module, "LooseVersion") and not hasattr(module, "distutils")
"""


def stand_ins(here, version="2.11.0"):
    """The packages around the module."""
    here.write("torch/__init__.py", "")
    here.write("torch/utils/__init__.py", "")
    here.write("torch/utils/tensorboard/writer.py", "FileWriter = SummaryWriter = object\n")
    here.write("tensorboard/__init__.py", f"__version__ = {version!r}\n")
    here.write("tensorboard/summary/__init__.py", "")
    here.write("tensorboard/summary/writer/__init__.py", "")
    here.write("tensorboard/summary/writer/record_writer.py", "RecordWriter = object\n")


def run(checks, binary):
    """Runs the case."""
    for version in ("1.9.1", "1.10.2"):
        for newer in (None, "80.9.0"):
            with scene(binary) as here:
                here.release("torch", version, [FILE])
                stand_ins(here)
                more = [packages(here, f"setuptools=={newer}")] if newer else []

                def program(here=here, more=more):
                    return here.python(PROGRAM, here.site, more=more)

                title = f"torch {version}, setuptools {newer or 'of Debian'} (stand-in for tensorboard)"
                before_and_after(checks, here, NAME, title, program, program)
    for version in ("1.8.1", "1.11.0"):
        with checks.check(f"torch {version}: no symptom, and the patch is not needed"), scene(binary) as here:
            here.release("torch", version, [FILE])
            stand_ins(here)
            code, output = here.python(PROGRAM, here.site)
            holds(code == 0, output)
            equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    with checks.check("torch 1.10.2, patched: a tensorboard that is too old is refused as before"):
        with scene(binary) as here:
            here.release("torch", "1.10.2", [FILE])
            stand_ins(here, "1.14.0")
            here.torch_patch("apply", here.patch(NAME)).expect(0)
            code, output = here.python(PROGRAM, here.site)
            holds(code != 0 and "requires TensorBoard version 1.15" in output, output)
    taken = "from setuptools import distutils\n"
    assigned = "LooseVersion = distutils.version.LooseVersion\n"
    forms = {
        "LooseVersion imported, two lines out": [
            (FILE, taken, "from distutils.version import LooseVersion\n"),
            (FILE, assigned, f"# {assigned}"),
            (FILE, "del distutils\n", "# del distutils\n"),
        ],
        "the import added": [(FILE, taken, f"{taken}import distutils.version\n")],
    }
    hand_edits(checks, binary, NAME, "torch", "1.10.2", [FILE], forms)
    check = (
        "if not hasattr(tensorboard, '__version__') or LooseVersion(tensorboard.__version__) < LooseVersion('1.15'):\n"
        "    raise ImportError('TensorBoard logging requires TensorBoard version 1.15 or above')\n"
    )
    commented = "".join(f"# {line}\n" for line in check.splitlines())
    whole = f"{assigned}\n{check}\ndel distutils\ndel LooseVersion\n"
    forms = {
        "all of LooseVersion in comments": [(FILE, whole, f"# {assigned}\n{commented}\ndel distutils\n# del LooseVersion\n")],
        "all of LooseVersion in comments, without spaces": [
            (FILE, whole, f"#{assigned}\n{commented}\n# del distutils\n# del LooseVersion\n")
        ],
        "all of LooseVersion taken out": [(FILE, f"{whole}del tensorboard\n", "del tensorboard\n")],
        "the check taken out": [(FILE, whole, "del distutils\n")],
    }
    for version in ("1.9.0", "1.10.2"):
        hand_edits(checks, binary, NAME, "torch", version, [FILE], forms)
    forms = {
        "LooseVersion imported where it was assigned": [(FILE, assigned, "from distutils.version import LooseVersion\n")],
        "LooseVersion of packaging": [(FILE, assigned, "from packaging.version import Version as LooseVersion\n")],
    }
    hand_edits(checks, binary, NAME, "torch", "1.10.2", [FILE], forms, adopted=True)
    for title, changes in forms.items():
        with checks.check(f"torch 1.10.2, made by hand: {title}: no symptom"), scene(binary) as here:
            here.release("torch", "1.10.2", [FILE])
            stand_ins(here)
            for file, old, new in changes:
                here.edit(file, old, new)
            code, output = here.python(PROGRAM, here.site, more=[packages(here, "packaging==24.2")])
            holds(code == 0, output)
