"""`cpp_builder.py` of each release asks a fake `cl` that answers in Chinese, in code page 936.

What stands in for Windows: the module's own flag for it, and the preferred encoding, which the script sets.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "inductor-msvc-decode"
FILE = "torch/_inductor/cpp_builder.py"

# argv: the file, the compiler, and the encoding of the system.
PROGRAM = """
import functools, locale, sys
from lift import lift
file, compiler, encoding = sys.argv[1:]
locale.getpreferredencoding = lambda do_setlocale=True: encoding
stand_ins = dict(_IS_WINDOWS=True, functools=functools)
space = lift(file, ["SUBPROCESS_DECODE_ARGS", "_is_msvc_cl"], **stand_ins)
assert space["_is_msvc_cl"](compiler) is True
"""
CHINESE = "用于 x64 的 Microsoft (R) C/C++ 优化编译器 19.42.34433 版\n用法: cl [ 选项... ] 文件名... [ /link 链接选项... ]\n"


def compiler(here):
    """A `cl` that says its version in code page 936."""
    answer = here.folder / "answer"
    answer.write_bytes(CHINESE.encode("cp936"))
    path = here.folder / "cl"
    path.write_text(f"#!/bin/sh\ncat {answer}\n")
    path.chmod(0o755)
    return path


def run(checks, binary):
    """Runs the case."""
    # With 2.10 to 2.12 the error is left where Python is in UTF-8 mode, in which the preferred encoding is UTF-8.
    for version, encoding in (("2.5.1", "cp936"), ("2.7.1", "cp936"), ("2.9.1", "cp936"), ("2.10.0", "utf-8"), ("2.12.1", "utf-8")):  # fmt: skip
        with scene(binary) as here:
            here.release("torch", version, [FILE], "win")
            cl = compiler(here)

            def program(here=here, cl=cl, encoding=encoding):
                return here.python(PROGRAM, here.site / FILE, cl, encoding, path=False)

            title = f"torch {version}, {encoding} (stand-in for Windows and its compiler)"
            before_and_after(checks, here, NAME, title, program, program)
    with checks.check("torch 2.13.0: fixed there, and the patch is not needed"), scene(binary) as here:
        here.release("torch", "2.13.0", [FILE], "win")
        for encoding in ("cp936", "utf-8"):
            code, output = here.python(PROGRAM, here.site / FILE, compiler(here), encoding, path=False)
            holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    old = 'SUBPROCESS_DECODE_ARGS = ("utf-8",) if'
    forms = {
        form: [(FILE, old, old.replace('("utf-8",)', form))]
        for form in ('("cp936",)', '("gbk",)', '("utf-8", "ignore")', '("oem",)', '("mbcs",)')
    }
    hand_edits(checks, binary, NAME, "torch", "2.6.0", [FILE], forms)
