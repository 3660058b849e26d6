#!/usr/bin/python3
"""`doctor --run` where what it runs goes wrong: a wrong sum, a hang, a crash, another torch, no Python.

What stands in: the torch and the ColossalAI here are a few lines that do what each check says, in a real virtual
environment; `debian.py` has the real torch. Needs a Python with venv. `TORCH_PATCH` names the binary (default: the
release build).
"""

import os
import pathlib
import shutil
import sys
import tempfile
import time

from harness import Checks, TorchPatch, binary_under_test, equal, holds, picture, run, same_picture, section

TORCH = '''
import os
__version__ = "2.5.1+cpu"
class Number:
    def __init__(self, value):
        self.value = value
    def item(self):
        return self.value
def full(shape, value, device):
    assert device == "cpu", device
    return Number(value)
'''
DISTRIBUTED = '''
import os, subprocess, sys, time
BEHAVIOUR = os.environ.get("BEHAVIOUR", "right")
def init_process_group(backend, timeout):
    assert backend == "nccl", backend
    assert os.environ["MASTER_ADDR"] == "127.0.0.1" and int(os.environ["MASTER_PORT"]) > 0
    if BEHAVIOUR == "hang":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(os.path.join(os.environ["PIDS"], str(os.getpid())), "w") as file:
            file.write(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    if BEHAVIOUR == "no-nccl":
        raise RuntimeError("Distributed package doesn't have NCCL built in")
    if BEHAVIOUR == "exit":
        sys.exit(7)
    if BEHAVIOUR == "silent":
        os._exit(0)
def get_backend():
    return "gloo"
def all_reduce(number):
    ranks = int(os.environ["WORLD_SIZE"])
    number.value = ranks * (ranks + 1) / 2 + (BEHAVIOUR == "wrong")
def barrier():
    pass
destroy_process_group = barrier
'''
COLOSSALAI = '''
import sys
def cli(prog_name):
    print("arguments", *sys.argv[1:])
'''


def put(path, text):
    """Writes a file below directories that may be missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Stage:
    """A virtual environment with a torch of a few lines."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.binary = binary
        self.venv = self.folder / "venv with a space"
        run(sys.executable, "-m", "venv", "--without-pip", self.venv)
        (self.site,) = self.venv.glob("lib/python3*/site-packages")
        for name, text in [
            ("torch/__init__.py", TORCH),
            ("torch/version.py", "__version__ = '2.5.1+cpu'\ncuda = None\n"),
            ("torch/distributed/__init__.py", DISTRIBUTED),
            ("torch/lib/libtorch_python.so", "\0ProcessGroupGloo\0"),
            ("torch-2.5.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n"),
        ]:
            put(self.site / name, text)

    def doctor(self, *words, behaviour="right", options=None, **variables):
        """Runs `doctor --run`; returns its answer."""
        variables = {"BEHAVIOUR": behaviour, "PIDS": str(self.folder), **variables}
        environment = {**os.environ, **variables}
        options = options or ["--env", self.venv]
        before = picture(self.venv)
        answer = TorchPatch(self.binary, options, environment=environment)("doctor", "--run", *words)
        same_picture(picture(self.venv), before, "the environment after `doctor --run`")
        return answer


def probes(answer):
    """The probes of an answer: name and what was said, and whether that was right."""
    return {own["name"]: (own["ok"], own["said"]) for own in answer.json["diagnosis"].get("probes", [])}


def runs(answer):
    """The findings about what was run."""
    return [own for own in answer.json["diagnosis"]["findings"] if own["topic"] == "run"]


def all_say(answer, ok, text):
    """Raises unless each probe says so."""
    found = probes(answer)
    equal(sorted(found), ["one-process", "two-processes"], "what was run")
    for name, (is_ok, said) in found.items():
        equal(is_ok, ok, f"`ok` of {name}, which says `{said}`")
        holds(text in said, f"{name}: expected `{text}`, found `{said}`")


def outcomes(checks, stage):
    """Each way in which a probe can end."""
    with checks.check("the right sums are in order"):
        all_say(stage.doctor(), True, "answered by gloo, the sum is right")
    with checks.check("a wrong sum is none"):
        answer = stage.doctor(behaviour="wrong").expect(10)
        equal(probes(answer)["one-process"], (False, "expected the sum 1 on each rank, found 2"), "one process")
        equal(probes(answer)["two-processes"], (False, "expected the sum 3 on each rank, found 4"), "two processes")
    with checks.check("the guide's error is named, with its patch"):
        answer = stage.doctor(behaviour="no-nccl").expect(10)
        all_say(answer, False, "RuntimeError: Distributed package doesn't have NCCL built in")
        equal({own["patch"] for own in runs(answer)}, {"gloo-windows"}, "patches")
    with checks.check("an exit code is a failure, also without a word"):
        answer = stage.doctor(behaviour="exit").expect(10)
        all_say(answer, False, "it printed nothing")
        equal({own["code"] for own in answer.json["diagnosis"]["probes"]}, {7}, "exit codes")
    with checks.check("exit code 0 without the sum is a failure"):
        all_say(stage.doctor(behaviour="silent").expect(10), False, "expected the answers of")
    with checks.check("what hangs is killed in its time, with what it has started"):
        start = time.monotonic()
        answer = stage.doctor("--timeout", "2", behaviour="hang").expect(10)
        holds(time.monotonic() - start < 30, "it took too long")
        all_say(answer, False, "it was killed after 2 s")
        written = [path.read_text().split() for path in stage.folder.iterdir() if path.name.isdigit()]
        equal(len(written), 3, "processes that were started")
        left = [pid for pids in written for pid in pids if is_alive(pid)]
        equal(left, [], "processes that are left")


def is_alive(pid):
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def places(checks, stage):
    """Where what is run comes from."""
    with checks.check("another torch that Python imports is named"):
        other = stage.folder / "other"
        put(other / "torch/__init__.py", TORCH)
        put(other / "torch/distributed/__init__.py", DISTRIBUTED)
        # Code in a `.pth` file, which Python runs and nothing that reads paths understands.
        hook = stage.site / "hook.pth"
        hook.write_text(f"import sys; sys.path.insert(0, {str(other)!r})\n")
        try:
            all_say(stage.doctor().expect(10), False, f"Python has imported the torch in `{other / 'torch'}`")
        finally:
            hook.unlink()
    with checks.check("with only a directory of packages nothing is run, and that is said"):
        alone = stage.folder / "alone"
        shutil.copytree(stage.site, alone)
        answer = stage.doctor(options=["--site-packages", alone]).expect(10)
        equal(probes(answer), {}, "what was run")
        (found,) = runs(answer)
        holds("nothing was run" in found["message"] and "--python" in found["command"], str(found))
    with checks.check("a Python that does not start is told"):
        python = stage.venv / "bin/python"
        kept = os.readlink(python)
        python.unlink()
        put(python, "#!/bin/false\n")
        python.chmod(0o755)
        try:
            all_say(stage.doctor().expect(10), False, "it printed nothing")
        finally:
            python.unlink()
            python.symlink_to(kept)
    with checks.check("what launchers leave in the environment does not matter"):
        answer = stage.doctor(RANK="5", WORLD_SIZE="9", MASTER_ADDR="203.0.113.1", LOCAL_RANK="3")
        all_say(answer, True, "answered by gloo")


def colossalai(checks, stage):
    """ColossalAI's own command."""
    metadata = "Metadata-Version: 2.1\nName: colossalai\nVersion: {}\n"
    with checks.check("a release with the guide's command runs that"):
        put(stage.site / "colossalai/__init__.py", "")
        put(stage.site / "colossalai/cli/__init__.py", COLOSSALAI)
        put(stage.site / "colossalai/cli/benchmark/__init__.py", "")
        put(stage.site / "colossalai-0.2.5.dist-info/METADATA", metadata.format("0.2.5"))
        equal(probes(stage.doctor())["colossalai"], (True, "arguments benchmark --gpus 1"), "ColossalAI")
    with checks.check("another one runs its check"):
        (stage.site / "colossalai/cli/benchmark/__init__.py").unlink()
        equal(probes(stage.doctor())["colossalai"], (True, "arguments check -i"), "ColossalAI")
    with checks.check("its failure is told as it says it"):
        put(stage.site / "colossalai/cli/__init__.py", "raise ValueError('mutable default')\n")
        answer = stage.doctor().expect(10)
        equal(probes(answer)["colossalai"], (False, "ValueError: mutable default"), "ColossalAI")


def main():
    """Runs every part in one environment."""
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(folder, binary_under_test())
        for title, part in [("outcomes", outcomes), ("places", places), ("ColossalAI", colossalai)]:
            section(title)
            part(checks, stage)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
