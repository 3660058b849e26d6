#!/usr/bin/env bash
# Times `torch-patch` against GNU patch, git apply and sed -i doing the same one-line change to the same real file:
# `distributed_c10d.py` of torch 2.15.0 (320 kB), installed with that release's own RECORD (1.4 MB). Everything runs
# in one hyperfine call on one machine, so the ratios can be compared; the times alone cannot.
#
#     bench/cli.sh            100 runs each; prints a Markdown table and the budgets
#     RUNS=10 bench/cli.sh    a quick look
#
# TORCH_PATCH names the binary (default: the release build); BENCH_DIR the folder to work in (default: a new one below
# TMPDIR). It has to lie on a real disk: on a tmpfs an fsync costs nothing. Fails if the binary is over its size budget.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runs=${RUNS:-100}
binary=${TORCH_PATCH:-${CARGO_TARGET_DIR:-$repository/target}/release/torch-patch}
python=${PYTHON:-python3}
patch_id=gloo-always # the guide's own line: the one-line change
release=2.15.0
target=torch/distributed/distributed_c10d.py

work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/torch-patch-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT

# Two trees, so that no tool meets what another one left: an environment for torch-patch, a bare tree for the rest.
members=$("$python" "$repository/tests/e2e/torch_wheel.py" "$release-macos")
"$python" -m venv --without-pip "$work/venv"
site=$(echo "$work"/venv/lib/python3*/site-packages)
cp -R "$members/." "$site"
touch "$site/torch/__init__.py" # for `find_spec`
mkdir "$work/plain"
cp -R "$members/torch" "$work/plain"
plain=$work/plain/$target
cp "$plain" "$work/pristine.py"

# The change is torch-patch's own diff, so all four make the very same one.
"$binary" diff "$patch_id" --env "$work/venv" >"$work/one-line.diff"
added=$(grep '^+[^+]' "$work/one-line.diff" | cut -c2-)
if [ "$(grep -c '^[+-][^+-]' "$work/one-line.diff")" != 1 ]; then
    echo "the diff of \`$patch_id\` is not one added line:" >&2
    cat "$work/one-line.diff" >&2
    exit 1
fi

# GNU patch as it is fastest, which is the hardest measure for us: no --backup and no --dry-run first (torch-patch keeps
# a backup, checks the whole plan before it writes, and reads back what it wrote), -s so that it prints nothing, exact
# line numbers so that it never searches, no shell in between. It neither finds the package nor checks a digest nor
# syncs; `patch, then sync` adds the one part of that which another tool can add, and is shown for comparison only.
gnu_patch="patch -s -p1 -d $work/plain -i $work/one-line.diff"
git_apply="git -C $work/plain apply $work/one-line.diff"
sed_in_place="sed -i '/^ *prefix_store = PrefixStore(f\"{group_name}\\/\", store)\$/a\\${added}' $plain"
patch_and_sync="sh -c '$gnu_patch && sync $plain $(dirname "$plain")'"
restore="cp $work/pristine.py $plain"
ours="--env $work/venv --quiet"

same_change() { # COMMAND: the command makes exactly the change that the others make
    $restore
    eval "$1"
    "$binary" apply "$patch_id" --accept-risk $ours
    cmp "$plain" "$site/$target" || { echo "\`$1\` does not make the same change" >&2; exit 1; }
    "$binary" revert --all $ours
}
export GIT_CEILING_DIRECTORIES=$work
for command in "$gnu_patch" "$git_apply" "$sed_in_place" "$patch_and_sync"; do
    same_change "$command"
done

hyperfine --shell=none --warmup 5 --runs "$runs" --style none --export-json "$work/times.json" \
    --command-name "GNU patch" --prepare "$restore" "$gnu_patch" \
    --command-name "git apply" --prepare "$restore" "$git_apply" \
    --command-name "sed -i" --prepare "$restore" "$sed_in_place" \
    --command-name "patch, then sync" --prepare "$restore" "$patch_and_sync" \
    --command-name "torch-patch apply (first, durable)" --prepare "$binary revert --all $ours" \
    "$binary apply $patch_id --accept-risk $ours" \
    --command-name "torch-patch apply (no-op)" --prepare true "$binary apply $patch_id --accept-risk $ours" \
    --command-name "torch-patch status" --prepare true "$binary status $patch_id $ours" \
    --command-name "torch-patch env" --prepare true "$binary env $ours" \
    --command-name "python find_spec" --prepare true \
    "$work/venv/bin/python -c 'import importlib.util as u; u.find_spec(\"torch\")'" >/dev/null

echo "torch $release, $("$binary" --version), $(nproc) cores, $(df --output=fstype "$work" | tail -n 1), $runs runs"
echo
"$python" "$repository/bench/table.py" "$work/times.json" "$binary"
