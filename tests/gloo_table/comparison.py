"""The answers held against the table."""

import dataclasses

# What follows `as REQUEST` in the table where only the outcome is compared.
OTHER_CALLS = ", other calls"


@dataclasses.dataclass
class Fault:
    """A case that is not as the table has it, and the releases where it is so."""

    patch: str
    build: str
    request: str
    text: str
    releases: list

    def __str__(self):
        return f"FAILED  torch {span(self.releases)}, {self.patch}, {self.build}: {self.request}\n    {self.text}"


def compare(units, answers, table):
    """The faults, and the rows of the table that have a case."""
    faults, used = {}, set()
    for unit, answer in zip(units, answers):
        for (patch, build, request), found in answer.items():
            for release in unit.releases:
                rows = table.rows_for(patch, request, release, build)
                used.update(rows)
                if len(rows) == 1:
                    text = difference(rows[0], found, answer, build, request)
                else:
                    lines = ", ".join(str(row.line) for row in rows) or "none"
                    text = f"table.md: expected one row, found {len(rows)} (lines: {lines}) for `{found[0]}`"
                if text:
                    key = patch, build, request, text
                    faults.setdefault(key, Fault(*key, [])).releases.append(release)
    return list(faults.values()), used


def difference(row, found, answer, build, request):
    """How a case differs from its row; nothing if it does not."""
    outcome, calls = found
    told = f"table.md:{row.line}: expected `{row.outcome}`, found `{outcome}`"
    kind, _, detail = row.outcome.partition(" ")
    if outcome == row.outcome:
        return None
    if kind == "error:":
        return None if "Error: " in outcome and detail in outcome else told
    if kind != "as":
        return told
    other = detail.removesuffix(OTHER_CALLS)
    reference = answer["unpatched", build, request if other == "unpatched" else other]
    if outcome != reference[0]:
        return f"{told}, that has `{reference[0]}`"
    if calls != reference[1] and not detail.endswith(OTHER_CALLS):
        return f"{told}; the calls of the bindings differ:\n      expected {reference[1]}\n      found    {calls}"
    return None


def span(releases):
    """Releases as a range."""
    return releases[0] if len(releases) == 1 else f"{releases[0]} to {releases[-1]}"
