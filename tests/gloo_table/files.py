"""The files of every release: as the wheels have them, and as `torch-patch apply` leaves them.

Which releases there are is what the index says, by `torch-patch check`. Files are read out of the wheels by
`torch-patch try`, checked by sha256, and kept where the other tests keep them (`Scene` in `tests/behaviour`).
"""

import concurrent.futures
import dataclasses
import hashlib
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "behaviour"))

from scene import REPOSITORY, TorchPatch, cache, equal, holds, scene  # noqa: E402
from table import within  # noqa: E402

TARGET = "torch/distributed/distributed_c10d.py"
# What the bindings declare; earlier releases have no such file.
DECLARATIONS = "torch/_C/_distributed_c10d.pyi"
DECLARED = ">=1.8"
WHEELS = REPOSITORY / "snapshots/catalogue/wheels.snap"


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A wheel that stands for a release on a platform, and the sha256 of the target file in it."""

    release: str
    platform: str
    digest: str
    covered: bool


class Unit:
    """Releases with the same file and the same declarations, which need not be executed one by one."""

    def __init__(self, files, declarations):
        self.files, self.declarations = files, declarations
        self.releases = []


def wheels(binary, folder):
    """The wheels of all releases, by the index; by the stored list of the catalogue with `TORCH_PATCH_OFFLINE=1`."""
    if os.environ.get("TORCH_PATCH_OFFLINE") == "1":
        print("TORCH_PATCH_OFFLINE=1: the stored list of wheels is used; new releases go unnoticed")
        os.environ["PIP_INDEX_URL"] = stored_index(folder)
    environment = {**os.environ, "TORCH_PATCH_CACHE": str(cache() / "upstream")}
    answer = TorchPatch(binary, [], environment=environment)("check", "gloo-windows")
    error = answer.json["error"]
    if error:
        offline = "without the index, TORCH_PATCH_OFFLINE=1 takes the stored list of wheels and what was fetched before"
        sys.exit("\n".join([f"the table was NOT checked: {error['message']}", *error["hints"], offline]))
    return [
        Wheel(cell["release"], cell["platform"], cell["files"][0]["before"], cell["state"] != "not-covered")
        for cell in answer.json["cells"]
    ]


def stored_index(folder):
    """An index with the wheels of the stored list; nothing is at their addresses, all comes from the cache."""
    pages = {}
    for line in WHEELS.read_text().rsplit("---\n", 1)[1].splitlines():
        digest, distribution, name = line.split()
        address = f"https://offline.invalid/{name.replace('+', '%2B')}#sha256={digest}"
        pages.setdefault(distribution.lower().replace("_", "-"), []).append(f'<a href="{address}">{name}</a>\n')
    for distribution, links in pages.items():
        page = pathlib.Path(folder, "index", distribution, "index.html")
        page.parent.mkdir(parents=True)
        page.write_text("".join(links))
    return pathlib.Path(folder, "index").as_uri()


def units(binary, listed, patches, folder):
    """What has to be executed: each file of each wheel, in the form that it has with each patch."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        distinct = {wheel.digest: wheel for wheel in reversed(listed)}
        forms = dict(zip(distinct, pool.map(lambda wheel: contents(binary, wheel, patches), distinct.values())))
        linux = [wheel for wheel in listed if wheel.platform == "linux"]
        declared = dict(zip(linux, pool.map(lambda wheel: declarations(binary, wheel), linux)))
    found = {}
    for wheel in linux:
        files, text = forms[wheel.digest], declared[wheel]
        key = digest(files["unpatched"], text or b"")
        if key not in found:
            found[key] = Unit(kept(folder, key, files), kept(folder, key, {"declarations": text})["declarations"])
        found[key].releases.append(wheel.release)
    by_release = {release: unit for unit in found.values() for release in unit.releases}
    for wheel in listed:
        for patch, content in forms[wheel.digest].items():
            same = content == by_release[wheel.release].files[patch].read_bytes()
            holds(same, f"torch {wheel.release} for {wheel.platform}, {patch}: not the code of the wheel for Linux")
    return list(found.values())


def contents(binary, wheel, patches):
    """The target file of a wheel with each patch, line endings aside, which Python does not see."""
    with scene(binary) as here:
        here.release("torch", wheel.release, [TARGET], wheel.platform)
        target = here.site / TARGET
        pristine = target.read_bytes()
        equal(f"sha256:{hashlib.sha256(pristine).hexdigest()}", wheel.digest, f"digest in torch {wheel.release}")
        forms = {"unpatched": pristine}
        for name, patch in patches.items():
            if wheel.covered:
                equal(here.torch_patch("apply", patch).expect(0).outcome(name), "applied", f"torch {wheel.release}")
                forms[name] = target.read_bytes()
                here.torch_patch("revert", name).expect(0)
            else:
                equal(here.torch_patch("apply", patch).expect(3).json["error"]["code"], "not-covered", name)
            equal(target.read_bytes(), pristine, f"torch {wheel.release} without {name}")
    return {patch: content.replace(b"\r\n", b"\n") for patch, content in forms.items()}


def declarations(binary, wheel):
    """What the bindings of a release declare; nothing before there were declarations."""
    if not within(wheel.release, DECLARED):
        return None
    with scene(binary) as here:
        here.release("torch", wheel.release, [DECLARATIONS])
        return (here.site / DECLARATIONS).read_bytes()


def kept(folder, key, files):
    """Writes files to where they are executed; returns their paths."""
    paths = {}
    for name, content in files.items():
        paths[name] = None if content is None else pathlib.Path(folder, f"{key}-{name}.py")
        if content is not None:
            paths[name].write_bytes(content)
    return paths


def digest(*contents):
    """A short name for contents."""
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]
