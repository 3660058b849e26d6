"""Debian's real torch 1.13 with the real setuptools 70; the files of 1.8 to 2.1 with that and setuptools 82.

Where it is not Debian's torch, stand-ins take the place of the modules around the two files.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, packages, scene

NAME = "pkg-resources-packaging"
EXTENSION = "torch/utils/cpp_extension.py"
VERSION = "torch/torch_version.py"

# The whole module of a real torch.
REAL = """
import sys, setuptools, torch
print("setuptools", setuptools.__version__)
import torch.utils.cpp_extension as extension
assert extension.__file__.startswith(sys.argv[1]), extension.__file__
assert extension.packaging.version.parse("11.10") > extension.packaging.version.parse("11.9")
assert torch.__version__ > "1.9"
"""

# The statement of the release, and its `TorchVersion`; without `setuptools` having been imported.
LIFTED = """
import ast, pathlib, sys
extension, version = sys.argv[1:]
sys.path[:] = [path for path in sys.path if "dist-packages" not in path]  # Debian's own setuptools
import setuptools
space = {}
for node in ast.parse(pathlib.Path(extension).read_text()).body:
    if "packaging" in ast.unparse(node) and isinstance(node, (ast.Try, ast.ImportFrom, ast.Import)):
        exec(compile(ast.Module([node], []), extension, "exec"), space)
assert space["packaging"].version.parse("11.10") > space["packaging"].version.parse("11.9")
if version != "-":
    import torch.torch_version as module
    assert module.__file__ == version, module.__file__
    assert module.TorchVersion("1.10.0") > "1.9"
"""


def run(checks, binary):
    """Runs the case."""
    for newer, more in [
        ("setuptools==70.3.0", []), ("setuptools==70.3.0", ["packaging==25.0"]),
    ]:  # fmt: skip
        with scene(binary) as here:
            here.debian_torch()
            folder = packages(here, newer, *more)

            def program(here=here, folder=folder):
                return here.python(REAL, here.site, more=[folder])

            title = f"Debian's torch 1.13, {newer}{' and packaging' if more else ''}"
            before_and_after(checks, here, NAME, title, program, program)
    with checks.check("Debian's torch 1.13 with Debian's setuptools: works unpatched and patched"):
        with scene(binary) as here:
            here.debian_torch()
            code, output = here.python(REAL, here.site)
            holds(code == 0, output)
            here.torch_patch("apply", here.patch(NAME)).expect(0)
            code, output = here.python(REAL, here.site)
            holds(code == 0, output)
    newest = ["setuptools==82.0.0", "packaging==25.0"]
    for version, needed in [
        ("1.8.1", ["setuptools==70.3.0"]), ("1.9.1", newest), ("1.10.2", ["setuptools==70.3.0"]),
        ("1.11.0", ["setuptools==70.3.0"]), ("2.1.2", ["setuptools==70.3.0"]), ("2.1.2", newest),
    ]:  # fmt: skip
        files = [EXTENSION] if version in ("1.8.1", "1.9.1") else [EXTENSION, VERSION]
        with scene(binary) as here:
            here.release("torch", version, files)
            here.write("torch/__init__.py", "")
            here.write("torch/version.py", f"__version__ = {version!r}\n")
            folder = packages(here, *needed)
            module = here.site / VERSION if len(files) == 2 else "-"

            def program(here=here, folder=folder, module=module):
                return here.python(LIFTED, here.site / EXTENSION, module, more=[folder])

            before_and_after(checks, here, NAME, f"torch {version}, {needed[0]} (stand-in for torch)", program, program)
    for version in ("1.7.1", "2.2.0"):
        with checks.check(f"torch {version}: not needed"), scene(binary) as here:
            here.release("torch", version, [EXTENSION])
            holds("pkg_resources" not in (here.site / EXTENSION).read_text(), "`pkg_resources` is there")
            equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    line = "from pkg_resources import packaging  # type: ignore[attr-defined]\n"
    tried = "try:\n    from pkg_resources import packaging\nexcept ImportError:\n    import packaging\n"
    forms = {
        "import packaging": [(EXTENSION, line, "import packaging\n")],
        "import packaging.version": [(EXTENSION, line, "import packaging.version\n")],
        "tried": [(EXTENSION, line, tried)],
    }
    hand_edits(checks, binary, NAME, "torch", "1.9.1", [EXTENSION], forms)
