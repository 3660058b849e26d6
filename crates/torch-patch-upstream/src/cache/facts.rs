//! What is known of a wheel, as JSON that carries its own digest.
//!
//! A damaged file, or one of another format, counts as nothing known. Two processes that learn different things at once
//! may lose one of them, which then is learnt again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use torch_patch_store::Digest;

use crate::members::{Member, Members, Verification, resolve};

const FORMAT: u32 = 1;

/// What is known of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// The name of its metadata directory.
    pub(crate) dist_info: Option<String>,
    /// Its members; those with nothing are known not to be there.
    pub(crate) members: BTreeMap<String, Option<Fact>>,
}

/// What is known of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fact {
    /// The digest of its content.
    pub(crate) digest: Digest,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// What it was verified by.
    pub(crate) verification: Means,
}

/// [`Verification`] in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Means {
    Digest,
    Crc32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    /// The digest of the facts in compact JSON.
    seal: Digest,
    facts: Facts,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    format: u32,
    file_name: String,
    known: Known,
}

impl Known {
    /// Adds what was read of the wheel whose metadata directory is `dist_info`.
    pub(crate) fn add(&mut self, dist_info: Option<&str>, read: &Members) {
        if let Some(dist_info) = dist_info {
            self.dist_info = Some(dist_info.to_owned());
        }
        for (path, member) in read {
            let fact = member.as_ref().map(Fact::of);
            self.members.insert(resolve_or_keep(path, dist_info), fact);
        }
    }

    /// What is known of `path`, if anything is.
    pub(crate) fn of(&self, path: &str) -> Option<&Option<Fact>> {
        let path = resolve_or_keep(path, self.dist_info.as_deref());
        self.members.get(&path)
    }
}

impl Fact {
    fn of(member: &Member) -> Self {
        Self {
            digest: member.digest,
            size: member.bytes.len() as u64,
            verification: match member.verification {
                Verification::Digest => Means::Digest,
                Verification::Crc32 => Means::Crc32,
            },
        }
    }
}

impl From<Means> for Verification {
    fn from(means: Means) -> Self {
        match means {
            Means::Digest => Self::Digest,
            Means::Crc32 => Self::Crc32,
        }
    }
}

/// Writes what is known of the wheel with this file name.
pub(super) fn to_text(known: Known, file_name: &str) -> Vec<u8> {
    let facts = Facts {
        format: FORMAT,
        file_name: file_name.to_owned(),
        known,
    };
    let seal = seal(&facts);
    // Maps with text as keys, numbers and texts always have a form in JSON.
    serde_json::to_vec(&Sealed { seal, facts }).unwrap_or_default()
}

/// Reads what is known of the wheel with this file name. `None` if the text is of anything else.
pub(super) fn parse(text: &[u8], file_name: &str) -> Option<Known> {
    let sealed: Sealed = serde_json::from_slice(text).ok()?;
    let facts = sealed.facts;
    let is_right = facts.format == FORMAT && facts.file_name == file_name;
    (is_right && seal(&facts) == sealed.seal).then_some(facts.known)
}

fn seal(facts: &Facts) -> Digest {
    Digest::of(&serde_json::to_vec(facts).unwrap_or_default())
}

/// A path in a metadata directory that the wheel does not have stays as it was asked for.
fn resolve_or_keep(path: &str, dist_info: Option<&str>) -> String {
    resolve(path, dist_info).unwrap_or_else(|| path.to_owned())
}
