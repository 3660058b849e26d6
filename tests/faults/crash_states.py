"""The states in which a file system may be after a power failure: a model, and the enumeration of its states.

The model is POSIX taken at its word, weaker than any file system in use:

- `fsync` of a file makes its bytes and its mode durable, not its name; `fsync` of a directory makes the names in it
  durable, not the bytes behind them, nor the name of the directory itself.
- Each change of a name (create, link, rename, remove, mkdir, rmdir) is atomic. Of those since the last `fsync` of
  their directory any subset may have reached the disk: none waits for another one, in the same directory or elsewhere.
- Of bytes that were not synced the disk may have all, none, the first half, or zeros in their place; of a file that
  was written over, what it had before.

So a rename may be on the disk without the creation of what it renames, and a removal without the link made before it.
"""

import dataclasses
import hashlib
import itertools
import os
import pathlib
import stat

DIRECTORY = 0


@dataclasses.dataclass
class File:
    """A file: each content it had, with the step after which it had it, and the steps after which it was synced."""

    contents: list  # (step, bytes, mode)
    syncs: list

    def at(self, moment):
        """The content and mode after the steps before `moment`."""
        return [found[1:] for found in self.contents if found[0] <= moment][-1]

    def choices(self, moment):
        """What the disk may have of it at a moment, the whole content first."""
        whole = self.at(moment)
        synced = max((step for step in self.syncs if step <= moment), default=None)
        if synced is not None and synced >= max(found[0] for found in self.contents if found[0] <= moment):
            return [whole]
        data, mode = whole
        first = self.contents[0][2]
        before = [self.at(synced)] if synced is not None else []
        found = [whole, (b"", first), (data[: len(data) // 2], mode), (bytes(len(data)), mode), *before]
        return list(dict.fromkeys(found))


@dataclasses.dataclass
class Naming:
    """A change of names, atomic: each (directory, name, what is there afterwards or `None`)."""

    step: int
    effects: list


class History:
    """The steps of a recording, resolved to files and directories, from a tree in which all names are durable."""

    def __init__(self, tree, unsynced=()):
        """`tree` maps paths to (kind, mode, bytes, inode); `unsynced` are paths whose bytes were never synced."""
        self.files = {}
        self.namings = []
        self.directory_syncs = {}  # directory → steps
        self.start = {}  # directory → {name: what is there}
        self.modes = {}  # directory → mode
        self.length = 0
        self.by_inode = {}
        self.live = {DIRECTORY: {}}
        self.modes[DIRECTORY] = 0o755
        self.next = 1
        self.unsynced = set()
        for path in sorted(tree):
            self.plant(path, tree[path], path in unsynced)
        self.start = {directory: dict(names) for directory, names in self.live.items()}

    def plant(self, path, entry, is_unsynced):
        """Puts one path of the tree at the start into its place."""
        kind, mode, data, inode = entry
        parent, name = self.parent(path)
        if kind == "directory":
            number = self.new_directory(mode)
        elif inode in self.by_inode:
            number = self.by_inode[inode]
        else:
            number = self.by_inode[inode] = self.new_file(data, mode)
            self.files[number].syncs = [] if is_unsynced else [0]
        if is_unsynced:
            self.unsynced.add(number)
        self.live[parent][name] = number

    def new_directory(self, mode):
        number, self.next = self.next, self.next + 1
        self.live[number] = {}
        self.modes[number] = mode
        return number

    def new_file(self, data, mode):
        number, self.next = self.next, self.next + 1
        self.files[number] = File([(self.length, data, mode)], [])
        return number

    def find(self, path):
        """What is at a path now."""
        found = DIRECTORY
        for name in [] if path == "." else path.split("/"):
            found = self.live[found].get(name)
            if found is None:
                return None
        return found

    def parent(self, path):
        """The directory of a path, and its name in there."""
        parent, _, name = path.rpartition("/")
        return self.find(parent or "."), name

    def play(self, steps, without=()):
        """Takes the steps of a recording; `without` has the indices (of this history) of syncs that do not happen."""
        for step in steps:
            self.length += 1
            if not (step.kind == "sync" and self.length in without):
                getattr(self, f"on_{step.kind}")(step)

    def name(self, *effects):
        for directory, name, number in effects:
            if number is None:
                self.live[directory].pop(name, None)
            else:
                self.live[directory][name] = number
        self.namings.append(Naming(self.length, list(effects)))

    def on_create(self, step):
        directory, name = self.parent(step.path)
        if name not in self.live[directory]:
            self.name((directory, name, self.new_file(b"", step.mode & 0o755)))

    def on_mkdir(self, step):
        directory, name = self.parent(step.path)
        self.name((directory, name, self.new_directory(0o755)))

    def on_link(self, step):
        self.name((*self.parent(step.to), self.find(step.path)))

    def on_rename(self, step):
        moved = self.find(step.path)
        self.name((*self.parent(step.path), None), (*self.parent(step.to), moved))

    def on_remove(self, step):
        self.name((*self.parent(step.path), None))

    on_rmdir = on_remove

    def change(self, path, data=None, mode=None):
        file = self.files[self.find(path)]
        old, old_mode = file.at(self.length)
        new = (self.length, old if data is None else data, old_mode if mode is None else mode)
        file.contents.append(new)

    def on_write(self, step):
        old, _ = self.files[self.find(step.path)].at(self.length)
        padded = old.ljust(step.offset, b"\0")
        self.change(step.path, data=padded[: step.offset] + step.data + padded[step.offset + len(step.data) :])

    def on_truncate(self, step):
        self.change(step.path, data=b"")

    def on_mode(self, step):
        self.change(step.path, mode=step.mode)

    def on_sync(self, step):
        number = self.find(step.path)
        if number in self.files:
            self.files[number].syncs.append(self.length)
        else:
            self.directory_syncs.setdefault(number, []).append(self.length)

    def is_durable(self, naming, moment):
        """Says whether a change of names had surely reached the disk at a moment."""
        syncs = [self.directory_syncs.get(directory, []) for directory, _, _ in naming.effects]
        return all(any(naming.step <= step <= moment for step in steps) for steps in syncs)

    def tree(self, moment, dropped=frozenset(), contents=None):
        """The tree at a moment with some changes of names dropped: path → (kind, mode, bytes, number)."""
        names = {directory: dict(found) for directory, found in self.start.items()}
        for index, naming in enumerate(self.namings):
            if naming.step <= moment and index not in dropped:
                for directory, name, number in naming.effects:
                    found = names.setdefault(directory, {})
                    if number is None:
                        found.pop(name, None)
                    else:
                        found[name] = number
        tree = {}

        def walk(directory, prefix):
            for name, number in sorted(names.get(directory, {}).items()):
                path = prefix + name
                if number in self.files:
                    data, mode = (contents or {}).get(number) or self.files[number].at(moment)
                    tree[path] = ("file", mode, data, number)
                else:
                    tree[path] = ("directory", self.modes[number], b"", number)
                    walk(number, path + "/")

        walk(DIRECTORY, "")
        return tree


@dataclasses.dataclass(frozen=True)
class Bounds:
    """How far the enumeration is complete; beyond, `subsets` and `fillings` say what is taken."""

    names: int = 10
    files: int = 2


def subsets(open_namings, bound):
    """Which changes of names are dropped: any subset up to `bound` changes.

    Beyond, each prefix is kept, each single one and each pair is dropped, and each single one and each pair is kept.
    """
    everything = list(open_namings)
    if len(everything) <= bound:
        sizes = range(len(everything) + 1)
        return [frozenset(found) for size in sizes for found in itertools.combinations(everything, size)]
    found = {frozenset(everything[start:]) for start in range(len(everything) + 1)}
    for size in (1, 2):
        for chosen in itertools.combinations(everything, size):
            found.add(frozenset(chosen))
            found.add(frozenset(everything) - frozenset(chosen))
    return sorted(found, key=sorted)


def fillings(choices, bound):
    """What the unsynced files hold: every combination up to `bound` files.

    Beyond, all files alike, and each pair of files in every way while the others are whole.
    """
    numbers = sorted(choices)
    if len(numbers) <= bound:
        return [dict(zip(numbers, found)) for found in itertools.product(*(choices[number] for number in numbers))]
    whole = {number: choices[number][0] for number in numbers}
    found = [{number: choices[number][min(kind, len(choices[number]) - 1)] for number in numbers} for kind in range(5)]
    for pair in itertools.combinations(numbers, 2):
        for values in itertools.product(*(choices[number] for number in pair)):
            found.append({**whole, **dict(zip(pair, values))})
    return found


def states(history, moment, spared, bounds):
    """The trees that may be found after a power failure at a moment, with those left out that are lost anyway.

    `spared` names paths whose first content was never synced by who wrote it: as long as such a file has its name, its
    loss is not ours to answer for, and it is taken as whole.
    """
    past = [(index, naming) for index, naming in enumerate(history.namings) if naming.step <= moment]
    open_namings = [index for index, naming in past if not history.is_durable(naming, moment)]
    for dropped in subsets(open_namings, bounds.names):
        tree = history.tree(moment, dropped)
        whole = {tree[path][3] for path in spared if path in tree} & history.unsynced
        reachable = {entry[3] for entry in tree.values() if entry[0] == "file"} - whole
        choices = {number: history.files[number].choices(moment) for number in reachable}
        choices = {number: found for number, found in choices.items() if len(found) > 1}
        for contents in fillings(choices, bounds.files):
            yield history.tree(moment, dropped, contents) if contents else tree


def key(tree):
    """Two trees with one key are the same to every program."""
    first = {}
    lines = []
    for path, (kind, mode, data, number) in sorted(tree.items()):
        lines.append(f"{path}\0{kind}\0{mode:o}\0{first.setdefault(number, path)}\0{hashlib.sha256(data).hexdigest()}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def materialise(tree, root):
    """Makes the tree below `root`, an empty or absent directory: names of one file are hard links."""
    root = pathlib.Path(root)
    root.mkdir(parents=True, exist_ok=True)
    made = {}
    for path, (kind, mode, data, number) in sorted(tree.items()):
        place = root / path
        if kind == "directory":
            place.mkdir()
        elif number in made:
            os.link(made[number], place)
            continue
        else:
            place.write_bytes(data)
            made[number] = place
        place.chmod(mode)


def survey(root):
    """The tree below `root`, as `History` takes it."""
    tree = {}
    root = pathlib.Path(root)
    for path in sorted(root.rglob("*")):
        found = path.lstat()
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISDIR(found.st_mode):
            tree[path.relative_to(root).as_posix()] = ("directory", mode, b"", found.st_ino)
        else:
            tree[path.relative_to(root).as_posix()] = ("file", mode, path.read_bytes(), found.st_ino)
    return tree
