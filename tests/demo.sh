#!/usr/bin/env bash
# The main job, shown: builds `torch-patch`, fetches the Python files of a real Windows torch (once, with pip, into
# ~/.cache/torch-patch-tests), puts them into a throw-away environment, and applies, shows and reverts `gloo-windows`.
#
#     tests/demo.sh [WHEEL]    a wheel that tests/e2e/torch_wheel.py knows; 2.5.1-win if none is named
#
# Needs Rust, and Python 3 with pip. Touches no environment but its own.
set -euo pipefail
export LC_ALL=C # what it compares is English

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
wheel=${1:-2.5.1-win}

if ! python3 -m pip --version >/dev/null 2>&1; then
    echo "demo.sh: needs Python 3 with pip, to fetch a real torch: install python3 and python3-pip" >&2
    exit 1
fi
cargo build --quiet --release --manifest-path "$repository/Cargo.toml"
binary=${CARGO_TARGET_DIR:-$repository/target}/release/torch-patch
members=$(python3 "$repository/tests/e2e/torch_wheel.py" "$wheel")

work=$(mktemp -d "${TMPDIR:-/tmp}/torch-patch-demo-XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -m venv --without-pip "$work/venv"
site=$(echo "$work"/venv/lib/python3*/site-packages)
cp -R "$members/." "$site"
export VIRTUAL_ENV=$work/venv

show() {
    printf '\n$ torch-patch %s\n' "$*"
    "$binary" "$@"
}

target=$site/torch/distributed/distributed_c10d.py
cp "$target" "$work/original"
show env
show status
show diff gloo-windows
show apply gloo-windows
show status
show revert gloo-windows

if ! cmp "$work/original" "$target" || [ -e "$site/.torch-patch" ]; then
    echo "demo.sh: the environment is not what it was before" >&2
    exit 1
fi
printf '\nThe file is byte for byte what it was before.\n'
