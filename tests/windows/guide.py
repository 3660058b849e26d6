#!/usr/bin/env python3
"""The guide's case on Windows: a real torch 1.13.1 for Windows below `C:\\Tools\\miniconda3`, and `torch-patch.exe`.

`diff`, `apply`, `status` and `revert`, wherever the environment may be and however its path may be written: what is
expected is written down here byte by byte, with the line endings of Windows. Then the layouts in which a Python may be
installed there.

    tests/windows/run.sh python3 tests/windows/guide.py
"""

import sys

import wine
from harness import Checks, equal, holds, picture, same_picture, section, sha256  # isort: skip
from torch_wheel import TARGET, members

PATCH = "gloo-windows"
CONDA = "C:\\Tools\\miniconda3"
CHINESE = "C:\\用户 数据\\我的 环境\\miniconda3"
LONG = "C:\\Tools\\" + "\\".join(f"a directory with a long name {number:02}" for number in range(12)) + "\\conda"
OTHER_DRIVE = "D:\\Tools\\miniconda3"
SHARE = "\\\\server\\share\\miniconda3"

# What the patch makes of torch 1.13.1: after which line comes what, and which line becomes what. Lines count from one.
AFTER = {
    857: b"        if backend == Backend.NCCL and not is_nccl_available():  # torch-patch: gloo-windows\r\n"
    b"            backend = Backend.GLOO\r\n",
}
INSTEAD = {
    3131: b"        if is_nccl_available() and get_backend(group) != Backend.NCCL:  # torch-patch: gloo-windows\r\n",
}


def patched(original):
    """The patched file, worked out without the program."""
    lines = original.splitlines(keepends=True)
    return b"".join(INSTEAD.get(number, line) + AFTER.get(number, b"") for number, line in enumerate(lines, 1))


def conda(path, site="Lib\\site-packages"):
    """Makes a conda environment with the torch of the wheel; returns the folder of its packages as Linux calls it."""
    folder = wine.fresh(path)
    (folder / "Lib").mkdir()
    (folder / "Lib/os.py").touch()
    (folder / "conda-meta").mkdir()
    (folder / "conda-meta/history").touch()
    (folder / "conda-meta/python-3.10.9-h966fe2a_0.json").write_text('{"name": "python", "version": "3.10.9"}\n')
    (folder / "python.exe").write_bytes(b"MZ")  # an empty file is a stub of the Store
    packages = wine.here(f"{path}\\{site}")
    packages.mkdir(parents=True)
    wine.copy_tree(members("1.13.1-win"), packages)
    return packages


def job(checks, title, packages, torch_patch, shown):
    """The job of the guide, and back; `shown` is how the directory of the packages is shown, in any case."""
    section(title)
    target = packages / TARGET
    before, original = picture(packages), target.read_bytes()
    where = f"in {shown} (from".lower()

    def says_where(text):
        holds(text.lower().startswith(where), f"expected `{where}` first in:\n{text}")
        return text

    with checks.check("diff shows both places, with the line endings of the file, and writes nothing"):
        told = says_where(torch_patch.said("diff", PATCH))
        added = [line[1:] for line in told.splitlines(keepends=True) if line.startswith("+") and line[1] == " "]
        equal("".join(added).encode(), (AFTER[857] + INSTEAD[3131]).replace(b"\r\r", b"\r"), "added lines")
        same_picture(picture(packages), before, "after `diff`")
    with checks.check("status says not-applied"):
        equal(torch_patch("status", PATCH).expect(0).outcome(PATCH), "not-applied", "state")
        says_where(torch_patch.said("status", PATCH))
    with checks.check("apply makes exactly the expected bytes"):
        told = says_where(torch_patch.said("apply", PATCH))
        holds(f"{PATCH}: applied (torch 1.13.1)" in told, told)
        holds(f"{TARGET}: lines 858, 3133" in told, told)
        equal(target.read_bytes(), patched(original), "the patched file")
        holds(target.read_bytes().count(b"\n") == target.read_bytes().count(b"\r\n"), "a line without its CR")
    with checks.check("apply again changes nothing"):
        seen = target.stat()
        equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "already-applied", "outcome")
        equal((target.stat().st_mtime_ns, target.stat().st_ino), (seen.st_mtime_ns, seen.st_ino), "time and file")
    with checks.check("status says applied, with the digest of the file"):
        result = torch_patch("status", PATCH, "--exit-code").expect(0).result(PATCH)
        equal(result["state"], "applied", "state")
        equal(result["files"][0]["path"], TARGET, "path of the file")
        equal(result["files"][0]["after"], f"sha256:{sha256(patched(original))}", "digest of the file")
    with checks.check("revert brings every byte back and leaves nothing"):
        says_where(torch_patch.said("revert", PATCH))
        equal(target.read_bytes(), original, "the file")
        same_picture(picture(packages), before, "after `revert`")


def findings(torch_patch, topic):
    """What `doctor` finds about a topic. Most files of the wheel are not there, so there is always something to tell."""
    answer = torch_patch("doctor").expect(10)
    return [own for own in answer.json["diagnosis"]["findings"] if own["topic"] == topic]


def doctor(checks):
    """What `doctor` says of the guide's environment, before and after."""
    section("doctor")
    conda(CONDA)
    toolkit = "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v11.7"
    wine.fresh(f"{toolkit}\\bin")
    torch_patch = wine.TorchPatch(CONDA_PREFIX=CONDA, CUDA_PATH=toolkit)
    with checks.check("NCCL is missing, and the patch is named"):
        (found,) = findings(torch_patch, "nccl")
        equal((found["level"], found["command"]), ("attention", f"torch-patch apply {PATCH}"), "level and command")
    with checks.check("a CUDA_PATH without nvcc.exe is told, and how to unset it"):
        told, wrong = findings(torch_patch, "cuda")
        equal((told["level"], wrong["level"], wrong["command"]), ("ok", "note", 'setx CUDA_PATH ""'), "what is told")
        holds("`nvcc.exe`" in wrong["message"] and toolkit in wrong["message"], wrong["message"])
    with checks.check("after apply NCCL is in order"):
        torch_patch("apply", PATCH).expect(0)
        (found,) = findings(torch_patch, "nccl")
        equal((found["level"], found["patch"]), ("ok", PATCH), "level and patch")
        torch_patch("revert", PATCH).expect(0)
    wine.fresh("C:\\Program Files\\NVIDIA GPU Computing Toolkit").rmdir()


def ways_to_say_it(checks):
    """Each way to name the one environment that is a conda environment of the guide."""
    packages = conda(CONDA)
    site = f"{CONDA}\\Lib\\site-packages"
    ways = {
        "CONDA_PREFIX is set, as in an Anaconda prompt": wine.TorchPatch(CONDA_PREFIX=CONDA),
        "--env": wine.TorchPatch("--env", CONDA),
        "--env with forward slashes": wine.TorchPatch("--env", CONDA.replace("\\", "/")),
        "--env in another case": wine.TorchPatch("--env", "c:\\TOOLS\\MiniConda3"),
        "--env with a backslash at its end": wine.TorchPatch("--env", f"{CONDA}\\"),
        "--site-packages": wine.TorchPatch("--site-packages", site),
        "--site-packages with forward slashes, in another case": wine.TorchPatch(
            "--site-packages", site.replace("\\", "/").upper()
        ),
        "--python": wine.TorchPatch("--python", f"{CONDA}\\python.exe"),
        "python.exe on PATH": wine.TorchPatch(WINEPATH=CONDA),
        "--env relative to the working directory": wine.TorchPatch("--env", "..\\miniconda3", cwd=f"{CONDA}\\Lib\\.."),
        "--env relative to the directory of the drive": wine.TorchPatch("--env", "C:miniconda3", cwd="C:\\Tools"),
        "--env relative to the drive": wine.TorchPatch("--env", "\\Tools\\miniconda3", cwd=CONDA),
    }
    for title, torch_patch in ways.items():
        job(checks, title, packages, torch_patch, site)


def places(checks):
    """Environments at places whose paths are not ordinary."""
    wine.add_drive("d")
    wine.fresh("\\\\server\\share")
    holds(len(LONG) > 260, "the long path is not long")
    for title, path in {
        "a path with spaces and Chinese characters": CHINESE,
        f"a path of {len(LONG)} characters": LONG,
        "another drive": OTHER_DRIVE,
        "a share on the network": SHARE,
    }.items():
        packages = conda(path)
        job(checks, title, packages, wine.TorchPatch(CONDA_PREFIX=path), f"{path}\\Lib\\site-packages")
        wine.fresh(path).rmdir()
    section("a share by other names")
    conda(SHARE)
    for name in (SHARE.replace("\\", "/"), f"\\\\?\\UNC{SHARE[1:]}"):
        with checks.check(f"`{name}` is shown as `{SHARE}`"):
            told = wine.TorchPatch("--env", name).said("env")
            holds(f"{SHARE}\\Lib\\site-packages" in told, told)
    wine.fresh(SHARE).rmdir()
    with checks.check("the long and the verbatim form of a path is shown in the ordinary one"):
        told = wine.TorchPatch("--env", f"\\\\?\\{CONDA}").said("env")
        holds(f"{CONDA}\\Lib\\site-packages" in told, told)
    for path in ("E:\\nowhere", "\\\\nobody\\nothing\\miniconda3", f"{CONDA}\\nowhere"):
        with checks.check(f"`{path}`, which is not there, is named"):
            told = wine.TorchPatch("--env", path).said("status", code=5)
            holds(f"`--env` `{path}`: expected a directory, found nothing" in told, told)


def layouts(checks):
    """Other ways in which a Python and its packages may be installed."""
    packages = conda(f"{CONDA}\\envs\\train")
    job(
        checks, "one of conda's environments", packages, wine.TorchPatch(CONDA_PREFIX=f"{CONDA}\\envs\\train"),
        f"{CONDA}\\envs\\train\\Lib\\site-packages",
    )  # fmt: skip

    venv = "C:\\webui\\venv"
    packages = virtual_environment(venv, "C:\\Python310")
    wine.copy_tree(members("1.13.1-win"), packages)
    for title, torch_patch in {
        "a virtual environment that is active": wine.TorchPatch(VIRTUAL_ENV=venv),
        "a virtual environment by its python.exe": wine.TorchPatch("--python", f"{venv}\\Scripts\\python.exe"),
    }.items():
        job(checks, title, packages, torch_patch, f"{venv}\\Lib\\site-packages")

    # A Python with nothing installed: its user has torch, and Python looks there first.
    base = "C:\\Python310"
    roaming = wine.windows_program("cmd", "/c", "echo %APPDATA%").stdout.decode().strip()  # Wine sets it itself
    python = wine.fresh(base)
    (python / "python.exe").write_bytes(b"MZ")
    (python / "python310.dll").touch()
    (python / "Lib/site-packages").mkdir(parents=True)
    (python / "Lib/os.py").touch()
    user = f"{roaming}\\Python\\Python310\\site-packages"
    packages = wine.fresh(user)
    wine.copy_tree(members("1.13.1-win"), packages)
    job(checks, "the user's packages below APPDATA", packages, wine.TorchPatch("--env", base), user)
    wine.fresh(user).rmdir()


def virtual_environment(path, home):
    """Makes a virtual environment as `python -m venv` lays it out; returns the folder of its packages."""
    folder = wine.fresh(path)
    (folder / "Scripts").mkdir()
    (folder / "Scripts/python.exe").write_bytes(b"MZ")
    text = f"home = {home}\r\ninclude-system-site-packages = false\r\nversion = 3.10.9\r\nexecutable = {home}\\python.exe\r\n"
    (folder / "pyvenv.cfg").write_bytes(text.encode())
    packages = folder / "Lib/site-packages"
    packages.mkdir(parents=True)
    return packages


def main():
    """Runs all parts."""
    checks = Checks()
    for part in (ways_to_say_it, doctor, places, layouts):
        part(checks)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
