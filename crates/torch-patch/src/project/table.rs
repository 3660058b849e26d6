//! The table of a project file: its keys and where they stand.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use torch_patch_set::Place;

use crate::error::Error;
use crate::project::ProjectError;

/// What the table says.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// Whether there is one; a `torch-patch.toml` is one.
    pub(super) is_there: bool,
    pub(super) patches: Vec<String>,
    pub(super) accept_risk: Vec<String>,
    /// Where the header of the table stands, if it has one.
    pub(super) header: Option<Range<usize>>,
    /// Where the list of patches stands, with its brackets, and each of them.
    pub(super) list: Option<(Range<usize>, Vec<Range<usize>>)>,
}

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(super) struct Fault {
    message: String,
    span: Option<Range<usize>>,
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Tool {
    torch_patch: Option<Spanned<Raw>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Raw {
    patches: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    accept_risk: Vec<Spanned<String>>,
}

impl Table {
    pub(super) fn parse(text: &str, is_pyproject: bool) -> Result<Self, Fault> {
        if !is_pyproject {
            let raw: Raw = toml::from_str(text).map_err(|error| Fault::of(&error))?;
            return Self::new(&raw, None);
        }
        let file: Pyproject = toml::from_str(text).map_err(|error| Fault::of(&error))?;
        match file.tool.and_then(|tool| tool.torch_patch) {
            Some(table) => {
                let header = table.span();
                Self::new(table.get_ref(), Some(header))
            }
            None => Ok(Self::default()),
        }
    }

    fn new(raw: &Raw, header: Option<Range<usize>>) -> Result<Self, Fault> {
        let entries = raw.patches.as_ref().map(Spanned::get_ref);
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        check(entries)?;
        check(&raw.accept_risk)?;
        let spans = entries.iter().map(Spanned::span).collect();
        let words = |entries: &[Spanned<String>]| -> Vec<String> {
            entries.iter().map(|own| own.get_ref().clone()).collect()
        };
        Ok(Self {
            is_there: true,
            patches: words(entries),
            accept_risk: words(&raw.accept_risk),
            header,
            list: raw.patches.as_ref().map(|list| (list.span(), spans)),
        })
    }
}

/// Refuses what names nothing, or the same twice.
fn check(entries: &[Spanned<String>]) -> Result<(), Fault> {
    for (index, entry) in entries.iter().enumerate() {
        let word = entry.get_ref();
        let fault = |message| Fault {
            message,
            span: Some(entry.span()),
        };
        if word.trim().is_empty() {
            let message = "expected the id of a patch or the path of a patch file, found nothing";
            return Err(fault(message.to_owned()));
        }
        if entries[..index].iter().any(|other| other.get_ref() == word) {
            return Err(fault(format!("`{word}` is named twice")));
        }
    }
    Ok(())
}

impl Fault {
    fn of(error: &toml::de::Error) -> Self {
        Self {
            message: error.message().lines().collect::<Vec<_>>().join(", "),
            span: error.span(),
        }
    }

    pub(super) fn without_table() -> Self {
        Self {
            message: "expected a table `[tool.torch-patch]`, found none".to_owned(),
            span: None,
        }
    }

    pub(super) fn not_utf8(at: usize) -> Self {
        Self {
            message: "expected UTF-8, found other bytes".to_owned(),
            span: Some(at..at + 1),
        }
    }

    pub(super) fn into_error(self, path: &Path, text: &str) -> Error {
        ProjectError::Bad {
            path: path.to_path_buf(),
            place: self.span.map(|span| Place::of(text, &span)),
            message: self.message,
        }
        .into()
    }
}
