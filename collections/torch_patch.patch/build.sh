#!/usr/bin/env bash
# Packs the collection with a binary of torch-patch as its module, so that `ansible-galaxy collection install` takes it.
#
#     collections/torch_patch.patch/build.sh BINARY DIRECTORY
#
# BINARY is the program for the machines that are to be patched; the one for musl runs on every Linux of its kind of
# processor. DIRECTORY gets `torch_patch-patch-VERSION.tar.gz`. Needs `ansible-galaxy`.
set -euo pipefail
binary=$(realpath "$1")
mkdir -p "$2"
directory=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$(dirname "${BASH_SOURCE[0]}")" "$work/collection"
install -m 755 "$binary" "$work/collection/plugins/modules/torch_patch"
cp "$(dirname "${BASH_SOURCE[0]}")"/../../LICENSE* "$work/collection/"
ansible-galaxy collection build --force --output-path "$directory" "$work/collection"
