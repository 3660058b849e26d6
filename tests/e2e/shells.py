#!/usr/bin/env python3
"""Completions, each in its own shell: what the tab key makes of what was typed. And the manual pages, read by man.

    TORCH_PATCH=target/release/torch-patch tests/e2e/shells.py

bash and zsh run in a pseudo-terminal, where keys are sent and the line is read back; fish answers by `complete -C`, and
PowerShell, where it is installed, by `TabExpansion2`. Where it is not, its script is only parsed, with the grammar of
tree-sitter. Needs bash, zsh, fish, man-db, mandoc, and the Python package tree-sitter-pwsh.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from harness import Checks, binary_under_test, equal, holds, section

# What is typed, and what the line is after a tab.
TYPED = [
    ("torch-patch app", "torch-patch apply"),
    ("torch-patch apply --dry", "torch-patch apply --dry-run"),
    ("torch-patch status --color al", "torch-patch status --color always"),
    ("torch-patch list --la", "torch-patch list --lang"),
    ("torch-patch completions pow", "torch-patch completions powershell"),
    ("torch-patch cache cl", "torch-patch cache clean"),
]
SETTLED = 0.4


class Terminal:
    """A shell in a pseudo-terminal."""

    def __init__(self, words, environment):
        self.child, self.file = pty.fork()
        if self.child == 0:
            os.execvpe(words[0], words, environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)
        os.waitpid(self.child, 0)

    def send(self, text):
        os.write(self.file, text.encode())

    def read(self, limit=20.0):
        """What the shell writes until it is quiet."""
        said, end = b"", time.monotonic() + limit
        while time.monotonic() < end:
            ready, _, _ = select.select([self.file], [], [], SETTLED if said else limit)
            if not ready:
                break
            try:
                said += os.read(self.file, 65536)
            except OSError:
                break
        return said.decode("utf-8", "replace")


def shown(said):
    """The last line of a terminal, without what moves the cursor or styles it."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x07", "", said)
    while "\x08" in plain:
        plain = re.sub(r"[^\x08]?\x08", "", plain, count=1)
    return plain.replace("\r", "\n").rstrip("\n").rsplit("\n", 1)[-1]


def in_terminal(words, environment, start):
    """What the shell makes of each line that is typed and followed by a tab."""
    with Terminal(words, environment) as terminal:
        terminal.read()
        terminal.send(start + "\n")
        terminal.read()
        for typed, _ in TYPED:
            terminal.send(typed + "\t")
            line = shown(terminal.read()).removeprefix("READY>").strip()
            yield typed, line.removesuffix("=")  # zsh puts it in at once
            terminal.send("\x15")  # the line is emptied
            terminal.read()
        terminal.send("exit\n")


def bash(folder, environment):
    # bash-completion gives the word lists of a plain bash here: nothing but the script itself is loaded.
    start = f". {folder}/torch-patch.bash; PS1='READY>'"
    return in_terminal(["bash", "--noprofile", "--norc", "-i"], environment, start)


def zsh(folder, environment):
    start = f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; PROMPT='READY>'"
    return in_terminal(["zsh", "-f", "-i"], environment, start)


def fish(folder, environment):
    for typed, _ in TYPED:
        program = f"source {folder}/torch-patch.fish; complete -C '{typed}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", program], capture_output=True, text=True, env=environment, check=True
        )
        words = [line.split("\t")[0] for line in done.stdout.splitlines()]
        yield typed, f"{typed.rsplit(' ', 1)[0]} {' '.join(words)}"


def powershell(folder, environment):
    for typed, _ in TYPED:
        program = (
            f". {folder}/torch-patch.ps1; "
            f"(TabExpansion2 -inputScript '{typed}' -cursorColumn {len(typed)}).CompletionMatches.CompletionText"
        )
        words = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", program]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
        yield typed, f"{typed.rsplit(' ', 1)[0]} {' '.join(done.stdout.split())}"


def parsed(script):
    """Raises where the grammar of PowerShell finds an error."""
    import tree_sitter
    import tree_sitter_pwsh

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
    waiting = [parser.parse(script).root_node]
    holds(waiting[0].child_count > 0, "there is nothing in it")
    while waiting:
        node = waiting.pop()
        holds(not node.is_error and not node.is_missing, f"line {node.start_point[0] + 1}: {node.text[:80]!r}")
        waiting.extend(node.children)


def completions(checks, binary, folder, environment):
    files = {
        "bash": "torch-patch.bash",
        "zsh": "_torch-patch",
        "fish": "torch-patch.fish",
        "powershell": "torch-patch.ps1",
        "elvish": "torch-patch.elv",
    }
    for shell, name in files.items():
        script = subprocess.check_output([binary, "completions", shell])
        (folder / name).write_bytes(script)
        with checks.check(f"the script for {shell} is ASCII, so that every shell reads it alike"):
            holds(script.isascii() and len(script) > 1000, f"{len(script)} bytes")
    for shell in (bash, zsh, fish):
        section(shell.__name__)
        answers = dict(shell(folder, environment))
        for typed, expected in TYPED:
            with checks.check(f"`{typed}` and a tab give `{expected}`"):
                equal(answers[typed], expected, "the line")
    section("powershell")
    if shutil.which("pwsh"):
        for typed, line in powershell(folder, environment):
            expected = dict(TYPED)[typed]
            with checks.check(f"`{typed}` and a tab give `{expected}`"):
                equal(line.split()[-1], expected.split()[-1], "the word")
    else:
        print("  pwsh is not installed: its script is not run, only parsed")
        with checks.check("the script is PowerShell by its grammar"):
            parsed((folder / "torch-patch.ps1").read_bytes())
        with checks.check("premise: a script that is none is found"):
            try:
                parsed((folder / "torch-patch.ps1").read_bytes().replace(b"}", b"", 1))
            except AssertionError:
                return
            raise AssertionError("nothing was found")


def manual(checks, binary, folder):
    for language in ("en", "zh-CN"):
        section(f"manual pages, {language}")
        pages = folder / language / "man1"
        subprocess.run([binary, "man", "--lang", language, "--output", pages, "--quiet"], check=True)
        names = sorted(pages.iterdir())
        with checks.check("there is a page for each command"):
            listed = subprocess.check_output([binary, "--help", "--lang", "en"], text=True)
            listed = listed.split("Commands:\n")[1].split("\n\n")[0].splitlines()
            wanted = {f"torch-patch-{line.split()[0]}.1" for line in listed} - {"torch-patch-help.1"}
            found = {path.name for path in names}
            holds(len(wanted) > 10 and wanted <= found, f"missing: {sorted(wanted - found)}")
        with checks.check("mandoc warns of nothing"):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *names], capture_output=True, text=True)
            equal(done.stdout + done.stderr, "", "what it says")
            equal(done.returncode, 0, "its exit code")
        for path in names:
            with checks.check(f"man shows {path.name}"):
                done = subprocess.run(
                    ["man", "--warnings", "-E", "UTF-8", "-l", path], capture_output=True, env={**os.environ, "MANWIDTH": "90"}
                )
                equal(done.stderr.decode(), "", "what it warns of")
                text = done.stdout.decode()
                heading = "SYNOPSIS" if language == "en" else "概要"
                holds(heading in text and "--lang" in text.replace("\u2010", "-"), text[:400])


def main():
    binary = binary_under_test()
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        links = folder / "bin"
        links.mkdir()
        (links / "torch-patch").symlink_to(binary)
        environment = {
            "PATH": f"{links}:{os.environ['PATH']}", "HOME": name, "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "200",
        }
        completions(checks, binary, folder, environment)
        manual(checks, binary, folder)
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
