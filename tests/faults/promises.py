"""What has to hold after a fault, whatever it was and wherever it struck."""

import json
import subprocess

from fake_torch import A, COMPILED, CREATED, OLD, RECORDS, UPGRADED, World, by_hand
from harness import brief, equal, holds, picture, same_picture, sha256
from operations import DAMAGED, DRIFTED, file_of

# Exit codes of a failure, by the error that was injected: the documented ones only.
DENIED = {"EACCES", "EROFS", "EPERM"}
# Where looking at a file fails, which happens where the parent may not be searched, it may be taken for absent.
LOOKS = {"stat", "lstat", "statx", "fstat", "newfstatat", "access", "faccessat", "faccessat2"}


class TorchPatch:
    """The binary under test, on the site-packages directory of any world."""

    def __init__(self, binary):
        self.binary = str(binary)

    def command(self, world, *arguments):
        """The command line for a world; patch files are named relative to its folder."""
        arguments = [f"{world.folder}/{word}" if word.startswith("patches") else word for word in arguments]
        return [self.binary, *arguments, "--site-packages", str(world.site), "--json"]

    def run(self, world, *arguments):
        """Runs a command to its end and returns exit code and JSON."""
        command = self.command(world, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/", timeout=60)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"`{' '.join(command)}`: exit {done.returncode}, no JSON: {done.stderr}") from None

    def __call__(self, world, *arguments):
        """Runs a command that must succeed."""
        code, answer = self.run(world, *arguments)
        holds(code == 0, f"`{' '.join(arguments)}`: expected exit 0, found {code}: {answer['error']}")
        return answer


class Promises:
    """The promises for one operation: worlds that were never harmed are what harmed ones are held against."""

    def __init__(self, operation, torch_patch, folder, world):
        self.operation = operation
        self.torch_patch = torch_patch
        self.before = world.picture()
        self.cached = world.cached_details()
        done = world.copy(f"{folder}/done")
        torch_patch(done, *operation.command)
        self.files_are(done, operation.wanted)
        self.compiled_is_current(done)
        if all(content == OLD.get(path) for path, content in operation.wanted.items()):
            self.is_original(done, World(f"{folder}/original").build())
        # What a command ends with depends on whether the change before it holds: both are worked out undisturbed.
        self.goals = [
            (0, done.picture()),
            ending(torch_patch, done.copy(f"{folder}/again"), operation.command),
        ]
        self.opposites = [
            ending(torch_patch, done, operation.opposite),
            ending(torch_patch, world.copy(f"{folder}/opposite"), operation.opposite),
        ]
        if not world.has_records() and operation.command[-1] != "--adopt":
            self.is_original(done, world)

    def is_original(self, world, original):
        """Raises unless the site-packages directory is as it was before any patch, modes and all; copies are users'."""
        found, wanted = (picture(place.site, caches=False) for place in (world, original))
        if f"{RECORDS}/kept" in found:
            found = {path: entry for path, entry in found.items() if not path.startswith(RECORDS)}
        same_picture(found, wanted, "what is left after the last patch was taken out, against the original")

    def files_are(self, world, contents):
        """Raises unless the files have these contents."""
        for path, content in contents.items():
            equal(world.read(path), content, path)

    def after_kill(self, world, lane):
        """Raises unless a world in which the command was killed is legal, told truly, and heals both ways."""
        self.is_legal(world)
        self.status_is_true(world)
        self.heals_both_ways(world, lane)

    def after_failure(self, world, lane, run, call, error):
        """Raises unless a command of which calls failed has said so, left all or nothing, and heals."""
        self.is_legal(world)
        self.status_is_true(world)
        if run.exit == 0:
            self.files_are(world, self.operation.wanted)
        else:
            self.is_told(run, call, error)
            self.is_whole(world, run)
        self.heals_both_ways(world, lane)

    def is_legal(self, world):
        """Each file is one of the legal byte strings, and the file elsewhere was not touched."""
        for path, legal in self.operation.legal.items():
            found = world.read(path)
            holds(found in legal, f"`{path}` is none of its legal contents: {brief(found)}")
        inode, modified, entry = world.cached_details()
        equal((modified, entry), self.cached[1:], "the file elsewhere that shared its content")

    def is_whole(self, world, run):
        """After a failure all files are old, or all new; else the change is recorded for the next lock to settle."""
        if world.is_begun():
            return
        wanted = self.operation.wanted
        are_new = {world.read(path) == content for path, content in wanted.items()}
        equal(len(are_new), 1, "number of states of the files after a failure that left no intent")
        if run.json and "nothing is changed" in run.json["error"]["message"]:
            equal(are_new, {False}, "whether the files are new after a failure that says `nothing is changed`")

    def is_told(self, run, call, error):
        """The exit code is a documented one that fits, and the message says something."""
        wanted = exit_codes(call, error, run.json is not None)
        shown = run.json and run.json["error"]
        holds(run.exit in wanted, f"exit code {run.exit}, expected one of {wanted}; it said {shown}, {run.stderr!r}")
        if run.json is not None:
            equal((run.json["ok"], shown["exit"]), (False, run.exit), "`ok` and `error.exit`")
            holds(len(shown["message"]) > 20, f"the message says little: {shown}")

    def status_is_true(self, world):
        """`status` writes nothing and says what is there."""
        before = world.every_detail()
        code, answer = self.torch_patch.run(world, "status", *self.files_of_patches())
        same_picture(world.every_detail(), before, "the world before and after `status`")
        equal(code, 0, f"exit code of `status`, which said {answer['error']}")
        recorded = world.recorded_patches()
        for result in answer["results"]:
            patch = result["patch"]
            equal("owners" in result, patch in recorded, f"whether `status` says that `{patch}` is recorded")
            are_in = {self.file_is_true(world, patch, file) for file in result["files"]}
            contents = {world.read(file["path"]) for file in result["files"]}
            legal = legal_states(are_in, patch in recorded, world.is_begun(), contents)
            holds(result["state"] in legal, f"`{patch}` is said to be `{result['state']}`, expected one of {legal}")
            is_ours = any(is_made_by(patch, content) for content in contents)
            holds(patch in recorded or world.is_begun() or not is_ours, f"the edits of `{patch}` are recorded nowhere")

    def file_is_true(self, world, patch, file):
        """Raises unless `status` says of a file what it is, and whether a patch is in it; returns whether it is."""
        content = world.read(file["path"])
        equal(file["after"], content and f"sha256:{sha256(content)}", f"what `status` says `{file['path']}` is")
        is_in = is_made_by(patch, content) or (patch == "one" and content == by_hand(OLD[A]))
        legal = legal_states({is_in}, patch in world.recorded_patches(), world.is_begun(), {content})
        holds(file["state"] in legal, f"`{file['path']}` is said to be `{file['state']}`, expected one of {legal}")
        return is_in

    def files_of_patches(self):
        """The patch files of the operation, so that `status` knows patches that are not recorded too, and tells of no
        others: the catalogue has patches for this torch as well."""
        words = (*self.operation.command, *self.operation.opposite)
        named = {word for word in words if word.endswith(".toml")} - {file_of("mend")}
        return sorted(named) or [file_of("one")]

    def heals_both_ways(self, world, lane):
        """The same command and the opposite one each reach what they would have reached without the fault."""
        same, opposite = (self.operation.command, self.goals), (self.operation.opposite, self.opposites)
        self.heals(world.copy(f"{lane}/opposite"), opposite, same)
        self.heals(world, same, opposite)

    def heals(self, world, first, second):
        """The next command reaches its goal and leaves nothing over.

        One that finds its goal reached writes nothing, so what nothing refers to may stay in the records until the
        next one that writes: the second.
        """
        if not self.reaches(world, *first, rest=world.leftovers):
            holds(self.reaches(world, *second), "nothing is left over by the second command")

    def reaches(self, world, command, goals, rest=None):
        """Runs a command and compares what it leaves with its goals; says whether that is all."""
        found = ending(self.torch_patch, world, command)
        self.compiled_is_current(world)
        is_in_use = world.recorded_patches() or (world.site / RECORDS / "kept").exists()
        holds(is_in_use or not world.has_records(), f"nothing is recorded, and `{RECORDS}` is still there")
        leftovers = rest() if rest else set()
        without = (found[0], {path: entry for path, entry in found[1].items() if path not in leftovers})
        if without not in goals:
            wanted = min(goals, key=lambda goal: (goal[0] != found[0], len(goal[1].items() ^ without[1].items())))
            equal(found[0], wanted[0], f"exit code of the next `{' '.join(command)}`")
            same_picture(without[1], wanted[1], f"what the next `{' '.join(command)}` leaves")
        return not leftovers

    def compiled_is_current(self, world):
        """Byte code that Python runs unseen is of the source that is there, or gone."""
        compiled = world.read(COMPILED)
        holds(compiled is None or compiled.endswith(b"code of " + world.read(A)), "stale byte code")


def is_made_by(patch, content):
    """Says whether a file has what a patch puts there, to the letter."""
    return content is not None and (content == CREATED if patch == "new" else f"z = 3  # {patch}".encode() in content)


def legal_states(are_in, is_recorded, is_begun, contents):
    """What `status` may say where a patch is in all, some or none of the files it is about."""
    if contents & {DRIFTED, DAMAGED}:
        return {"drifted"}
    if UPGRADED in contents and is_recorded:
        return {"superseded"}
    if are_in == {True, False}:
        return {"partial"}
    if are_in == {False}:
        return {"not-applied"}
    if by_hand(OLD[A]) in contents:
        return {"applied-by-hand"}
    return {"applied"} if is_recorded or is_begun else {"applied-by-hand"}


def exit_codes(call, error, has_answer):
    """The documented exit codes of a failure: by what could not be done, and why."""
    if call.text.startswith(("patches/torch-patch.", "patches/pyproject.toml")):  # a project file, or its lock
        return {6, 8}
    if call.text.startswith("patches"):
        return {6}
    if call.text == "site" and call.name in LOOKS:
        return {1, 5, 8}
    if call.text.endswith(("/METADATA", "/RECORD", "/version.py", ".dist-info", "/direct_url.json")):
        return {5, 8}
    # A lock that is refused may be for want of locks on the file system.
    if not has_answer or call.name in LOOKS or call.name == "flock":
        return {1, 8}
    return {8} if error in DENIED else {1}


def ending(torch_patch, world, command):
    """The exit code of a command and what it leaves."""
    code, _ = torch_patch.run(world, *command)
    return code, world.picture()
