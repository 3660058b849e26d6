"""Fabric's loader, which three packages of Lightning have: one case for all, with the default of torch 2.6."""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene
from weights import PRELUDE, refuses_without_consent

TORCH = ("torch", "2.6.0")
PROGRAM = PRELUDE + """
import io, logging, pathlib
files = types.SimpleNamespace(open=open)
space = lift(sys.argv[1], ["_load"], torch=torch, get_filesystem=lambda path: files, log=logging.getLogger("x"),
             IO=None, _PATH=None, _MAP_LOCATION_TYPE=None)
is_whole(space["_load"](path))
is_whole(space["_load"](io.BytesIO(pathlib.Path(path).read_bytes())))
"""


def loads(checks, binary, patch, package, files):
    """The loader before and after the patch; `files` is where it is, by release, the last place for those that need none."""

    def program(here, file):
        return here.python(PROGRAM, here.site / file, path=False)

    for version, file in files.items():
        with scene(binary) as here:
            here.release(package, version, [file])
            here.installed(*TORCH)

            def own(here=here, file=file):
                return program(here, file)

            refuses_without_consent(checks, here, patch)
            before_and_after(checks, here, patch, f"{package} {version}", own, own, ["--accept-risk"])
    with checks.check(f"{package} 2.5.6: loads all by itself, and the patch is not needed"), scene(binary) as here:
        here.release(package, "2.5.6", [file])
        here.installed(*TORCH)
        code, output = program(here, file)
        holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(patch), "--accept-risk").expect(0).outcome(patch), "not-needed", "outcome")


def in_the_call(file):
    """The argument in the call of releases that do not pass it on."""
    line = "return torch.load(f, map_location=map_location)"
    return {"the argument in the call that loads files": [(file, line, line.replace("n)", "n, weights_only=False)"))]}


def by_hand(checks, binary, patch, package, old, file):
    """Forms in which people make the edit, in releases that do not pass the argument on (`old`) and in those that do."""
    call = "            map_location=map_location,  # type: ignore[arg-type]\n            weights_only=weights_only,\n        )\n\n\ndef"
    default = "    weights_only: Optional[bool] = None,\n) -> Any:\n    \"\"\"Loads a checkpoint."
    later = {
        "the argument in the call that loads files": [(file, call, call.replace("=weights_only", "=False"))],
        "the default": [(file, default, default.replace("None", "False"))],
    }
    forms = [*((version, in_the_call(file)) for version in old), *((version, later) for version in ("2.6.0", "2.6.6"))]
    for version, own in forms:
        hand_edits(checks, binary, patch, package, version, [file], own, "linux", [TORCH], adopted=True)
