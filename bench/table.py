"""Prints hyperfine's times as a Markdown table with ratios to GNU patch, and each budget with whether it is met.

    bench/table.py TIMES.json BINARY

Exits 1 if the binary is over its size budget; times are reported only, since they depend on the machine's load.
"""

import json
import os
import sys

MEGABYTE = 1_000_000
SIZE_BUDGET = 8 * MEGABYTE


def main(times, binary):
    """Prints the report and returns the exit code."""
    with open(times, encoding="utf-8") as file:
        results = {result["command"]: result for result in json.load(file)["results"]}
    median = {name: result["median"] for name, result in results.items()}
    baseline = median["GNU patch"]

    print("| command | median | fastest | to GNU patch |")
    print("|---|---:|---:|---:|")
    for name, result in results.items():
        shown = f"{result['median'] * 1e3:.2f} ms | {result['min'] * 1e3:.2f} ms"
        print(f"| {name} | {shown} | {median[name] / baseline:.2f}× |")

    size = os.path.getsize(binary)
    first = median["torch-patch apply (first, durable)"] / baseline
    no_op = median["torch-patch apply (no-op)"] / baseline
    status = median["torch-patch status"] / baseline
    found = median["python find_spec"] / median["torch-patch env"]
    print("\n| budget | wanted | measured | |")
    print("|---|---:|---:|---|")
    for name, wanted, measured, met in (
        ("first apply, to GNU patch", "≤ 2×", f"{first:.2f}×", first <= 2),
        ("no-op apply, to GNU patch", "≤ 1×", f"{no_op:.2f}×", no_op <= 1),
        ("status, to GNU patch", "≤ 1×", f"{status:.2f}×", status <= 1),
        ("finding torch, faster than Python", "≥ 20×", f"{found:.1f}×", found >= 20),
        ("release binary", f"≤ {SIZE_BUDGET / MEGABYTE:.0f} MB", f"{size / MEGABYTE:.2f} MB", size <= SIZE_BUDGET),
    ):
        print(f"| {name} | {wanted} | {measured} | {'met' if met else '**missed**'} |")
    if size > SIZE_BUDGET:
        print(f"the release binary has {size} bytes, its budget is {SIZE_BUDGET}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
