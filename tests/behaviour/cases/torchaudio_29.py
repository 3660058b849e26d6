"""SpeechBrain's check of torchaudio, as it stands in the release, with a torchaudio that has the names of 2.9.

The names are those of the real 2.9.1 `torchaudio/__init__.py`; the module itself needs its compiled part.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "torchaudio-29"
FILE = "speechbrain/utils/torch_audio_backend.py"
# What chooses a backend up to 0.5.10.
CHOOSING = ["speechbrain/dataio/dataio.py", "speechbrain/lobes/augment.py", "speechbrain/nnet/loss/stoi_loss.py"]

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
chosen = []
if version < "2.9":  # there they are made by a function that warns
    torchaudio.list_audio_backends = lambda: ["soundfile"]
    torchaudio.set_audio_backend = chosen.append
text = pathlib.Path(file).read_text()
defined = ["try_parse_torchaudio_major_version", "check_torchaudio_backend", "validate_backend"]
defined = [name for name in defined if f"def {name}" in text]
space = dict(torchaudio=torchaudio, logger=logging.getLogger("speechbrain"))
if defined:
    space = lift(file, defined, **space)
if request == "choose":  # at the top of the module
    space["torchaudio_backend"] = "sox_io"
    nodes = [node for node in ast.parse(text).body if "set_audio_backend" in ast.unparse(node)]
    exec(compile(ast.Module(nodes, []), file, "exec"), space)
    assert nodes and chosen == ([] if version >= "2.9" else ["sox_io"]), chosen
elif request in ("check", "windows"):
    if request == "windows":
        space["platform"].system = lambda: "Windows"
    space["check_torchaudio_backend"]()
else:
    try:
        space["validate_backend"]("nonsense")
    except ValueError:
        pass
"""


def run(checks, binary):
    """Runs the case."""
    for version in ("0.5.4", "0.5.5", "0.5.10"):
        for file in CHOOSING:
            with scene(binary) as here:
                here.release("speechbrain", version, CHOOSING)
                here.release("torchaudio", "2.9.1", ["torchaudio/__init__.py"])

                def choose(here=here, file=file, version="2.9.1"):
                    init = here.site / "torchaudio/__init__.py"
                    return here.python(PROGRAM, here.site / file, init, version, "choose", path=False)

                title = f"speechbrain {version}, {file} (the names of torchaudio 2.9.1)"
                before_and_after(checks, here, NAME, title, choose, choose)
                with checks.check(f"speechbrain {version}, {file}: patched, an earlier torchaudio is told as before"):
                    here.torch_patch("apply", here.patch(NAME)).expect(0)
                    code, output = choose(version="2.0.2")
                    holds(code == 0, output)
    for version, request in (
        *(("0.5.11", "windows"), ("0.5.16", "windows")),
        *(("1.0.0", "check"), ("1.0.2", "check"), ("1.0.3", "check"), ("1.0.3", "validate")),
    ):
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
    # As the release that has it.
    forms = {"asked if it can be, with what follows": [
        (FILE, line, f'        if hasattr(torchaudio, "list_audio_backends"):\n    {line}'),
        (FILE, "        if len(available_backends) == 0:\n            logger", "            if len(available_backends) == 0:\n                logger"),
    ]}  # fmt: skip
    for version in ("1.0.2", "1.0.3"):
        hand_edits(checks, binary, NAME, "speechbrain", version, [FILE], forms, "linux", [("torchaudio", "2.9.1")])
    line = '        torchaudio.set_audio_backend("soundfile")\n'
    forms = {
        "asked if it can be": [(FILE, line, f'        if hasattr(torchaudio, "set_audio_backend"):\n    {line}')],
        "nothing in its place": [(FILE, line, "        pass\n")],
        "passed over": [(FILE, line, f"        try:\n    {line}        except AttributeError:\n            pass\n")],
    }
    hand_edits(checks, binary, NAME, "speechbrain", "0.5.16", [FILE], forms, "win", [("torchaudio", "2.9.1")])
    line = "torchaudio.set_audio_backend(torchaudio_backend)\n"
    forms = {"in comments": [(file, line, f"# {line}") for file in CHOOSING]}
    others = [("torchaudio", "2.9.1")]
    hand_edits(checks, binary, NAME, "speechbrain", "0.5.10", CHOOSING, forms, "linux", others, adopted=True)
