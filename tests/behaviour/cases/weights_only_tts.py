"""TTS's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6; `open` for fsspec."""

from scene import before_and_after, scene
from weights import PRELUDE, refuses_without_consent

NAME = "weights-only-tts"
FILE = "TTS/utils/io.py"
FAIRSEQ = "TTS/tts/utils/fairseq.py"
BARK = "TTS/tts/layers/bark/load_model.py"

PROGRAM = PRELUDE + """
fsspec = types.SimpleNamespace(open=open)
space = lift(sys.argv[1], ["load_fsspec"], torch=torch, fsspec=fsspec, get_user_data_dir=lambda name: name)
is_whole(space["load_fsspec"](path))
is_whole(space["load_fsspec"](path, weights_only=False))
try:
    space["load_fsspec"](path, weights_only=True)
except Exception as error:
    assert "Weights only load failed" in str(error), error
else:
    raise AssertionError("the caller's own `weights_only=True` does not count")
"""


def run(checks, binary):
    """Runs the case."""
    for version, files in (("0.9.0", [FILE]), ("0.14.3", [FILE, FAIRSEQ]), ("0.22.0", [FILE, FAIRSEQ, BARK])):
        with scene(binary) as here:
            here.release("TTS", version, files)
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"TTS {version}", program, program, ["--accept-risk"])
