#!/usr/bin/env python3
"""Many environments at once: by the command, and by Ansible on this machine and on three hosts.

The hosts are network namespaces with sshd and a file system of their own (`hosts.py`); each has 50 environments. The
module is the binary under test, packed into the collection as users get it, and Ansible is the real one, from PyPI. What
cannot be had here is printed as NOT RUN and counted.

    tests/fleets/run.py [command|collection|localhost|hosts]…

Needs Linux, Python 3.11 or newer with venv and pip; root, sshd and `ip` for `hosts`. `TORCH_PATCH` names the binary
(default: the release build).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import (  # noqa: E402
    REPOSITORY, Checks, TorchPatch, binary_under_test, equal, holds, picture, remove_tree, run, same_picture, section,
    stop_by_exception,
)  # fmt: skip
from hosts import CannotBeMade, Hosts  # noqa: E402
from traps import build_wheel_of  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ANSIBLE = "ansible-core==2.19.14"
MODULE_NAME = "torch_patch.patch.torch_patch"
MANY = 50
NOBODY = 65534
VERSION = "2.5.1"
MODULE = "torch/worker.py"
PRISTINE = b"def answer():\n    return 41\n\n\ndef question():\n    return None\n"
PATCHED = PRISTINE.replace(b"41", b"42")
PATCH = f"""format = 1
id = "answers"
title = "The right answer"
distribution = "torch"
description = "A patch for the tests."

[[variant]]
versions = ">=2,<3"
[[variant.edit]]
file = "{MODULE}"
replace = "return 41"
with = "return 42"
by-hand = ["return 40 + 2"]
"""


PLAY = f"""
- hosts: fleet
  gather_facts: false
  tasks:
    - name: Patch
      {MODULE_NAME}:
        patches: [/srv/answers.toml]
        envs_under: [/srv]
        state: "{{{{ state | default('present') }}}}"
"""


class NotRun(Exception):
    """What is needed cannot be had here."""


class World:
    """A temporary folder with the binary, a patch, and a virtual environment to copy from."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)  # for `nobody`
        self.binary = self.folder / "torch-patch"
        shutil.copy(binary, self.binary)
        self.binary.chmod(0o755)
        self.patch = self.folder / "answers.toml"
        self.patch.write_text(PATCH)
        self.empty = self.folder / "empty"
        self.empty.mkdir()
        self.model = self.folder / "model"
        run(sys.executable, "-m", "venv", "--without-pip", self.model)
        files = {
            "torch/__init__.py": b"",
            "torch/version.py": f"__version__ = '{VERSION}'\n".encode(),
            MODULE: PRISTINE,
        }
        wheel = build_wheel_of(self.folder / "wheels", "torch", VERSION, files)
        options = ["install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
        run(sys.executable, "-m", "pip", "--python", self.model / "bin/python", *options, wheel)
        (self.site,) = (path.relative_to(self.model) for path in self.model.glob("lib/python3*/site-packages"))
        self.collections = None

    def fill(self, folder):
        """Makes the environments below a folder; returns their targets."""
        for index in range(MANY):
            shutil.copytree(self.model, folder / f"app{index:02}/venv", symlinks=True)
        shutil.copy(self.patch, folder)
        return [folder / f"app{index:02}/venv" / self.site / MODULE for index in range(MANY)]

    def command(self, *words, prefix=(), exit_code=0):
        """Runs the command with `--json` in the empty folder; returns the answer."""
        return TorchPatch(self.binary, [], prefix, cwd=self.empty)(*words).expect(exit_code).json

    def tools(self):
        """Installs Ansible, packs the collection and installs it; returns the directory of Ansible's programs."""
        programs = self.folder / "ansible/bin"
        if self.collections:
            return programs
        run(sys.executable, "-m", "venv", self.folder / "ansible")
        done = subprocess.run(
            [programs / "pip", "install", "--quiet", ANSIBLE], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise NotRun(f"cannot install {ANSIBLE}: {done.stderr.strip().splitlines()[-1:]}")
        path = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", **self.ansible_variables()}
        build = REPOSITORY / "collections/torch_patch.patch/build.sh"
        run(build, self.binary, self.folder / "archives", env=path)
        (archive,) = (self.folder / "archives").glob("torch_patch-patch-*.tar.gz")
        self.collections = self.folder / "collections"
        run(programs / "ansible-galaxy", "collection", "install", "-p", self.collections, archive, env=path)
        return programs

    def ansible_variables(self):
        """What keeps Ansible to itself."""
        return {
            "ANSIBLE_HOME": str(self.folder / "ansible-home"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOST_KEY_CHECKING": "0",
            "ANSIBLE_PYTHON_INTERPRETER": "auto_silent",
            "LC_ALL": "C.UTF-8",
        }

    def ansible(self, program, *words, exits=(0,), **variables):
        """Runs a program of Ansible; returns what it prints."""
        command = [self.tools() / program, *words]
        done = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=self.empty,
            env={**os.environ, **self.ansible_variables(), **variables}, timeout=170,
        )  # fmt: skip
        if done.returncode not in exits:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def task(self, inventory, arguments, *options, fails=False):
        """Runs one task on all hosts of an inventory; returns what the module says, by host."""
        answers = self.folder / "answers"
        answers.write_text("")
        self.ansible(
            "ansible", "all", "-i", inventory, "-m", MODULE_NAME, "-a", json.dumps(arguments), "-f", "5", *options,
            exits=(2,) if fails else (0,), TORCH_PATCH_ANSWERS=str(answers), ANSIBLE_LOAD_CALLBACK_PLUGINS="1",
            ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callback"), ANSIBLE_CALLBACKS_ENABLED="answers",
        )  # fmt: skip
        lines = [json.loads(line) for line in answers.read_text().splitlines()]
        return {line["host"]: line["answer"] for line in lines}


def outcomes(members):
    """How often each outcome, or code of an error, is among environments."""
    found = {}
    for member in members:
        outcomes_there = [result["outcome"] for result in member["results"]] or ["nothing"]
        word = member["error"]["code"] if member["error"] else outcomes_there[0]
        found[word] = found.get(word, 0) + 1
    return found


def contents(targets):
    """The bytes of files, each once."""
    return {target.read_bytes() for target in targets}


def times(folder):
    """The time of the last change of every path below a folder."""
    return {path: path.lstat().st_mtime_ns for path in pathlib.Path(folder).rglob("*")}


def command(checks, world):
    """The command in 50 environments."""
    srv = world.folder / "srv"
    targets = world.fill(srv)
    before = picture(srv)
    apply = ["apply", world.patch, "--envs-under", srv]
    with checks.check("a dry run tells of all and writes nothing"):
        equal(outcomes(world.command(*apply, "--dry-run")["environments"]), {"would-apply": MANY}, "outcomes")
        same_picture(picture(srv), before, "the environments")
    with checks.check("apply, again, status and revert, each in one call"):
        start = time.monotonic()
        equal(outcomes(world.command(*apply)["environments"]), {"applied": MANY}, "outcomes")
        print(f"          {MANY} environments in {time.monotonic() - start:.2f} s", flush=True)
        equal(contents(targets), {PATCHED}, "the files")
        patched = times(srv)
        equal(outcomes(world.command(*apply)["environments"]), {"already-applied": MANY}, "outcomes")
        equal(times(srv), patched, "times of last change")
        status = world.command("status", world.patch, "--envs-under", srv, "--exit-code")
        equal(outcomes(status["environments"]), {"applied": MANY}, "states")
        equal(outcomes(world.command("revert", "--all", "--envs-under", srv)["environments"]), {"reverted": MANY}, "revert")
        same_picture(picture(srv), before, "the environments")
    with checks.check("`--env` for each, and two calls at the same time"):
        named = [word for index in range(MANY) for word in ("--env", srv / f"app{index:02}/venv")]
        words = [str(word) for word in ("apply", world.patch, *named, "--json")]
        both = [
            subprocess.Popen([world.binary, *words], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=world.empty)
            for _ in range(2)
        ]
        answers = [json.loads(process.communicate(timeout=100)[0]) for process in both]
        equal([process.returncode for process in both], [0, 0], "exit codes")
        found = [outcomes(answer["environments"]) for answer in answers]
        equal(sum(one.get("applied", 0) for one in found), MANY, f"how often it was applied in all, by {found}")
        equal(contents(targets), {PATCHED}, "the files")
        world.command("revert", "--all", *named)
        same_picture(picture(srv), before, "the environments")
    if os.geteuid() == 0:
        with checks.check("as another user: what may not be read or written is told, the others are patched"):
            for path in [srv, *srv.rglob("*")]:
                os.lchown(path, NOBODY, NOBODY)
            hidden, fixed = srv / "app03", srv / "app07"
            for path in [hidden, *fixed.rglob("*")]:
                os.lchown(path, 0, 0)
            hidden.chmod(0o700)
            user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
            answer = world.command(*apply, prefix=user, exit_code=8)
            expected = {"applied": MANY - 2, "permission-denied": 1, "metadata-unreadable": 1}
            equal(outcomes(answer["environments"]), expected, "outcomes")
            equal(answer["error"]["details"]["failed"], [str(fixed / "venv"), str(hidden)], "what has failed")
            world.command("revert", "--all", "--envs-under", srv)
    else:
        print("  NOT RUN  as another user: not root", flush=True)


def collection(checks, world):
    """What `ansible-galaxy` and `ansible-doc` say of the collection."""
    with checks.check("it is installed"):
        listed = world.ansible("ansible-galaxy", "collection", "list", "--format", "json")
        own = json.loads(listed)[str(world.collections / "ansible_collections")]
        manifest = (REPOSITORY / "Cargo.toml").read_text()
        version = re.search(r'^version = "(.+)"', manifest, re.MULTILINE)[1]
        equal(own, {"torch_patch.patch": {"version": version}}, "what is installed")
    with checks.check("the binary is the module"):
        module = world.collections / "ansible_collections/torch_patch/patch/plugins/modules/torch_patch"
        equal(module.read_bytes(), world.binary.read_bytes(), "the module")
    with checks.check("ansible-doc knows the module: options, examples, return values"):
        (doc,) = json.loads(world.ansible("ansible-doc", "--json", MODULE_NAME)).values()
        arguments = world.folder / "args"
        arguments.write_text(json.dumps({"no-such": 1, "_ansible_version": "2.19"}))
        refused = subprocess.run([world.binary, arguments], capture_output=True, text=True)
        message = json.loads(refused.stdout)["msg"]
        known = re.findall(r"`([a-z_]+)`", message.split("expected some of")[1])
        equal(sorted(doc["doc"]["options"]), sorted(known), "the options of the document and of the module")
        equal(sorted(doc["return"]), ["code", "environments"], "return values")
        equal(doc["doc"]["attributes"]["check_mode"]["support"], "full", "check_mode")
        shown = world.ansible("ansible-doc", MODULE_NAME)
        for text in ("envs_under", "EXAMPLES:", "Puts named patches into torch"):
            holds(text in shown, f"ansible-doc does not show `{text}`")
    with checks.check("the examples are plays that Ansible takes, with options that there are"):
        lines = doc["examples"].splitlines()
        tasks = "\n".join(f"    {line}" for line in lines)
        play = world.folder / "examples.yml"
        play.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}\n")
        world.ansible("ansible-playbook", "--syntax-check", "-i", "localhost,", play)
        used = set(re.findall(r"^    ([a-z_]+):", "\n".join(lines), re.MULTILINE))
        holds(used and used <= set(known), f"options of the examples: {used}")
        readme = (REPOSITORY / "collections/torch_patch.patch/README.md").read_text()
        (shown,) = re.findall(r"```yaml\n(- name: Patch.*?)```", readme, re.DOTALL)
        play.write_text(shown)
        world.ansible("ansible-playbook", "--syntax-check", "-i", "localhost,", play)


def localhost(checks, world):
    """Ansible on this machine: each option, check mode, diff, and mistakes."""
    srv = world.folder / "local"
    targets = world.fill(srv)
    before = picture(srv)
    inventory = world.folder / "local.ini"
    inventory.write_text("localhost ansible_connection=local\n")
    venv = srv / "app00/venv"
    present = {"patches": [str(world.patch)], "env": [str(venv)]}

    def task(arguments, *options, fails=False):
        return world.task(inventory, arguments, *options, fails=fails)["localhost"]

    with checks.check("check mode tells and shows, and writes nothing"):
        answer = task(present, "--check", "--diff")
        equal((answer["changed"], outcomes(answer["environments"])), (True, {"would-apply": 1}), "the answer")
        (diff,) = answer["diff"]
        holds("-    return 41\n+    return 42" in diff["prepared"], f"diff: {diff}")
        same_picture(picture(srv), before, "the environments")
    with checks.check("changed, then not, and in check mode not"):
        equal(task(present)["changed"], True, "changed of the first run")
        equal(targets[0].read_bytes(), PATCHED, "the file")
        stamps = times(srv)
        equal(task(present)["changed"], False, "changed of the second run")
        equal(task(present, "--check", "--diff")["changed"], False, "changed in check mode")
        equal(times(srv), stamps, "times of last change")
    with checks.check("an owner is recorded once, and by name"):
        owned = {**present, "owner": "platform"}
        changed = [task(owned, *options)["changed"] for options in (["--check"], [], [])]
        equal(changed, [True, True, False], "changed")
        state = world.command("status", world.patch, "--env", venv)
        equal(state["results"][0]["owners"], ["platform", "user"], "owners")
    with checks.check("absent: shown, done, and then nothing to do"):
        absent = {"state": "absent", "env": str(venv)}
        answer = task(absent, "--check", "--diff")
        holds("-    return 42\n+    return 41" in answer["diff"][0]["prepared"], f"diff: {answer['diff']}")
        equal([task(absent)["changed"] for _ in range(2)], [True, False], "changed")
        same_picture(picture(srv), before, "the environments")
    with checks.check("an edit made by hand is left alone, and adopted on request"):
        targets[1].write_bytes(PRISTINE.replace(b"41", b"40 + 2"))
        hand = {"patches": [str(world.patch)], "env": [str(srv / "app01/venv")]}
        answer = task(hand)
        equal((answer["changed"], outcomes(answer["environments"])), (False, {"applied-by-hand": 1}), "the answer")
        changed = [task({**hand, "adopt": "yes"}, *options)["changed"] for options in (["--check"], [], [])]
        equal(changed, [True, True, False], "changed")
        equal(task({**hand, "state": "absent"})["changed"], True, "changed")
        same_picture(picture(srv), before, "the environments")
    with checks.check("a file that somebody else has changed: refuse, merge, force"):
        for drifted, left in (("merge", PRISTINE + b"# mine\n"), ("force", PRISTINE)):
            task(present)
            targets[0].write_bytes(PATCHED + b"# mine\n")
            answer = task({"state": "absent", "env": str(venv)}, fails=True)
            equal((answer["failed"], answer["code"]), (True, "environments-failed"), "`failed` and `code`")
            holds(str(venv) in answer["msg"] and "--merge" in answer["msg"], answer["msg"])
            equal(targets[0].read_bytes(), PATCHED + b"# mine\n", "the file")
            equal(task({"state": "absent", "env": str(venv), "drifted": drifted})["changed"], True, "changed")
            equal(targets[0].read_bytes(), left, f"the file after {drifted}")
            targets[0].write_bytes(PRISTINE)
        shutil.rmtree(targets[0].parents[1] / ".torch-patch", ignore_errors=True)
    with checks.check("python and site_packages"):
        python, site = str(venv / "bin/python"), str(venv / world.site)
        for place in ({"python": python}, {"site_packages": site}):
            equal(task({"patches": str(world.patch), **place})["changed"], True, f"changed with {place}")
            equal(task({"state": "absent", **place})["changed"], True, f"changed with {place}")
        same_picture(picture(srv), before, "the environments")
    with checks.check("a risk that nobody has accepted, a mistake, and a patch that is not needed"):
        risky = srv / "risky.toml"
        risky.write_text(PATCH.replace("[[variant]]", 'risk = "unsafe"\n[[variant]]', 1))
        words = {"patches": str(risky), "env": str(venv)}
        holds("accept" in task(words, fails=True)["msg"], "no word about accepting it")
        equal(task({**words, "accept_risk": True}, "--check")["changed"], True, "changed")
        risky.unlink()
        holds("unknown argument `patch`" in task({"patch": "x"}, fails=True)["msg"], "no word about the mistake")
        elsewhere = srv / "elsewhere.toml"
        elsewhere.write_text(PATCH.replace("[[variant]]", 'platforms = ["win"]\n[[variant]]', 1))
        words = {"patches": str(elsewhere), "env": str(venv)}
        answer = task(words)
        equal((answer["changed"], outcomes(answer["environments"])), (False, {"not-needed": 1}), "the answer")
        equal(task({**words, "strict": "yes"}, fails=True)["environments"][0]["error"]["code"], "not-needed", "code")
        elsewhere.unlink()


def hosts(checks, world):
    """Ansible on three hosts with 50 environments each; the last host has no Python."""
    world.tools()
    folder = world.folder / "hosts"
    folder.mkdir()
    try:
        with Hosts(folder, ["alpha", "beta", "gamma"]) as made:
            on_hosts(checks, world, made)
    except CannotBeMade as reason:
        raise NotRun(str(reason)) from reason


def on_hosts(checks, world, made):
    """The same on hosts that are there."""
    targets = {name: world.fill(made.srv(name)) for name in made.names}
    before = {name: picture(made.srv(name)) for name in made.names}
    inventory = made.folder / "inventory.ini"
    inventory.write_text(made.inventory())
    play = made.folder / "play.yml"
    play.write_text(PLAY)

    def recap(*options, exits=(0,)):
        printed = world.ansible("ansible-playbook", "-i", inventory, play, *options, exits=exits)
        lines = re.findall(r"^(\w+) +: ok=(\d+) +changed=(\d+) .*?failed=(\d+)", printed, re.MULTILINE)
        return {name: tuple(map(int, counts)) for name, *counts in lines}, printed

    def unchanged():
        for name in made.names:
            same_picture(picture(made.srv(name)), before[name], f"the environments of {name}")

    def everywhere(counts):
        return dict.fromkeys(made.names, counts)

    present = {"patches": ["/srv/answers.toml"], "envs_under": ["/srv"]}
    with checks.check("premise: three hosts, of which the last has no Python"):
        printed = world.ansible(
            "ansible", "all", "-i", inventory, "-m", "raw",
            "-a", "hostname -I; ls -d /srv/app* | wc -l; python3 -c 1 && echo has-python",
            exits=(2,),
        )  # fmt: skip
        for name in made.names:
            holds(made.address(name) in printed, f"{name} does not say its address:\n{printed}")
        equal(len(re.findall(rf"^{MANY}\b", printed, re.MULTILINE)), 3, f"hosts with their environments:\n{printed}")
        equal(printed.count("has-python"), 2, f"hosts with Python:\n{printed}")
    with checks.check("check mode: changed, with the lines, and nothing is written"):
        answers = world.task(inventory, present, "--check", "--diff")
        for name, answer in answers.items():
            equal((answer["changed"], outcomes(answer["environments"])), (True, {"would-apply": MANY}), name)
            equal(len({diff["prepared"] for diff in answer["diff"]}), MANY, f"diffs of {name}")
        equal(len(answers), 3, "hosts that answered")
        counts, printed = recap("--check", "--diff")
        equal(counts, everywhere((1, 1, 0)), "recap")
        equal(printed.count("+    return 42"), 3 * MANY, "diffs that are shown")
        unchanged()
    with checks.check("a play: every environment of every host is patched"):
        start = time.monotonic()
        equal(recap()[0], everywhere((1, 1, 0)), "recap")
        print(f"          {3 * MANY} environments on 3 hosts in {time.monotonic() - start:.1f} s", flush=True)
        equal({name: contents(targets[name]) for name in made.names}, everywhere({PATCHED}), "the files")
    with checks.check("a second run changes nothing: not by its own word, not on disk"):
        stamps = {name: times(made.srv(name)) for name in made.names}
        equal(recap()[0], everywhere((1, 0, 0)), "recap")
        equal(recap("--check", "--diff")[0], everywhere((1, 0, 0)), "recap in check mode")
        equal({name: times(made.srv(name)) for name in made.names}, stamps, "times of last change")
    with checks.check("one environment of one host fails, and no other"):
        targets["beta"][7].write_bytes(PATCHED + b"# mine\n")
        absent = {"state": "absent", "envs_under": "/srv"}
        answers = world.task(inventory, absent, fails=True)
        failed = {name: answer.get("failed", False) for name, answer in answers.items()}
        equal(failed, {"alpha": False, "beta": True, "gamma": False}, "failed")
        equal(outcomes(answers["beta"]["environments"]), {"reverted": MANY - 1, "drifted": 1}, "outcomes of beta")
        equal(answers["beta"]["changed"], True, "changed of beta")
        holds("/srv/app07/venv: " in answers["beta"]["msg"], answers["beta"]["msg"])
        equal(targets["beta"][7].read_bytes(), PATCHED + b"# mine\n", "the file that somebody has changed")
        targets["beta"][7].write_bytes(PATCHED)
    with checks.check("absent: every byte as before, and a second run changes nothing"):
        equal(recap("-e", "state=absent")[0], {"alpha": (1, 0, 0), "beta": (1, 1, 0), "gamma": (1, 0, 0)}, "recap")
        unchanged()
        equal(recap("-e", "state=absent")[0], everywhere((1, 0, 0)), "recap")


SECTIONS = {each.__name__: each for each in (command, collection, localhost, hosts)}


def main(names):
    """Runs the named sections, all by default."""
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        sys.exit(f"unknown section {unknown}, expected some of {sorted(SECTIONS)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    skipped = []
    folder = tempfile.mkdtemp(prefix="torch-patch-fleets-")
    try:
        world = World(folder, binary)
        for name in names or SECTIONS:
            section(f"{name}: {SECTIONS[name].__doc__}")
            try:
                SECTIONS[name](checks, world)
            except NotRun as reason:
                skipped.append(name)
                print(f"  NOT RUN  {name}: {reason}", flush=True)
    finally:
        remove_tree(folder)
    print(f"\n{len(skipped)} sections not run: {' '.join(skipped)}" if skipped else "")
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
