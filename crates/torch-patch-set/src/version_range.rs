//! Ranges of versions as PEP 440 writes them, read so that adjacent ranges leave no version out.
//!
//! A range says which source text is installed, not which version an installer may choose. So two rules of PEP 440
//! that are about choosing do not hold here:
//!
//! - A pre-release counts as the release it leads to, unless the clause names a pre-release itself: `2.0.0a0` and
//!   `2.0.0.dev20230101` belong to `>=2.0` and not to `<2.0`, and `1.13.0a0+gitunknown` belongs to `>=1.13,<2`.
//! - `>1.7` takes `1.7.post1` in, as `<=1.7` leaves it out.
//!
//! So every version belongs to exactly one of `<V` and `>=V`, and to exactly one of `<=V` and `>V`. The local part of
//! a version is ignored unless the clause writes one (`==2.0.1+cu118`).

use std::fmt;
use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

use crate::limits::CLAUSES;

/// A set of versions, such as `>=1.1,<2`.
#[derive(Debug, Clone)]
pub struct VersionRange {
    text: String,
    clauses: Vec<Clause>,
}

/// One comparison. Versions are compared in plain PEP 440 order.
#[derive(Debug, Clone)]
enum Clause {
    AtLeast(Version),
    Below(Version),
    Above(Version),
    AtMost(Version),
    /// From the first up to but without the second.
    Between(Version, Version),
    /// Anything but these.
    NotBetween(Version, Version),
    /// This one with its local part.
    Exactly(Version),
    Not(Version),
}

/// Why a text is no range of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeError {
    /// It is not written as PEP 440 says; these are the parser's words.
    Syntax(String),
    /// It has no clause.
    Empty,
    /// `===` compares text, so it says nothing about order.
    ArbitraryEquality,
    /// It has more clauses than a range needs.
    TooManyClauses,
    /// No version fulfils all of its clauses.
    NoVersion,
}

impl fmt::Display for RangeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(reason) => formatter.write_str(reason),
            Self::Empty => formatter.write_str("there is no clause in it"),
            Self::ArbitraryEquality => {
                formatter.write_str("`===` compares text and has no place in a range, use `==`")
            }
            Self::TooManyClauses => write!(formatter, "it has more than {CLAUSES} clauses"),
            Self::NoVersion => formatter.write_str("no version is in it"),
        }
    }
}

impl std::error::Error for RangeError {}

impl VersionRange {
    /// Reads a range in the notation of [PEP 440](https://peps.python.org/pep-0440/#version-specifiers).
    ///
    /// # Errors
    ///
    /// The text is no such range, or no version is in it.
    pub fn parse(text: &str) -> Result<Self, RangeError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(RangeError::Empty);
        }
        if text.matches(',').count() >= CLAUSES {
            return Err(RangeError::TooManyClauses);
        }
        let specifiers = VersionSpecifiers::from_str(text)
            .map_err(|error| RangeError::Syntax(reason(&error)))?;
        let clauses: Vec<Clause> = specifiers
            .iter()
            .map(Clause::new)
            .collect::<Result<_, _>>()?;
        let range = Self {
            text: text.to_owned(),
            clauses,
        };
        if range.probes().iter().any(|version| range.has(version)) {
            Ok(range)
        } else {
            Err(RangeError::NoVersion)
        }
    }

    /// Tells whether a version is in the range. A text that is no PEP 440 version is in none.
    #[must_use]
    pub fn contains(&self, version: &str) -> bool {
        Version::from_str(version.trim()).is_ok_and(|version| self.has(&version))
    }

    /// Returns a version that is in both ranges.
    ///
    /// The lowest version of an intersection is the lowest of one of the clauses, and that of each clause is a version
    /// that can be written, so it is enough to try those. A clause with a local part takes out or leaves a single
    /// version and never the same version without a local part.
    pub(crate) fn common(&self, other: &Self) -> Option<Version> {
        let mut probes = self.probes();
        probes.extend(other.probes());
        probes.sort();
        probes
            .into_iter()
            .find(|version| self.has(version) && other.has(version))
    }

    fn has(&self, version: &Version) -> bool {
        let plain = version.clone().without_local();
        self.clauses
            .iter()
            .all(|clause| clause.has(version, &plain))
    }

    /// The lowest version of each clause.
    fn probes(&self) -> Vec<Version> {
        let lowest = Version::new([0]).with_dev(Some(0));
        std::iter::once(lowest)
            .chain(self.clauses.iter().flat_map(Clause::probes))
            .collect()
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for VersionRange {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for VersionRange {}

impl Clause {
    fn new(specifier: &VersionSpecifier) -> Result<Self, RangeError> {
        let version = specifier.version().clone();
        Ok(match specifier.operator() {
            Operator::GreaterThanEqual => Self::AtLeast(floor(&version)),
            Operator::LessThan => Self::Below(floor(&version)),
            Operator::GreaterThan => Self::Above(version),
            Operator::LessThanEqual => Self::AtMost(version),
            Operator::Equal if version.is_local() => Self::Exactly(version),
            Operator::NotEqual if version.is_local() => Self::Not(version),
            Operator::Equal => Self::Between(floor(&version), above(&version)),
            Operator::NotEqual => Self::NotBetween(floor(&version), above(&version)),
            Operator::EqualStar => Self::Between(
                floor(&version),
                after_series(&version, version.release().len()),
            ),
            Operator::NotEqualStar => Self::NotBetween(
                floor(&version),
                after_series(&version, version.release().len()),
            ),
            Operator::TildeEqual => Self::Between(
                floor(&version),
                after_series(&version, version.release().len() - 1),
            ),
            Operator::ExactEqual => return Err(RangeError::ArbitraryEquality),
        })
    }

    /// `plain` is the version without its local part.
    fn has(&self, version: &Version, plain: &Version) -> bool {
        match self {
            Self::AtLeast(bound) => plain >= bound,
            Self::Below(bound) => plain < bound,
            Self::Above(bound) => plain > bound,
            Self::AtMost(bound) => plain <= bound,
            Self::Between(from, to) => plain >= from && plain < to,
            Self::NotBetween(from, to) => plain < from || plain >= to,
            Self::Exactly(only) => version == only,
            Self::Not(only) => version != only,
        }
    }

    fn probes(&self) -> Vec<Version> {
        match self {
            Self::AtLeast(from) | Self::Between(from, _) => vec![from.clone()],
            Self::Above(bound) => vec![above(bound)],
            Self::NotBetween(_, to) => vec![to.clone()],
            Self::Exactly(only) => vec![only.clone()],
            Self::Below(_) | Self::AtMost(_) | Self::Not(_) => Vec::new(),
        }
    }
}

/// The lowest version that counts as `version`: its first development release, or itself if it is a pre-release.
fn floor(version: &Version) -> Version {
    if version.any_prerelease() {
        version.clone()
    } else {
        version.clone().with_dev(Some(0))
    }
}

/// The lowest version above `version` and all its local versions.
fn above(version: &Version) -> Version {
    let version = version.clone().without_local();
    match (version.dev(), version.post()) {
        (Some(dev), _) => version.with_dev(Some(dev.saturating_add(1))),
        (None, Some(post)) => version
            .with_post(Some(post.saturating_add(1)))
            .with_dev(Some(0)),
        (None, None) => version.with_post(Some(0)).with_dev(Some(0)),
    }
}

/// The lowest version after all that start with the first `length` numbers of `version`.
fn after_series(version: &Version, length: usize) -> Version {
    let mut release = version.release()[..length].to_vec();
    if let Some(last) = release.last_mut() {
        *last = last.saturating_add(1);
    }
    Version::new(release)
        .with_epoch(version.epoch())
        .with_dev(Some(0))
}

/// The parser's words on one line, in lower case.
fn reason(error: &pep440_rs::VersionSpecifiersParseError) -> String {
    let text = error.to_string();
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim();
    let words = line
        .trim_start_matches("Failed to parse version: ")
        .trim_end_matches(':');
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version() -> impl Strategy<Value = String> {
        let suffix = prop::sample::select(vec![
            "",
            "",
            "",
            ".dev0",
            ".dev3",
            "a0",
            "a1",
            "rc1",
            "rc1.dev2",
            ".post0",
            ".post1",
            ".post1.dev0",
            "a1.post2",
        ]);
        let release = prop_oneof![
            (0u64..3, 0u64..3).prop_map(|(a, b)| format!("{a}.{b}")),
            (0u64..3).prop_map(|a| a.to_string()),
            (0u64..3, 0u64..2, 0u64..2).prop_map(|(a, b, c)| format!("{a}.{b}.{c}"))
        ];
        (release, suffix).prop_map(|(release, suffix)| format!("{release}{suffix}"))
    }

    fn installed() -> impl Strategy<Value = String> {
        (version(), prop::sample::select(vec!["", "+cpu", "+cu118"]))
            .prop_map(|(version, local)| format!("{version}{local}"))
    }

    fn clause() -> impl Strategy<Value = String> {
        let release = (0u64..3, 0u64..3).prop_map(|(a, b)| format!("{a}.{b}"));
        prop_oneof![
            (
                prop::sample::select(vec![">=", ">", "<", "<=", "==", "!="]),
                version()
            )
                .prop_map(|(op, v)| format!("{op}{v}")),
            (prop::sample::select(vec!["==", "!="]), version())
                .prop_map(|(op, v)| format!("{op}{v}+cu118")),
            (prop::sample::select(vec!["==", "!="]), release.clone())
                .prop_map(|(op, v)| format!("{op}{v}.*")),
            release.prop_map(|v| format!("~={v}")),
        ]
    }

    fn range() -> impl Strategy<Value = VersionRange> {
        prop::collection::vec(clause(), 1..4).prop_filter_map("a range with a version", |clauses| {
            VersionRange::parse(&clauses.join(",")).ok()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

        #[test]
        fn a_version_is_on_one_side_of_a_bound(bound in version(), version in installed()) {
            for (left, right) in [("<", ">="), ("<=", ">"), ("==", "!=")] {
                // No version is below the lowest one.
                let Ok(left) = VersionRange::parse(&format!("{left}{bound}")) else { continue };
                let right = VersionRange::parse(&format!("{right}{bound}")).unwrap();
                prop_assert_ne!(left.contains(&version), right.contains(&version), "{} {} {}", left, right, version);
                prop_assert_eq!(left.common(&right), None);
            }
        }

        #[test]
        fn ranges_without_common_version_share_none(left in range(), right in range(), versions in prop::collection::vec(installed(), 30)) {
            if let Some(version) = left.common(&right) {
                let version = version.to_string();
                prop_assert!(left.contains(&version) && right.contains(&version), "{} {} {}", left, right, version);
            } else {
                let shared = versions.iter().find(|version| left.contains(version) && right.contains(version));
                prop_assert_eq!(shared, None, "{} {}", left, right);
            }
        }

        #[test]
        fn a_range_that_has_a_version_is_not_empty(clauses in prop::collection::vec(clause(), 1..4), version in installed()) {
            let each = clauses.iter().map(|clause| VersionRange::parse(clause));
            let all_have_it = each.into_iter().all(|range| range.is_ok_and(|range| range.contains(&version)));
            if all_have_it {
                prop_assert!(VersionRange::parse(&clauses.join(",")).is_ok(), "{:?} {}", clauses, version);
            }
        }
    }
}
