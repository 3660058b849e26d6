//! A file that someone else changed: what it should be, and how it differs.

use torch_patch_edit::unified_diff;
use torch_patch_store::RelativePath;

use crate::error::{DriftedFile, Error};
use crate::file_view::{FileView, Upstream};
use crate::layers::recorded_bytes;
use crate::records::Records;

/// How many unchanged lines a diff shows around a change.
const CONTEXT: usize = 3;

/// What is wrong with a drifted file, with a diff where what it should be can be worked out.
pub(crate) fn drifted(records: &Records<'_>, view: &FileView) -> Result<DriftedFile, Error> {
    let entry = view.entry.as_ref();
    let should_be = entry
        .map(|entry| recorded_bytes(records, &view.path, entry, &entry.patches))
        .transpose()?
        .flatten();
    let expected = match entry {
        Some(entry) => entry.expected,
        None => view.upstream.and_then(Upstream::digest),
    };
    Ok(DriftedFile {
        path: view.path.as_str().to_owned(),
        expected,
        found: view.digest(),
        is_recorded: entry.is_some(),
        diff: should_be.map(|should_be| file_diff(&view.path, Some(&should_be), view.bytes())),
    })
}

/// The unified diff of a file; one that is absent is `/dev/null`.
pub(crate) fn file_diff(
    path: &RelativePath,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) -> String {
    let name = |side: &str, bytes: Option<&[u8]>| match bytes {
        Some(_) => format!("{side}/{}", path.as_str()),
        None => "/dev/null".to_owned(),
    };
    let names = (name("a", before), name("b", after));
    let diff = unified_diff(
        before.unwrap_or_default(),
        after.unwrap_or_default(),
        (&names.0, &names.1),
        CONTEXT,
    );
    String::from_utf8_lossy(&diff).into_owned()
}
