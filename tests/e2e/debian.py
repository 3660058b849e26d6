#!/usr/bin/python3
"""The main job on a real torch: Debian's `python3-torch` (1.13, CPU, no NCCL), in place and on a copy of its tree.

Unpatched, two ranks that ask for NCCL fail with the error of the set-up guides; after `torch-patch apply gloo-windows`
they train; after `revert` the package is pristine and the error is back. However the script ends, the system's own
torch is left as the package shipped it.

    tests/e2e/debian.py [in-place|copy]…

Needs Debian bookworm with python3-torch and debsums, and the right to write to the package's files. `TORCH_PATCH` names
the binary (default: the release build).
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import (
    REPOSITORY, Checks, TorchPatch, binary_under_test, equal, holds, picture, run, same_picture, section, sha256,
    stop_by_exception,
)

PYTHON = pathlib.Path("/usr/bin/python3")
PACKAGE = "python3-torch"
SITE = pathlib.Path("/usr/lib/python3/dist-packages")
TARGET = "torch/distributed/distributed_c10d.py"
# Byte for byte the file of PyPI's 1.13.1 for Linux.
PRISTINE = "5c7f225704f199b27c6ef46e9b2f7eb7053b46107e309c62a604adac7c57fc54"
GUIDE_ERROR = "Distributed package doesn't have NCCL built in"
TWO_RANKS = REPOSITORY / "tests/e2e/two_ranks.py"
PATCH = "gloo-windows"


def two_ranks(site):
    """Runs the two-rank script on the torch below `site`; returns its exit code and what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    if site != SITE:
        environment["PYTHONPATH"] = str(site)
    done = subprocess.run(
        [PYTHON, TWO_RANKS], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env=environment
    )
    return done.returncode, done.stdout + done.stderr


def fails_as_in_the_guide(site):
    """Raises unless the two ranks fail, and for the reason the patch is for."""
    code, output = two_ranks(site)
    holds(code != 0 and GUIDE_ERROR in output, f"expected the guide's error, found exit {code}:\n{output}")


def trains(site):
    """Raises unless the two ranks train on gloo, with the torch below `site`."""
    code, output = two_ranks(site)
    holds(code == 0, f"expected exit 0, found {code}:\n{output}")
    for line in (f"from {site}/torch/__init__.py, backend gloo", "equal weights on both ranks"):
        holds(line in output, f"expected `{line}` in:\n{output}")


def package_is_pristine():
    """Raises unless dpkg and debsums both find the package as shipped; dpkg exits 0 even for an edited file."""
    equal(run("dpkg", "--verify", PACKAGE), "", f"output of `dpkg --verify {PACKAGE}`")
    equal(run("debsums", "--silent", PACKAGE), "", f"output of `debsums --silent {PACKAGE}`")


def package_is_edited():
    """Raises unless dpkg sees exactly the patched file as changed: else `package_is_pristine` proves nothing."""
    shown = run("dpkg", "--verify", PACKAGE).split()
    equal(shown, ["??5??????", str(SITE / TARGET)], f"output of `dpkg --verify {PACKAGE}`")


def finding(answer, topic):
    """The one finding of `doctor` about a topic."""
    found = [own for own in answer.json["diagnosis"]["findings"] if own["topic"] == topic]
    equal(len(found), 1, f"findings about {topic}")
    return found[0]


def probes(answer):
    """What `doctor --run` has run, and whether it went well."""
    return {own["name"]: (own["ok"], own["said"]) for own in answer.json["diagnosis"]["probes"]}


def main_job(checks, binary, site, options, pristine, edited):
    """The job from the error to the error, on the torch below `site`, which `options` name to the binary."""
    torch_patch = TorchPatch(binary, options)
    target = site / TARGET
    before = picture(site / "torch", caches=False)
    original = target.read_bytes()

    with checks.check("unpatched, two ranks fail with the guide's error"):
        fails_as_in_the_guide(site)
    with checks.check("status says not-applied, writes nothing"):
        equal(torch_patch("status", PATCH).expect(0).outcome(PATCH), "not-applied", "state")
        holds(not (site / ".torch-patch").exists(), "`.torch-patch` exists after `status`")
    with checks.check("doctor says NCCL is missing and names the patch, writes nothing"):
        found = finding(torch_patch("doctor").expect(10), "nccl")
        equal((found["level"], found["patch"]), ("attention", PATCH), "level and patch")
        equal(found["message"], "NCCL is missing in this torch", "message")
        equal(found["command"].split()[:3], ["torch-patch", "apply", PATCH], "command")
        equal(found["command"].split()[3:], [str(option) for option in options], "which environment the command names")
        same_picture(picture(site / "torch", caches=False), before, "torch after doctor")
    with checks.check("doctor --run shows the guide's error, or that it does not know the Python"):
        answer = torch_patch("doctor", "--run").expect(10)
        if site == SITE:
            for name, (ok, said) in probes(answer).items():
                holds(not ok and GUIDE_ERROR in said, f"{name}: {said}")
            equal(sorted(probes(answer)), ["one-process", "torchrun", "two-processes"], "what was run")
        else:
            holds("nothing was run" in finding(answer, "run")["message"], finding(answer, "run"))
    with checks.check("apply --dry-run says would-apply, writes nothing"):
        equal(torch_patch("apply", PATCH, "--dry-run").expect(0).outcome(PATCH), "would-apply", "outcome")
        same_picture(picture(site / "torch", caches=False), before, "torch after --dry-run")
        holds(not (site / ".torch-patch").exists(), "`.torch-patch` exists after `--dry-run`")
    with checks.check("apply changes the one file and names it with both digests"):
        answer = torch_patch("apply", PATCH).expect(0)
        result = answer.result(PATCH)
        equal(result["outcome"], "applied", "outcome")
        equal(result["version"], "1.13.0a0+gitunknown", "version")
        equal(pathlib.Path(answer.json["environment"]["site_packages"]), site, "site_packages")
        equal([file["path"] for file in result["files"]], [TARGET], "files")
        equal(result["files"][0]["before"], f"sha256:{sha256(original)}", "before")
        equal(result["files"][0]["after"], f"sha256:{sha256(target.read_bytes())}", "after")
        after = picture(site / "torch", caches=False)
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        equal(changed, [TARGET.removeprefix("torch/")], "changed files")
        equal(after[changed[0]][:3], before[changed[0]][:3], "mode and owner")
    with checks.check("the package manager sees the edit"):
        edited()
    with checks.check("patched, two ranks reduce, make a group and train with equal weights"):
        trains(site)
    with checks.check("doctor says it is in order"):
        answer = torch_patch("doctor").expect(0)
        equal((finding(answer, "nccl")["level"], finding(answer, "nccl")["patch"]), ("ok", PATCH), "NCCL")
    if site == SITE:
        with checks.check("doctor --run proves it: one process, two, and torchrun, on gloo"):
            found = probes(torch_patch("doctor", "--run").expect(0))
            right = (True, "answered by gloo, the sum is right")
            equal(found, {name: right for name in ("one-process", "two-processes", "torchrun")}, "probes")
    with checks.check("apply again says already-applied, same bytes, mtime and inode"):
        seen = (target.stat().st_mtime_ns, target.stat().st_ino, target.read_bytes())
        equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "already-applied", "outcome")
        equal((target.stat().st_mtime_ns, target.stat().st_ino, target.read_bytes()), seen, "the file")
    with checks.check("status says applied, and so does --exit-code"):
        equal(torch_patch("status", PATCH).expect(0).outcome(PATCH), "applied", "state")
        torch_patch("status", PATCH, "--exit-code").expect(0)
    with checks.check("revert gives the original bytes, mode and owner, and leaves no `.torch-patch`"):
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        equal(sha256(target.read_bytes()), sha256(original), "digest")
        same_picture(picture(site / "torch", caches=False), before, "torch after revert")
        holds(not (site / ".torch-patch").exists(), "`.torch-patch` exists after `revert`")
    with checks.check("the package is pristine"):
        pristine()
    with checks.check("reverted, the guide's error is back"):
        fails_as_in_the_guide(site)
    with checks.check("revert again says not-applied; status --exit-code exits 10"):
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "not-applied", "outcome")
        torch_patch("status", PATCH, "--exit-code").expect(10)


def in_place(checks, binary):
    """The main job on the system's own torch, which is put back whatever happens."""
    section(f"in place: `--python {PYTHON}`, {SITE}")
    target = SITE / TARGET
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder, "distributed_c10d.py")
        shutil.copy2(target, kept)
        try:
            main_job(checks, binary, SITE, ["--python", PYTHON], package_is_pristine, package_is_edited)
        finally:
            with checks.check("the script leaves the system's torch as it was"):
                left = (SITE / ".torch-patch").exists()
                changed = target.read_bytes() != kept.read_bytes()
                if changed:
                    fresh = target.with_name(".distributed_c10d.py.restored")
                    shutil.copy2(kept, fresh)
                    os.replace(fresh, target)
                if left:
                    shutil.rmtree(SITE / ".torch-patch")
                if changed or left:
                    shutil.rmtree(target.parent / "__pycache__", ignore_errors=True)
                    run("py3compile", "-p", PACKAGE)
                package_is_pristine()
                holds(not changed and not left, "the file or `.torch-patch` was left behind; put back by hand")


def copy(checks, binary):
    """The main job on a copy, with a compiled file that Python would run without looking at the source."""
    section("a copy of the tree: `--site-packages`, with an unchecked-hash pyc")
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder, "usr/lib")
        site = library / "python3/dist-packages"
        site.mkdir(parents=True)
        # torch/lib/*.so are links to `../../../../x86_64-linux-gnu`, seen from where they lie.
        (library / "x86_64-linux-gnu").symlink_to("/usr/lib/x86_64-linux-gnu")
        for name in ["torch", "torchgen", *(info.name for info in SITE.glob("torch-*.egg-info"))]:
            shutil.copytree(SITE / name, site / name, symlinks=True)
        target = site / TARGET
        run(PYTHON, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", target)

        def pristine():
            equal(sha256(target.read_bytes()), PRISTINE, "digest of the copy")

        def edited():
            holds(sha256(target.read_bytes()) != PRISTINE, "the copy is unchanged")

        main_job(checks, binary, site, ["--site-packages", site], pristine, edited)


def main(names):
    """Runs the named parts, all by default."""
    parts = {"in-place": in_place, "copy": copy}
    unknown = [name for name in names if name not in parts]
    if unknown:
        sys.exit(f"unknown part {unknown}, expected some of {sorted(parts)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    section("before")
    with checks.check("the package is pristine, with the bytes this test was made for"):
        package_is_pristine()
        equal(sha256((SITE / TARGET).read_bytes()), PRISTINE, f"digest of {SITE / TARGET}")
    if not checks.failed:
        for name in names or parts:
            parts[name](checks, binary)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
