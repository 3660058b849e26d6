//! The edits of a patch for one range of versions.

use torch_patch_edit::{Edit, FilePatch};

use crate::edits;
use crate::error_kind::FormatErrorKind;
use crate::raw::{At, RawVariant};
use crate::repair::Purpose;
use crate::source::Fault;
use crate::text::{check_text, quoted};
use crate::validate::line;
use crate::version_range::VersionRange;

/// What a patch does for one range of versions.
#[derive(Debug)]
pub struct Variant {
    /// The versions of the distribution.
    pub versions: VersionRange,
    /// What is done.
    pub action: Action,
}

impl Variant {
    /// Says why nothing is to be done for these versions, `None` if there are edits.
    #[must_use]
    pub fn no_need(&self) -> Option<String> {
        match &self.action {
            Action::Edits(_) => None,
            Action::FixedUpstream(place) => Some(format!(
                "it is fixed upstream since {}: {place}",
                self.versions
            )),
            Action::Unaffected(reason) => Some(format!(
                "{} does not have the problem: {reason}",
                self.versions
            )),
        }
    }
}

/// What a variant does.
#[derive(Debug)]
pub enum Action {
    /// The edits of each file, in the order in which the files are first named.
    Edits(Vec<FileEdits>),
    /// Nothing, since these versions have it already; the address says where it was fixed.
    FixedUpstream(String),
    /// Nothing, since these versions never had the problem; the text says why.
    Unaffected(String),
}

/// The edits of one file.
#[derive(Debug)]
pub struct FileEdits {
    /// The file as `RECORD` names it: relative to site-packages, `/`-separated.
    pub file: String,
    /// The edits, in the order of the patch file.
    pub edits: Vec<Edit>,
    /// What people edit in it by hand instead; each stands for all of `edits`.
    pub by_hand: Vec<Edit>,
    /// All of these, ready to be looked for.
    pub compiled: FilePatch,
    /// Whether they are bad ones, which are taken out.
    pub repairs: bool,
}

/// Checks a variant, which is number `index` from 0.
pub(crate) fn read(raw: &At<RawVariant>, index: usize, purpose: Purpose) -> Result<Variant, Fault> {
    let table = format!("variant[{}]", index + 1);
    Ok(Variant {
        versions: versions(raw, &table)?,
        action: action(raw, &table, purpose)?,
    })
}

fn versions(raw: &At<RawVariant>, table: &str) -> Result<VersionRange, Fault> {
    let Some(versions) = &raw.versions else {
        let kind = FormatErrorKind::MissingKey {
            key: "versions",
            table: "the variant",
        };
        return Err(Fault::new(kind, &raw.span).at(table, "versions"));
    };
    range(versions).map_err(|fault| fault.at(table, "versions"))
}

/// Reads a range of versions.
pub(crate) fn range(text: &At<String>) -> Result<VersionRange, Fault> {
    check_text(text).map_err(|kind| Fault::new(kind, &text.span))?;
    VersionRange::parse(text).map_err(|reason| {
        let kind = FormatErrorKind::Versions {
            found: text.trim().to_owned(),
            reason,
        };
        Fault::new(kind, &text.span)
    })
}

fn action(raw: &At<RawVariant>, table: &str, purpose: Purpose) -> Result<Action, Fault> {
    let whole = |kind| Fault {
        key: Some(table.to_owned()),
        ..Fault::new(kind, &raw.span)
    };
    let several = |value: &At<String>, key| {
        let fault = Fault::new(FormatErrorKind::SeveralActions, &value.span);
        Err(fault.of_key().at(table, key))
    };
    if let (None, Some(by_hand)) = (&raw.edit, &raw.by_hand) {
        let kind = FormatErrorKind::Value {
            expected: "`by-hand` beside `edit` only, of which it is another form".to_owned(),
            found: "no `edit`".to_owned(),
        };
        return Err(Fault::new(kind, &by_hand.span).at(table, "by-hand"));
    }
    if let Some(by_hand) = raw.by_hand.as_ref().filter(|tables| tables.is_empty()) {
        let kind = FormatErrorKind::Value {
            expected: "at least one `[[variant.by-hand]]` table".to_owned(),
            found: "none".to_owned(),
        };
        return Err(Fault::new(kind, &by_hand.span).at(table, "by-hand"));
    }
    match (&raw.edit, &raw.fixed_upstream, &raw.unaffected) {
        (Some(_), Some(fixed), _) => several(fixed, "fixed-upstream"),
        (Some(_), None, Some(reason)) | (None, Some(_), Some(reason)) => {
            several(reason, "unaffected")
        }
        (None, Some(fixed), None) => {
            check_address(fixed).map_err(|fault| fault.at(table, "fixed-upstream"))?;
            Ok(Action::FixedUpstream(fixed.to_string()))
        }
        (None, None, Some(reason)) => unaffected(reason, table),
        (Some(edits), None, None) if !edits.is_empty() => {
            let by_hand = raw.by_hand.as_ref().map_or(&[][..], |tables| tables);
            edits::read(edits, by_hand, table, purpose).map(Action::Edits)
        }
        _ => Err(whole(FormatErrorKind::NoEdits)),
    }
}

fn unaffected(reason: &At<String>, table: &str) -> Result<Action, Fault> {
    let text = line(reason, "unaffected").map_err(|fault| fault.at(table, "unaffected"))?;
    if text.is_empty() {
        return Err(Fault::new(FormatErrorKind::Empty, &reason.span).at(table, "unaffected"));
    }
    Ok(Action::Unaffected(text))
}

/// Accepts an address of the web.
pub(crate) fn check_address(text: &At<String>) -> Result<(), Fault> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_plain = |rest: &str| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)
    };
    check_text(text).map_err(|kind| Fault::new(kind, &text.span))?;
    if rest.is_some_and(is_plain) {
        return Ok(());
    }
    let kind = FormatErrorKind::Value {
        expected: "an address with `https://` or `http://`".to_owned(),
        found: quoted(text),
    };
    Err(Fault::new(kind, &text.span))
}
