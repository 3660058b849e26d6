#!/usr/bin/env bash
# The Windows binary, built on Debian bookworm and run under Wine: all tests of the workspace, the guide's case, a real
# Windows Python, how one is found, and the console.
#
#     tests/windows/run.sh             everything
#     tests/windows/run.sh COMMAND…    one command with the same tools and variables, for example
#                                      `tests/windows/run.sh cargo test -p torch-patch-store lock`
#
# It starts from nothing: it installs the Debian packages that are missing (as root) and makes a Wine prefix of its own
# with the stub of `process_prng.c`. Prefix and build are in `windows` below CARGO_TARGET_DIR, default `target`. When it
# ends, so do all programs in that prefix.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
# shellcheck source=.ci/debian.sh
. .ci/debian.sh

packages=(rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64-win32 wine64 wine python3-pip)

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/windows
# Debian's own Rust: its source package is what the standard library for Windows is built from.
export PATH=/usr/bin:$PATH
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
export CARGO_INCREMENTAL=0
export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind,panic_abort # the last for release builds
export CARGO_BUILD_TARGET=x86_64-pc-windows-gnu
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$here/runner.sh
export WINEPREFIX=$CARGO_TARGET_DIR/wine WINEDEBUG=-all
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
export CI=1 INSTA_WORKSPACE_ROOT=$PWD # else the tests would start cargo to find it
export LC_ALL=C.UTF-8 # else Wine garbles Chinese arguments
export TORCH_PATCH_EXE=$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/debug/torch-patch.exe

main() {
    install_packages "${packages[@]}"
    make_prefix
    trap 'wineserver -k || true' EXIT
    wineserver -p # one server for all programs: else each pays for its start
    # Wine's services inherit the streams of the program that starts them: a pipe of that one would never end.
    wine cmd /c exit </dev/null >/dev/null 2>&1
    if [ $# -gt 0 ]; then
        "$@"
        return
    fi
    cargo test --locked --workspace
    for script in guide python interpreters console; do
        python3 "$here/$script.py"
    done
}

cargo() {
    command cargo --config "$here/profile.toml" "$@"
}

# The stub comes last, so that a prefix with it is a whole one.
make_prefix() {
    local stub=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
    if [ -f "$stub" ]; then
        return
    fi
    rm -rf "$WINEPREFIX"
    mkdir -p "$WINEPREFIX"
    wineboot --init
    winecfg -v win10
    wineserver --wait
    x86_64-w64-mingw32-gcc -O2 -shared -s -o "$stub.new" "$here/process_prng.c" -ladvapi32
    mv "$stub.new" "$stub"
}

main "$@"
