"""SpeechBrain's check of torchaudio, as it stands in the release, with a torchaudio that has the names of 2.9.

The names are those of the real 2.9.1 `torchaudio/__init__.py`; the module itself needs its compiled part.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "torchaudio-29"
FILE = "speechbrain/utils/torch_audio_backend.py"

PROGRAM = """
import ast, logging, pathlib, sys, types
from lift import lift
file, init, version, request = sys.argv[1:]
names = set()
for node in ast.walk(ast.parse(pathlib.Path(init).read_text())):
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    elif isinstance(node, ast.FunctionDef):
        names.add(node.name)
assert "load" in names, names
torchaudio = types.ModuleType("torchaudio")
vars(torchaudio).update(dict.fromkeys(names), __version__=version)
if version < "2.9":  # there it is made by a function that warns
    torchaudio.list_audio_backends = lambda: ["soundfile"]
text = pathlib.Path(file).read_text()
defined = ["try_parse_torchaudio_major_version", "check_torchaudio_backend"]
space = lift(file, defined + ["validate_backend"] * ("def validate_backend" in text),
             torchaudio=torchaudio, logger=logging.getLogger("speechbrain"))
if request == "check":
    space["check_torchaudio_backend"]()
else:
    try:
        space["validate_backend"]("nonsense")
    except ValueError:
        pass
"""


def run(checks, binary):
    """Runs the case."""
    for version, request in (("1.0.0", "check"), ("1.0.2", "check"), ("1.0.3", "check"), ("1.0.3", "validate")):
        with scene(binary) as here:
            here.release("speechbrain", version, [FILE])
            here.release("torchaudio", "2.9.1", ["torchaudio/__init__.py"])

            def program(here=here, request=request):
                return here.python(PROGRAM, here.site / FILE, here.site / "torchaudio/__init__.py", "2.9.1", request, path=False)

            title = f"speechbrain {version}, {request} (the names of torchaudio 2.9.1)"
            before_and_after(checks, here, NAME, title, program, program)
    with checks.check("speechbrain 1.0.3 with torchaudio 2.8.0: asks it as before, and the patch is not needed"):
        with scene(binary) as here:
            here.release("speechbrain", "1.0.3", [FILE])
            here.release("torchaudio", "2.8.0", ["torchaudio/__init__.py"])
            init = here.site / "torchaudio/__init__.py"
            code, output = here.python(PROGRAM, here.site / FILE, init, "2.8.0", "check", path=False)
            holds(code == 0, output)
            equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    line = "        available_backends = torchaudio.list_audio_backends()\n"
    forms = {
        "none": [(FILE, line, "        available_backends = []\n")],
        "soundfile": [(FILE, line, '        available_backends = ["soundfile"]\n')],
        "asked if it can be": [
            (FILE, line, '        if hasattr(torchaudio, "list_audio_backends"):\n    ' + line + "        else:\n            available_backends = []\n")
        ],
    }
    hand_edits(checks, binary, NAME, "speechbrain", "1.0.2", [FILE], forms, "linux", [("torchaudio", "2.9.1")])
