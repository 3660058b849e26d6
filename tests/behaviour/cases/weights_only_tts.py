"""TTS's own loaders on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6; `open` for fsspec."""

from harness import equal
from scene import before_and_after, hand_edits, scene
from weights import PRELUDE, STATEMENTS, refuses_without_consent

NAME = "weights-only-tts"
FILE = "TTS/utils/io.py"
FAIRSEQ = "TTS/tts/utils/fairseq.py"
BARK = "TTS/tts/layers/bark/load_model.py"
XTTS = "TTS/tts/layers/xtts/trainer/gpt_trainer.py"
VITS = "TTS/tts/models/vits.py"
FORWARD = "TTS/tts/models/forward_tts.py"
# Each file that loads in 0.1.3.
ALL = [
    *(f"TTS/bin/{name}.py" for name in ("convert_melgan_torch_to_tf", "convert_tacotron2_torch_to_tf")),
    *(f"TTS/bin/{name}.py" for name in ("extract_tts_spectrograms", "train_encoder")),
    *(f"TTS/speaker_encoder/models/{name}.py" for name in ("lstm", "resnet")),
    *(f"TTS/tts/models/{name}.py" for name in ("align_tts", "base_tacotron", "glow_tts", "speedy_speech")),
    *(f"TTS/vocoder/models/{name}.py" for name in ("gan", "hifigan_generator", "melgan_generator")),
    *(f"TTS/vocoder/models/{name}.py" for name in ("parallel_wavegan_generator", "wavegrad", "wavernn")),
    "TTS/trainer.py",
    FILE,
]

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
    for version, files in (
        ("0.2.0", [FILE, VITS]),
        ("0.2.2", [FILE, VITS, "TTS/tts/models/fast_pitch.py"]),
        ("0.4.2", [FILE, VITS, FORWARD]),
        ("0.8.0", [FILE, FORWARD]),
        ("0.9.0", [FILE]),
        ("0.14.3", [FILE, FAIRSEQ]),
        ("0.15.0", [FILE, FAIRSEQ, BARK]),
        ("0.22.0", [FILE, FAIRSEQ, BARK, XTTS]),
    ):
        with scene(binary) as here:
            here.release("TTS", version, files)
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            def others(here=here, files=files):
                only = ["--only=checkpoint_path", "--only=checkpoint_file", "--only=ckpt_path", "--only=gpt_checkpoint"]
                return here.python(STATEMENTS, *only, *(here.site / file for file in files[1:]), path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"TTS {version}", program, program, ["--accept-risk"])
            if files[1:]:
                title = f"TTS {version}, what calls torch itself"
                before_and_after(checks, here, NAME, title, others, others, ["--accept-risk"])
    for version, files in (("0.1.0", [*ALL, "TTS/bin/compute_embeddings.py"]), ("0.1.3", ALL)):
        files = [file for file in files if version != "0.1.0" or not file.endswith("resnet.py")]
        with scene(binary) as here:
            here.release("TTS", version, files)
            here.installed("torch", "2.6.0")

            def each(here=here, files=files):
                return here.python(STATEMENTS, *(here.site / file for file in files), path=False)

            title = f"TTS {version}, each place that loads"
            before_and_after(checks, here, NAME, title, each, each, ["--accept-risk"])
    line = "return torch.load(f, map_location=map_location, **kwargs)\n"
    both = f'            {line}    else:\n        with fsspec.open(path, "rb") as f:\n            {line}'
    asked = both.replace("map_location, ", "map_location, weights_only=False, ")
    forms = {
        "the argument in both calls": [(FILE, both, asked)],
        "the argument in both calls, last": [(FILE, both, both.replace("**kwargs", "**kwargs, weights_only=False"))],
        "the argument among those that are passed on": [
            (FILE, "    is_local = os.path", '    kwargs["weights_only"] = False\n    is_local = os.path')
        ],
    }
    torch = [("torch", "2.6.0")]
    hand_edits(checks, binary, NAME, "TTS", "0.13.0", [FILE], forms, "linux", torch, adopted=True)
    # The loaders of Bark and the like are left, which is told.
    hand_edits(checks, binary, NAME, "TTS", "0.22.0", [FILE, FAIRSEQ, BARK, XTTS], forms, "linux", torch, adopted=True)
    forms = {"the argument": [(FILE, line, line.replace("**kwargs", "weights_only=False, **kwargs"))]}
    hand_edits(checks, binary, NAME, "TTS", "0.4.2", [FILE, VITS, FORWARD], forms, "linux", torch, adopted=True)
    with checks.check("TTS 0.22.0, the argument in one of two calls: not taken for it"), scene(binary) as here:
        here.release("TTS", "0.22.0", [FILE, FAIRSEQ, BARK, XTTS])
        here.installed("torch", "2.6.0")
        here.edit(FILE, f"    else:\n{both.partition('    else:')[2].lstrip(chr(10))}", asked[asked.index("    else:") :])
        equal(here.torch_patch("status", here.patch(NAME)).outcome(NAME), "drifted", "outcome")
