"""Debian's real torch 1.13 builds real extensions with PyPI's ninja; of other releases the real function, a fake ninja.

The extension is a few lines of C++ for Python, so that it takes seconds.
"""

import os

from harness import equal, holds
from scene import FILES, bad_edits, damaged_and_repaired, packages, scene

NAME = "ninja-version"
FILE = FILES[NAME]
OLD, NEW = "command = ['ninja', '-v']", "command = ['ninja', '--version']"

EXTENSION = """
#include <Python.h>
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, NAME, nullptr, 42};
extern "C" PyMODINIT_FUNC FUNCTION() { return PyModule_Create(&definition); }
"""

# Builds and imports, as packages do at the first use of a model.
BUILD = """
import os, sys
site, path, name, folder = sys.argv[1:]
os.environ["PATH"] = path + os.pathsep + os.environ["PATH"]
import torch.utils.cpp_extension as extension
assert extension.__file__.startswith(site), extension.__file__
folder = os.path.join(folder, "torch_extensions", name)
os.makedirs(folder, exist_ok=True)
source = os.path.join(os.path.dirname(os.path.dirname(folder)), name + ".cpp")
module = extension.load(name, [source], build_directory=folder)
assert module.__name__ == name, module
"""

# The function of a release that runs ninja, and a ninja that builds a file when it is to build.
LIFTED = """
import os, sys
from lift import lift
file, path, folder, name = sys.argv[1:]
os.environ["PATH"] = path + os.pathsep + os.environ["PATH"]
stand_ins = dict(_get_num_workers=lambda verbose: 2, IS_WINDOWS=False, SUBPROCESS_DECODE_ARGS=())
space = lift(file, [name], **stand_ins)
if name == "_run_ninja_build":
    space[name](folder, False, "failed")
else:
    os.chdir(folder)
    space[name]("extension", folder, False)
if not os.path.exists(os.path.join(folder, "extension.so")):
    raise ImportError("torch_extensions/extension.so: cannot open shared object file: No such file or directory")
"""


def run(checks, binary):
    """Runs the case."""
    real(checks, binary)
    for version, function in [
        ("1.4.0", "_build_extension_module"), ("1.5.0", "_run_ninja_build"), ("1.13.1", "_run_ninja_build"),
        ("2.5.1", "_run_ninja_build"), ("2.15.0", "_run_ninja_build"),
    ]:  # fmt: skip
        lifted(checks, binary, version, function)
    forms = [
        (OLD, NEW),
        (OLD, 'command = ["ninja", "--version"]'),
        (OLD, "command = ['ninja','--version']  # -v"),
        (OLD, "# command = ['ninja', '-v']\n    command = ['ninja', '--version']"),
        (OLD, "command = ['ninja', '-V']"),
    ]
    for version in ("1.9.1", "1.13.1", "2.2.2", "2.7.1", "2.15.0"):
        every_option(checks, binary, version)
    bad_edits(checks, binary, NAME, "1.13.1", forms)
    bad_edits(checks, binary, NAME, "2.5.1", forms, "linux")
    bad_edits(checks, binary, NAME, "2.15.0", forms)


def real(checks, binary):
    """A whole torch, a compiler, a linker and a ninja."""
    with scene(binary) as here:
        here.debian_torch()
        ninja = packages(here, "ninja") / "bin"
        builds = iter(range(100))

        def source(name, text=EXTENSION):
            text = text.replace("NAME", f'"{name}"').replace("FUNCTION", f"PyInit_{name}")
            (here.folder / f"{name}.cpp").write_text(text)

        def program():
            name = f"extension_{next(builds)}"
            source(name)
            return here.python(BUILD, here.site, ninja, name, here.folder)

        def damage():
            here.edit(FILE, OLD, NEW)

        damaged_and_repaired(checks, here, NAME, "Debian's torch 1.13", damage, program, program, proven=False)
        with checks.check("Debian's torch 1.13: the error that leads to the edit says nothing, the line above it does"):
            source("broken", "int f() { return no_such_name; }\n")
            code, output = here.python(BUILD, here.site, ninja, "broken", here.folder)
            holds(code != 0 and "Command '['ninja', '-v']' returned non-zero exit status 1" in output, output)
            holds("no_such_name" in output and "FAILED:" in output, output)
            answer = here.torch_patch("explain", output).expect(0)
            equal(answer.json["explanations"][0]["patch"], NAME, "the patch that explains it")
            damage()
            code, output = here.python(BUILD, here.site, ninja, "broken", here.folder)
            holds(code != 0 and "no_such_name" not in output, f"the reason is hidden:\n{output}")
            answer = here.torch_patch("explain", output).expect(0)
            equal(answer.json["explanations"][0]["patch"], NAME, "the patch that explains it")


def every_option(checks, binary, version):
    """The form of those who replace every `'-v'` of the file, where compilers are asked too."""
    with checks.check(f"torch {version}: every '-v' of the file replaced"), scene(binary) as here:
        here.release("torch", version, [FILE], "win")
        file = here.site / FILE
        original = file.read_bytes()
        file.write_bytes(original.replace(b"'-v'", b"'--version'"))
        equal(here.torch_patch("status", NAME).expect(0).outcome(NAME), "damaged", "state")
        answer = here.torch_patch("apply", NAME).expect(0)
        equal(answer.json["results"][0]["files"][0]["proven"], True, "proven")
        holds(file.read_bytes() == original, "the file is not the original")


def lifted(checks, binary, version, function):
    """The function of a release, run with a ninja that only notes what it is to do."""
    with scene(binary) as here:
        here.release("torch", version, [FILE])
        path, builds = here.folder / "bin", here.folder / "build"
        path.mkdir()
        ninja = path / "ninja"
        ninja.write_text('#!/bin/sh\ncase "$1" in --version) echo 1.11.1;; -v) : >extension.so;; esac\n')
        ninja.chmod(0o755)

        def program():
            builds.mkdir(exist_ok=True)
            for built in builds.iterdir():
                os.remove(built)
            return here.python(LIFTED, here.site / FILE, path, builds, function)

        def damage():
            text = (here.site / FILE).read_text()
            (here.site / FILE).write_text(text.replace("['ninja', '-v']", "['ninja', '--version']"))

        what = f"torch {version} (a fake ninja)"
        damaged_and_repaired(checks, here, NAME, what, damage, program, program, proven=True)
