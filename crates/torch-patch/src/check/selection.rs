//! Which wheel stands for a release on a platform.

use torch_patch_set::{Platform, VersionRange};
use torch_patch_upstream::{Wheel, WheelName};

use std::collections::BTreeMap;
use std::str::FromStr;

use pep440_rs::Version;

use crate::check::specimen::by_version;

/// One wheel for each release and platform, the oldest release first.
///
/// Of several, the one that most people have: for the newest `CPython`, with its usual ABI, for the
/// usual machine, of the last build. A yanked wheel stands for its release only if that has no
/// other. Pre-releases are left out if there is any release in `versions`, as pip does it.
pub(crate) fn select<'w>(
    wheels: &'w [Wheel],
    versions: Option<&VersionRange>,
    platforms: &[Platform],
) -> Vec<(&'w Wheel, Platform)> {
    let is_meant =
        |wheel: &&Wheel| versions.is_none_or(|range| range.contains(&wheel.name.version));
    let mut meant: Vec<&Wheel> = wheels.iter().filter(is_meant).collect();
    if meant.iter().any(|wheel| !is_prerelease(wheel)) {
        meant.retain(|wheel| !is_prerelease(wheel));
    }
    let mut best: BTreeMap<(String, Platform), &Wheel> = BTreeMap::new();
    for wheel in meant {
        for &platform in platforms
            .iter()
            .filter(|platform| is_for(&wheel.name, **platform))
        {
            let key = (wheel.name.version.clone(), platform);
            let other = best.entry(key).or_insert(wheel);
            if rank(wheel, platform) > rank(other, platform) {
                *other = wheel;
            }
        }
    }
    let mut chosen: Vec<(&Wheel, Platform)> = best
        .into_iter()
        .map(|((_, platform), wheel)| (wheel, platform))
        .collect();
    chosen.sort_by(|(one, own), (other, their)| {
        by_version(&one.name.version, &other.name.version).then(own.cmp(their))
    });
    chosen
}

fn is_prerelease(wheel: &Wheel) -> bool {
    Version::from_str(&wheel.name.version).is_ok_and(|version| version.any_prerelease())
}

/// Whether a wheel can be installed on a platform.
pub(crate) fn is_for(name: &WheelName, platform: Platform) -> bool {
    name.platform.iter().any(|tag| {
        tag == "any"
            || match platform {
                Platform::Windows => tag.starts_with("win"),
                Platform::Linux => tag.contains("linux"),
                Platform::Macos => tag.starts_with("macosx"),
            }
    })
}

/// What makes a wheel more usual than another one; greater is better.
fn rank(wheel: &Wheel, platform: Platform) -> impl Ord + use<> {
    let name = &wheel.name;
    (
        wheel.yanked.is_none(),
        !name.is_free_threaded(),
        name.python.iter().filter_map(|tag| python(tag)).max(),
        name.platform.iter().any(|tag| is_usual(tag, platform)),
        build(&name.build),
    )
}

/// `cp310` is 3.10, `py3` is 3.0.
pub(crate) fn python(tag: &str) -> Option<(u32, u32)> {
    let digits = tag.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let (major, minor) = digits.split_at_checked(1)?;
    Some((major.parse().ok()?, minor.parse().unwrap_or(0)))
}

fn is_usual(tag: &str, platform: Platform) -> bool {
    let machines: &[&str] = match platform {
        Platform::Windows => &["amd64"],
        Platform::Linux => &["x86_64"],
        Platform::Macos => &["arm64", "universal2"],
    };
    tag == "any" || machines.iter().any(|machine| tag.ends_with(machine))
}

/// A build tag begins with a number.
fn build(tag: &str) -> u64 {
    let end = tag.find(|letter: char| !letter.is_ascii_digit());
    tag[..end.unwrap_or(tag.len())].parse().unwrap_or(0)
}
