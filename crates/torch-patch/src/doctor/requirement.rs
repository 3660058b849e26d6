//! What a distribution says it needs: the lines `Requires-Dist` of `METADATA`, or `requires.txt` of an egg.
//!
//! Read as far as [the format](https://packaging.python.org/en/latest/specifications/dependency-specifiers/) says which
//! package in which versions; a line with a condition or an address is passed over.

use torch_patch_set::VersionRange;

/// One package that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) name: String,
    /// The range as written; empty: any version.
    pub(super) versions: String,
}

impl Requirement {
    /// Reads one requirement; `None`: it has a condition or an address, or is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains([';', '@']) {
            return None;
        }
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let end = text.find(|letter| !is_name(letter)).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        rest = rest.trim_start();
        if let Some(extras) = rest.strip_prefix('[') {
            rest = extras.split_once(']')?.1.trim_start();
        }
        let versions = rest.trim_start_matches('(').trim_end_matches(')').trim();
        let is_good =
            !name.is_empty() && (versions.is_empty() || VersionRange::parse(versions).is_ok());
        is_good.then(|| Self {
            name: name.to_owned(),
            versions: versions.to_owned(),
        })
    }

    /// Whether a version is what is needed.
    pub(super) fn allows(&self, version: &str) -> bool {
        self.versions.is_empty()
            || VersionRange::parse(&self.versions).is_ok_and(|range| range.contains(version))
    }
}

/// The requirements in the text of `METADATA`.
pub(super) fn of_metadata(text: &str) -> Vec<Requirement> {
    let head = text.lines().take_while(|line| !line.trim().is_empty());
    let values = head.filter_map(|line| line.strip_prefix("Requires-Dist:"));
    values.filter_map(Requirement::parse).collect()
}

/// The requirements in the text of `requires.txt`; what is under a heading is for extras.
pub(super) fn of_requires(text: &str) -> Vec<Requirement> {
    let lines = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with('['));
    lines.filter_map(Requirement::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_a_name_and_a_range() {
        for (text, expected) in [
            ("numpy", Some(("numpy", ""))),
            (" torch>=1.11,<2.0", Some(("torch", ">=1.11,<2.0"))),
            ("torch (>=1.11)", Some(("torch", ">=1.11"))),
            ("uvicorn[standard] ==0.29.0", Some(("uvicorn", "==0.29.0"))),
            ("zope.interface~=5.0", Some(("zope.interface", "~=5.0"))),
            ("colorama; sys_platform == 'win32'", None),
            ("torch @ https://example.com/torch.whl", None),
            ("torch is good", None),
            ("", None),
        ] {
            let found = Requirement::parse(text);
            let found = found
                .as_ref()
                .map(|own| (own.name.as_str(), own.versions.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_prerelease_counts_as_the_release_it_leads_to() {
        let torch = Requirement::parse("torch>=1.11,<2.0").unwrap();
        assert!(torch.allows("1.13.0a0+gitunknown") && torch.allows("1.13.1+cu117"));
        assert!(!torch.allows("2.0.1"));
    }

    #[test]
    fn metadata_ends_at_the_first_empty_line() {
        let text = "Name: x\r\nRequires-Dist: numpy\r\nRequires-Dist: a; extra == 'b'\r\n\r\nRequires-Dist: no\r\n";
        let names: Vec<String> = of_metadata(text).into_iter().map(|own| own.name).collect();
        assert_eq!(names, ["numpy"]);
        let names: Vec<String> = of_requires("numpy\ntorch>=1.11\n\n[test]\npytest\n")
            .into_iter()
            .map(|own| own.name)
            .collect();
        assert_eq!(names, ["numpy", "torch"]);
    }
}
