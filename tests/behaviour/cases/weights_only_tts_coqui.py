"""The loaders of coqui-tts on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6; `open` for fsspec."""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene
from weights import STATEMENTS, refuses_without_consent

from cases.weights_only_tts import BARK, FAIRSEQ, FILE, PROGRAM, XTTS

NAME = "weights-only-tts-coqui"
# Each file that loads more than tensors in 0.24.2.
ALL = [
    FAIRSEQ,
    BARK,
    XTTS,
    "TTS/encoder/models/base_encoder.py",
    "TTS/tts/layers/xtts/hifigan_decoder.py",
    *(f"TTS/tts/models/{name}.py" for name in ("align_tts", "base_tacotron", "delightful_tts", "forward_tts")),
    *(f"TTS/tts/models/{name}.py" for name in ("glow_tts", "neuralhmm_tts", "overflow", "vits", "xtts")),
    "TTS/vc/models/freevc.py",
    "TTS/vc/modules/freevc/speaker_encoder/speaker_encoder.py",
    *(f"TTS/vocoder/models/{name}.py" for name in ("gan", "hifigan_generator", "melgan_generator")),
    *(f"TTS/vocoder/models/{name}.py" for name in ("parallel_wavegan_generator", "wavegrad", "wavernn")),
]
ONLY = ["load_fsspec(checkpoint_path", "load_fsspec(model_path", "load_fsspec(weights_fpath"]
ONLY += ["gpt_checkpoint", "checkpoint_file", "ckpt_path"]
TRAINER = "trainer/io.py"


def run(checks, binary):
    """Runs the case."""
    for version in ("0.22.1", "0.24.1"):
        with scene(binary) as here:
            here.release("coqui-tts", version, [FILE, FAIRSEQ, BARK, XTTS])
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            def others(here=here):
                only = [f"--only={word}" for word in ONLY]
                return here.python(STATEMENTS, *only, *(here.site / file for file in (FAIRSEQ, BARK, XTTS)), path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"coqui-tts {version}", program, program, ["--accept-risk"])
            title = f"coqui-tts {version}, what calls torch itself"
            before_and_after(checks, here, NAME, title, others, others, ["--accept-risk"])
            with checks.check(f"coqui-tts {version}: its traceback leads to this patch, not to that of TTS"):
                _, output = program()
                answer = here.torch_patch("explain", f'File "{here.site / FILE}"\n{output}').expect(0)
                equal(answer.json["explanations"][0]["patch"], NAME, "the first patch")
    with scene(binary) as here:
        here.release("coqui-tts", "0.24.2", ALL)
        here.release("coqui-tts-trainer", "0.1.4", [TRAINER])
        here.installed("torch", "2.6.0")

        def each():
            words = [f"--loader={here.site / TRAINER}", *(f"--only={word}" for word in ONLY)]
            return here.python(STATEMENTS, *words, *(here.site / file for file in ALL), path=False)

        title = "coqui-tts 0.24.2 with coqui-tts-trainer 0.1.4, each place that loads"
        before_and_after(checks, here, NAME, title, each, each, ["--accept-risk"])
    for version in ("0.24.3", "0.26.2"):
        with scene(binary) as here:
            here.release("coqui-tts", version, [BARK])
            here.installed("torch", "2.6.0")

            def bark(here=here):
                program = STATEMENTS.replace("model=mock", "is_pytorch_at_least_2_4=lambda: True, model=mock")
                return here.python(program, here.site / BARK, path=False)

            title = f"coqui-tts {version}, Bark (which passes what it names to torch, but not with numpy 2)"
            before_and_after(checks, here, NAME, title, bark, bark, ["--accept-risk"])
    with checks.check("coqui-tts 0.27.0: loads all of Bark by itself, and the patch is not needed"):
        with scene(binary) as here:
            here.release("coqui-tts", "0.27.0", [BARK])
            here.installed("torch", "2.6.0")
            code, output = here.python(STATEMENTS, here.site / BARK, path=False)
            holds(code == 0, output)
            answer = here.torch_patch("apply", here.patch(NAME), "--accept-risk").expect(0)
            equal(answer.outcome(NAME), "not-needed", "outcome")
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
    files = [FILE, FAIRSEQ, BARK, XTTS]
    hand_edits(checks, binary, NAME, "coqui-tts", "0.24.1", files, forms, "linux", torch, adopted=True)
