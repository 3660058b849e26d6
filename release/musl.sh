#!/usr/bin/env bash
# Builds `torch-patch` for Linux without any shared library, on Debian bookworm, where no toolchain for musl can be
# fetched: with Debian's own Rust, whose standard library is built from its source package. A machine that has the target
# needs only `cargo build --release --target x86_64-unknown-linux-musl`.
#
# Installs the packages that are missing (as root). The binary is below `musl` in CARGO_TARGET_DIR, default `target`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=.ci/debian.sh
. .ci/debian.sh

target=x86_64-unknown-linux-musl
packages=(rustc-web cargo-web rust-web-src gcc musl-tools libunwind-14-dev)
install_packages "${packages[@]}"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/musl
export PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc
export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_BUILD_TARGET=$target
export CC_x86_64_unknown_linux_musl=musl-gcc CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=musl-gcc
# Of LLVM's directory only this library: the others there are for glibc. `gcc` has one too, which needs glibc.
mkdir -p "$CARGO_TARGET_DIR/lib"
cp /usr/lib/llvm-14/lib/libunwind.a "$CARGO_TARGET_DIR/lib"
# Not position-independent: `musl-gcc` would ask for the loader of musl then.
flags="-C link-self-contained=no -C relocation-model=static -C target-feature=+crt-static"
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="$flags -L native=$CARGO_TARGET_DIR/lib"
cargo build --locked --release

# Nothing of this system is needed: it starts where there is nothing else.
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
cp "$CARGO_TARGET_DIR/$target/release/torch-patch" "$empty"
as_root chroot "$empty" /torch-patch --version
