"""The modules of pyannote.audio that fail, each up to what fails in it, with a torchaudio that lacks the names.

Stand-ins take the place of torchaudio and of what else the modules import.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "torchaudio-29-pyannote"
INPUT = "pyannote/audio/core/io.py"
PROTOCOL = "pyannote/audio/utils/protocol.py"
MIXINS = "pyannote/audio/tasks/segmentation/mixins.py"
VERIFICATION = "pyannote/audio/pipelines/speaker_verification.py"

PROGRAM = """
import ast, pathlib, sys, types
from lift import lift
file, request = sys.argv[1:]
torchaudio = sys.modules["torchaudio"] = types.ModuleType("torchaudio")
text = pathlib.Path(file).read_text()
if request == "definition":
    # Annotations are evaluated here, as in the module.
    (node,) = [node for node in ast.parse(text).body if getattr(node, "name", "") == "get_torchaudio_info"]
    space = dict(torchaudio=torchaudio, AudioFile=object)
    exec(compile(ast.Module([node], []), file, "exec"), space)
elif request == "audio":
    space = lift(file, ["Audio"], torchaudio=torchaudio, AudioFileDocString="", Tensor=None)
    assert space["Audio"]().backend == "soundfile"
elif request == "mixins":
    space = {}
    for node in ast.parse(text).body:
        if "AudioMetaData" in ast.unparse(node) and not isinstance(node, ast.ClassDef):
            exec(compile(ast.Module([node], []), file, "exec"), space)
    made = space["AudioMetaData"](sample_rate=1, num_frames=2, num_channels=3, bits_per_sample=16, encoding="PCM_S")
    assert made.num_frames == 2
elif request == "backend":
    # The statements that name a backend, at the top of the module; SpeechBrain is not there.
    sys.modules["speechbrain"] = None
    nodes = [node for node in ast.parse(text).body if "audio_backend" in ast.unparse(node)]
    exec(compile(ast.Module(nodes, []), file, "exec"), dict(torchaudio=torchaudio))
    assert nodes
elif request == "protocol":
    (function,) = [node for node in ast.walk(ast.parse(text)) if getattr(node, "name", "") == "check_protocol"]
    (branch,) = [node for node in ast.walk(function) if isinstance(node, ast.If) and "torchaudio.info" in ast.unparse(node.test)]
    protocol = types.SimpleNamespace(name="P", preprocessors={})
    space = dict(torchaudio=torchaudio, protocol=protocol, file={}, partial=lambda *a, **k: k, get_torchaudio_info=None)
    exec(compile(ast.Module(branch.body, []), file, "exec"), space)
    assert protocol.preprocessors["torchaudio.info"] == {"backend": "soundfile"}
"""


def run(checks, binary):
    """Runs the case."""
    parts = (("definition", INPUT), ("audio", INPUT), ("protocol", PROTOCOL), ("mixins", MIXINS))
    for version in ("3.3.0", "3.3.2", "3.4.0"):
        for request, file in parts if version == "3.4.0" else parts[:1]:
            with scene(binary) as here:
                here.release("pyannote.audio", version, [INPUT, PROTOCOL, MIXINS])
                here.installed("torchaudio", "2.9.1")

                def program(here=here, request=request, file=file):
                    return here.python(PROGRAM, here.site / file, request, path=False)

                title = f"pyannote.audio {version}, {request} (stand-in for torchaudio 2.9)"
                before_and_after(checks, here, NAME, title, program, program)
    for version in ("0.0.1", "2.0.1", "2.1.1", "3.0.0", "3.1.1", "3.2.0"):
        early = [("backend", INPUT), ("backend", VERIFICATION)] if version < "3.2" else []
        late = [("mixins", MIXINS)] if version >= "3" else []
        for request, file in early + late:
            with scene(binary) as here:
                here.release("pyannote.audio", version, [file for _, file in early + late])
                here.installed("torchaudio", "2.9.1")

                def program(here=here, request=request, file=file):
                    return here.python(PROGRAM, here.site / file, request, path=False)

                title = f"pyannote.audio {version}, {file} (stand-in for torchaudio 2.9)"
                before_and_after(checks, here, NAME, title, program, program)
    line, chosen = 'torchaudio.set_audio_backend("soundfile")\n', "torchaudio.set_audio_backend(backend)\n"
    asked = "backend = torchaudio.get_audio_backend()\n"
    imported = "from torchaudio.backend.common import AudioMetaData\n"
    question = 'if hasattr(torchaudio, "set_audio_backend"):\n'
    forms = {
        "in a comment": [
            (INPUT, line, f"# {line}"),
            (VERIFICATION, asked, "backend = None\n"),
            (VERIFICATION, f"    {chosen}", f"    try:\n        {chosen}    except AttributeError:\n        pass\n"),
            (MIXINS, imported, f"try:\n    {imported}except ImportError:\n    AudioMetaData = None\n"),
        ],
        "asked if it can be": [
            (INPUT, line, f"{question}    {line}"),
            (VERIFICATION, asked, "backend = None\n"),
            (VERIFICATION, f"    {chosen}", f"    {question}        {chosen}"),
            (MIXINS, imported, f"try:\n    {imported}except ImportError:\n    AudioMetaData = None\n"),
        ],
    }
    others = [("torchaudio", "2.9.1")]
    hand_edits(checks, binary, NAME, "pyannote.audio", "3.1.1", [INPUT, VERIFICATION, MIXINS], forms, "linux", others)
    with checks.check("pyannote.audio 4.0.0: uses none of these names, and the patch is not needed"):
        with scene(binary) as here:
            here.release("pyannote.audio", "4.0.0", [INPUT])
            here.installed("torchaudio", "2.9.1")
            text = (here.site / INPUT).read_text()
            holds("list_audio_backends" not in text and "AudioMetaData" not in text, "the names are there")
            equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
