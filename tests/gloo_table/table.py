"""The table in `table.md`: which requests there are, and what has to come of each."""

import dataclasses
import pathlib
import re

PATCHES = ("unpatched", "gloo-windows", "gloo-always")
# Groups that have nothing to do with a GPU: one more build of each release need not be asked for them.
WHATEVER_THE_GPU = ("nonsense", "plugin", "plugin-composite", "plugin-nccl", "mpi", "ucc", "other-nccl")
TABLE = pathlib.Path(__file__).resolve().parent / "table.md"


@dataclasses.dataclass(frozen=True)
class Request:
    """A line of Python that asks for process groups, and the releases that know what it asks for."""

    group: str
    text: str
    releases: str

    def builds(self):
        """What builds may have that is of consequence for the request, as words."""
        machines = ["nccl gpu", "no-nccl gpu"]
        if self.group not in WHATEVER_THE_GPU:
            machines.append("no-nccl no-gpu")
        if self.group == "none":
            machines.append("nccl no-gpu")
        mpi = ["mpi", "no-mpi"] if '"mpi"' in self.text or '"ucc"' in self.text else ["no-mpi"]
        return [f"{machine} {more}" for machine in machines for more in mpi]


@dataclasses.dataclass(frozen=True)
class Row:
    """What comes of a request with a patch; empty means any."""

    line: int
    patch: str
    request: str
    releases: str
    build: str
    outcome: str

    def covers(self, request, release, build):
        """Whether a case is under the row."""
        return (
            self.request in (request.group, request.text, "*")
            and within(release, self.releases)
            and set(self.build.split()) <= set(build.split())
        )


class Table:
    """The requests, and the rows for each patch."""

    def __init__(self, text=None):
        self.requests, self.rows = [], {patch: [] for patch in PATCHES}
        section = None
        for number, line in enumerate((text or TABLE.read_text()).splitlines(), 1):
            if line.startswith("## "):
                section = line[3:]
            elif line.startswith("|") and not line.startswith("|---"):
                cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
                if cells[0] in ("group", "request"):
                    continue
                if section == "Requests":
                    self.requests.append(Request(*cells))
                else:
                    self.rows[section].append(Row(number, section, *cells))

    def rows_for(self, patch, text, release, build):
        """The rows that a case is under: one, if the table is right."""
        request = self.request(text)
        return [row for row in self.rows[patch] if row.covers(request, release, build)]

    def request(self, text):
        """A request by its text."""
        return next(request for request in self.requests if request.text == text)


def within(release, releases):
    """Whether a release is in a range such as `>=1.8,<2.0`."""
    return all(holds(numbers(release), part) for part in releases.split(",") if part)


def holds(release, part):
    """Whether a release has one bound of a range."""
    relation, bound = re.fullmatch(r"(>=|<|==)([0-9.]+)", part.strip()).groups()
    bound = numbers(bound)
    return {">=": release >= bound, "<": release < bound, "==": release == bound}[relation]


def numbers(version):
    """A version as numbers that can be compared, `1.8` as `1.8.0`."""
    parts = [int(part) for part in version.split(".")]
    return (*parts, *[0] * (3 - len(parts)))
