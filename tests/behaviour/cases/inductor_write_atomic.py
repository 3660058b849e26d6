"""`write_atomic` of each release, with a rename that refuses a target that is there, as on Windows.

That rename is what stands in for Windows; files are written for real.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "inductor-write-atomic"
FILE = "torch/_inductor/codecache.py"

PROGRAM = """
import os, pathlib, shutil, sys, tempfile
from lift import lift
file, folder = sys.argv[1:]
rename = os.rename

def windows_rename(source, target, **_):
    if os.path.lexists(target):
        raise FileExistsError(17, "[WinError 183] Cannot create a file when that file already exists", str(source))
    rename(source, target)

os.rename = windows_rename
pathlib.os.rename = windows_rename
pathlib.Path.rename = lambda self, target: (windows_rename(self, target), pathlib.Path(target))[1]
space = lift(file, ["write_atomic"], Union=None, _IS_WINDOWS=True)
path = os.path.join(folder, "cached")
try:
    space["write_atomic"](path, "first")
    space["write_atomic"](path, "second")
except FileExistsError as error:
    sys.exit(f"FileExistsError: {error.strerror}")
assert open(path).read() == "second"
assert os.listdir(folder) == ["cached"], os.listdir(folder)
"""


def run(checks, binary):
    """Runs the case."""
    for version in ("2.0.1", "2.1.2", "2.4.1", "2.5.1"):
        with scene(binary) as here:
            here.release("torch", version, [FILE], "win")

            def program(here=here):
                folder = here.folder / "cache"
                folder.mkdir(exist_ok=True)
                for left in folder.iterdir():
                    left.unlink()
                return here.python(PROGRAM, here.site / FILE, folder, path=False)

            before_and_after(checks, here, NAME, f"torch {version} (stand-in for Windows' rename)", program, program)
    for version in ("2.6.0", "2.15.0"):
        with checks.check(f"torch {version}: fixed there, and the patch is not needed"), scene(binary) as here:
            here.release("torch", version, [FILE], "win")
            folder = here.folder / "cache"
            folder.mkdir()
            code, output = here.python(PROGRAM, here.site / FILE, folder, path=False)
            holds(code == 0, output)
            equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    copied = "shutil.copy2(src=tmp_path, dst=path)\n    os.remove(tmp_path)"
    caught = (
        "try:\n        tmp_path.rename(target=path)\n    except FileExistsError as e_file_exist:\n"
        "        if not _IS_WINDOWS:\n            raise\n        shutil.copy2(src=tmp_path, dst=path)\n"
        "        os.remove(tmp_path)"
    )
    for version, line in (("2.0.1", "os.rename(tmp_path, path)"), ("2.5.1", "tmp_path.rename(path)")):
        forms = {
            "copy and remove": [(FILE, f"    {line}\n", f"    # {line}\n    {copied}\n")],
            "os.replace": [(FILE, f"    {line}\n", "    os.replace(tmp_path, path)\n")],
        }
        if version == "2.5.1":
            forms["upstream's fix"] = [(FILE, f"    {line}\n", f"    {caught}\n")]
        hand_edits(checks, binary, NAME, "torch", version, [FILE], forms)
