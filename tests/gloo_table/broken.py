"""The table fails for patches that are broken on purpose, and just where they are broken."""

import dataclasses

import answers
import files
from comparison import compare

NAME = "gloo-windows"

MAPPED = "Backend.GLOO if name.lower() == Backend.NCCL else name"
EACH = 'in (part.rpartition(":") for part in backend.split(","))'
BARRIER = """
[[variant.edit]]
file = "torch/distributed/distributed_c10d.py"
within = "def barrier"
replace = "if get_backend(group) != Backend.NCCL:"
with = "if is_nccl_available() and get_backend(group) != Backend.NCCL:  # torch-patch: gloo-windows"
"""
DEVICE = """
    if backend != requested_backend and device_id is not None and device_id.type == "cuda":
        device_id = None
"""


@dataclasses.dataclass(frozen=True)
class Broken:
    """A way to break `gloo-windows`, and the groups of requests that have to fail, by release, in some builds."""

    what: str
    changes: list
    build: str
    groups: dict

    def text(self, text):
        """The text of the broken patch."""
        for old, new in self.changes:
            files.holds(old in text, f"`{old}` is not in the patch")
            text = text.replace(old, new)
        return text


# The groups in which NCCL is asked for, up to 1.13 and in 2.6 and later.
ASKED = "nccl subset barrier"
ASKED_2 = ASKED + " none composite device composite-device device-group device-none plugin-nccl"
# Those in which it is not.
OTHERS = "plugin plugin-composite plugin-nccl mpi ucc nonsense"
WAYS = [
    Broken(
        "has no effect",
        [(MAPPED, "name"), ("    backend = Backend.GLOO\n", "    pass\n")],
        "no-nccl",
        {"1.1.0": ASKED, "1.13.1": ASKED, "2.8.0": ASKED_2, "2.15.0": ASKED_2},
    ),
    Broken(
        "does not ask whether NCCL is there",
        [(" and not is_nccl_available():", ":"), ("if not is_nccl_available():", "if True:")],
        "nccl",
        {"1.13.1": ASKED, "2.0.1": ASKED + " none composite plugin-nccl", "2.15.0": ASKED_2},
    ),
    Broken(
        "maps whatever is asked for",
        [(MAPPED, "Backend.GLOO"), ("if backend == Backend.NCCL and not", "if not")],
        "no-nccl",
        {"1.13.1": "plugin ucc", "2.5.1": OTHERS, "2.14.1": OTHERS + " other-nccl"},
    ),
    Broken(
        "maps no part of a composite",
        [(EACH, 'in [("", "", backend)]')],
        "no-nccl",
        {"2.0.1": "nccl composite plugin-nccl", "2.15.0": "nccl composite composite-device plugin-nccl"},
    ),
    Broken(
        "leaves a request without a backend alone",
        [("if backend in (None, Backend.UNDEFINED):", "if False:")],
        "no-nccl",
        {"2.0.1": "none", "2.5.1": "none device-none", "2.15.0": "none"},
    ),
    Broken(
        "keeps the device",
        [(DEVICE, "\n")],
        "no-nccl",
        {"2.3.0": "device composite-device device-none", "2.15.0": "device composite-device device-none device-group"},
    ),
    Broken(
        "does not edit `barrier`",
        [(BARRIER, "")],
        "no-nccl",
        {"1.8.0": "barrier gloo-barrier", "2.0.1": "barrier gloo-barrier"},
    ),
]


def check(checks, binary, listed, units, answered, table, folder):
    """Each way to break the patch fails, in the groups that it is about and no other."""
    own = (files.REPOSITORY / "patches" / NAME / "patch.toml").read_text()
    wheels = {wheel.release: wheel for wheel in listed if wheel.platform == "linux"}
    by_release = {release: (unit, answer) for unit, answer in zip(units, answered) for release in unit.releases}
    for broken in WAYS:
        for release, groups in broken.groups.items():
            with checks.check(f"{NAME} that {broken.what} fails on torch {release}: {groups}"):
                path = folder / "broken.toml"
                path.write_text(broken.text(own))
                found = red(binary, wheels[release], path, *by_release[release], table, folder)
                files.equal({group for group, _ in found}, set(groups.split()), "groups that fail")
                others = {build for _, build in found if broken.build not in build.split()}
                files.holds(not others, f"expected faults with `{broken.build}` only, found {sorted(others)}")


def red(binary, wheel, patch, whole, answer, table, folder):
    """The groups and builds that fail with a broken patch; what there is without a patch is taken from `answer`."""
    forms = files.contents(binary, wheel, {NAME: patch})
    unit = files.Unit(files.kept(folder, f"broken-{wheel.release}", {NAME: forms[NAME]}), whole.declarations)
    unit.releases = [wheel.release]
    without = {key: value for key, value in answer.items() if key[0] == "unpatched"}
    faults, _ = compare([unit], [{**without, **answers.of_unit(unit, table.requests, folder)}], table)
    return {(table.request(fault.request).group, fault.build) for fault in faults}
