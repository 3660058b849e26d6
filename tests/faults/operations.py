"""The operations into which faults are put: the world each starts from, its command, and what it does to each file."""

import dataclasses
from collections.abc import Callable

import strace
from fake_torch import A, B, C, CREATED, D, NEW, OLD, RECORDS, UPGRADED, by_hand, damaged, patched

PROJECT = "patches"
DRIFTED = patched(OLD[A], "one") + b"# and an edit by its user\r\n"
DAMAGED = damaged(patched(OLD[A], "one"))


@dataclasses.dataclass(frozen=True)
class Operation:
    """One command in one world, and the opposite one, which gets its turn afterwards too."""

    name: str
    prepare: Callable
    command: tuple
    opposite: tuple
    # For each file that may change: every content that is legal until the change is settled.
    legal: dict
    # The content of each file once the command has done its work.
    wanted: dict


def fresh(world, torch_patch):
    """Nothing was applied."""


def applied(*patches):
    """Some patches were applied, and Python has run since."""

    def prepare(world, torch_patch):
        torch_patch(world, "apply", *(file_of(patch) for patch in patches))
        if patches != ("new",):
            world.compile()

    return prepare


def upgraded(world, torch_patch):
    """A patch was applied, then the package upgraded over it."""
    torch_patch(world, "apply", file_of("one"))
    world.upgrade()


def edited_by_hand(world, torch_patch):
    """Somebody made the edit of a patch with an editor."""
    world.edit(by_hand(OLD[A]))


def drifted(world, torch_patch):
    """Somebody edited a patched file further."""
    torch_patch(world, "apply", file_of("one"))
    world.edit(DRIFTED)


def damaged_by_hand(world, torch_patch):
    """Somebody made a bad edit in a patched file, which a repair knows."""
    torch_patch(world, "apply", file_of("one"))
    world.edit(DAMAGED)


def locked_project(world, torch_patch):
    """A project file names two patches, and its lock was written; the environment was made anew since."""
    (world.folder / PROJECT / "torch-patch.toml").write_text('patches = ["one.toml", "two.toml"]\n')
    torch_patch(world, "sync", "--project", PROJECT)
    torch_patch(world, "revert", "--all")
    world.compile()


def interrupted(is_place):
    """A change of four files was killed: as it was about to make the call that `is_place` tells."""

    def prepare(world, torch_patch):
        twin = world.copy(f"{world.folder}.twin")
        calls = strace.calls(torch_patch.command(twin, "apply", file_of("four")), twin.folder)
        (call,) = [call for call in calls if is_place(call)]
        strace.killed(torch_patch.command(world, "apply", file_of("four")), world.folder, call)
        if not world.is_begun():
            raise AssertionError(f"killed at {call}, the change has left no intent")

    return prepare


def before_third_file(call):
    """Two of the files are replaced, and the new content of the third lies beside it."""
    return call.name.startswith("rename") and call.text.endswith(f"→ site/{C}")


def before_end(call):
    """All files are replaced, and the intent is not the ledger yet."""
    return call.name.startswith("rename") and call.text.endswith(f"→ site/{RECORDS}/ledger.json")


def file_of(patch):
    """A patch file, as an argument that names it in the world where the command is run."""
    return f"patches/{patch}.toml"


def undo(*ids):
    """The words that take patches out, whether or not they are recorded."""
    return ("revert", *ids, "--patches", "patches")


def between(before, wanted):
    """What is legal on the way from some contents to others."""
    return {path: {before[path], wanted[path]} for path in wanted}


ONE, TWO = patched(OLD[A], "one"), patched(OLD[A], "two")
BOTH = patched(OLD[A], "one", "two")
FOUR = {path: patched(OLD[path], "four") for path in (A, B, C, D)}
FORCED = ("revert", "one", "--force", "--patches", "patches")

OPERATIONS = [
    Operation(name, prepare, command, opposite, between(before, wanted), wanted)
    for name, prepare, command, opposite, before, wanted in [
        ("apply one file", fresh, ("apply", file_of("one")), undo("one"), OLD, {A: ONE}),
        ("apply four files", fresh, ("apply", file_of("four")), undo("four"), OLD, FOUR),
        (
            "apply two patches to one file", fresh, ("apply", file_of("one"), file_of("two")),
            undo("one", "two"), OLD, {A: BOTH},
        ),
        (
            "apply a second patch to a file", applied("one"), ("apply", file_of("two")),
            undo("--all"), {A: ONE}, {A: BOTH},
        ),
        (
            "apply anew after an upgrade", upgraded, ("apply", file_of("one")), undo("one"),
            {A: UPGRADED}, {A: patched(UPGRADED, "one")},
        ),
        (
            "adopt an edit by hand", edited_by_hand, ("apply", file_of("one"), "--adopt"), undo("one"),
            {A: by_hand(OLD[A])}, {A: ONE},
        ),
        (
            "apply a patch that creates a file", fresh, ("apply", file_of("new")),
            undo("new"), {NEW: None}, {NEW: CREATED},
        ),
        (
            "sync a project", locked_project, ("sync", "--project", PROJECT, "--locked"),
            ("revert", file_of("one"), file_of("two")), OLD, {A: BOTH},
        ),
        ("revert one file", applied("one"), undo("one"), ("apply", file_of("one")), {A: ONE}, {A: OLD[A]}),
        ("revert four files", applied("four"), undo("four"), ("apply", file_of("four")), FOUR, OLD),
        (
            "revert one patch of two", applied("one", "two"), undo("one"), ("apply", file_of("one")),
            {A: BOTH}, {A: TWO},
        ),
        ("revert a drifted file by force", drifted, FORCED, ("apply", file_of("one")), {A: DRIFTED}, {A: OLD[A]}),
        (
            "restore a drifted file with its patch", drifted, ("restore", A, "--no-index"), FORCED, {A: DRIFTED},
            {A: ONE},
        ),
        (
            "restore a drifted file without its patch", drifted, ("restore", A, "--no-index", "--pristine"), FORCED,
            {A: DRIFTED}, {A: OLD[A]},
        ),
        (
            "take a bad edit out of a patched file", damaged_by_hand, ("apply", file_of("mend")), FORCED, {A: DAMAGED},
            {A: ONE},
        ),
        (
            "revert a patch that created a file", applied("new"), undo("new"),
            ("apply", file_of("new")), {NEW: CREATED}, {NEW: None},
        ),
        (
            "recover a half-done change and apply it", interrupted(before_third_file), ("apply", file_of("four")),
            undo("four"), OLD, FOUR,
        ),
        (
            "recover a change that lacks its end and revert it", interrupted(before_end), undo("four"),
            ("apply", file_of("four")), FOUR, OLD,
        ),
    ]
]  # fmt: skip
