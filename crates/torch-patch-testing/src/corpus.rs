//! The cache of what real wheels hold, outside the repository and checked by sha256.

use std::path::PathBuf;
use std::process::Command;

/// A real wheel of torch of which the members that tests need are fetched.
#[derive(Debug, Clone, Copy)]
pub struct Release {
    /// The version, such as `2.5.1`.
    pub version: &'static str,
    /// The platform: `win` or `macos`.
    pub platform: &'static str,
}

/// The folder with the members of a release, laid out as in the wheel; fetched once, with pip.
///
/// `tests/e2e/torch_wheel.py` does it, and checks the digests each time.
///
/// # Panics
///
/// There is no `python3` with pip, or the wheel cannot be fetched, or a digest is wrong.
#[must_use]
pub fn corpus(release: Release) -> PathBuf {
    let name = format!("{}-{}", release.version, release.platform);
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/e2e/torch_wheel.py"
    );
    let done = Command::new("python3").arg(script).arg(&name).output();
    let done = done.unwrap_or_else(|error| panic!("`python3` is needed to fetch wheels: {error}"));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "`torch_wheel.py {name}`: {errors}");
    PathBuf::from(String::from_utf8_lossy(&done.stdout).trim())
}
