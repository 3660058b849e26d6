//! Which files a patch may name: what `RECORD` of a distribution could list on every platform, and never a way out.
//!
//! This is about the name only. Where a name leads on a disk (symbolic links, junctions) is the business of the store.

use torch_patch_edit::is_bidi;
use unicode_normalization::UnicodeNormalization;

use crate::limits::PATH;

/// Says which rule a path breaks, as in "has the part `..`".
pub(crate) fn broken_rule(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("is empty".to_owned());
    }
    if path.len() > PATH {
        return Some(format!("has {} bytes, more than {PATH}", path.len()));
    }
    if let Some(character) = path.chars().find(|&character| is_forbidden(character)) {
        return Some(match character {
            '\\' => "has a backslash, expected `/` between its parts".to_owned(),
            ':' => "has a colon (a drive letter or an alternate stream)".to_owned(),
            '\0' => "has a NUL".to_owned(),
            _ => format!("has the character U+{:04X}", u32::from(character)),
        });
    }
    if path.starts_with("//") {
        return Some("is a network path".to_owned());
    }
    if path.starts_with('/') {
        return Some("is absolute".to_owned());
    }
    path.split('/').find_map(broken_part)
}

/// What a path becomes on file systems that know neither case nor Unicode's several spellings of a letter.
pub(crate) fn folded(path: &str) -> String {
    path.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn is_forbidden(character: char) -> bool {
    character.is_control() || is_bidi(character) || r#"\:<>"|?*"#.contains(character)
}

fn broken_part(part: &str) -> Option<String> {
    match part {
        "" => return Some("has an empty part".to_owned()),
        "." => return Some("has the part `.`".to_owned()),
        ".." => return Some("has the part `..`".to_owned()),
        _ => {}
    }
    if part.ends_with(['.', ' ']) {
        return Some(format!(
            "has the part `{part}` with a dot or a space at its end, which Windows drops"
        ));
    }
    if is_device(part) {
        return Some(format!("has the part `{part}`, a device on Windows"));
    }
    is_bookkeeping(part).then(|| format!("has the part `{part}`, which is no source file"))
}

/// The names that Windows keeps for devices, whatever ending they have
/// ([Naming files](https://learn.microsoft.com/windows/win32/fileio/naming-a-file)).
fn is_device(part: &str) -> bool {
    let stem = part
        .split('.')
        .next()
        .unwrap_or(part)
        .trim_end()
        .to_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let number = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut digits = number.chars();
        let is_digit = digits
            .next()
            .is_some_and(|digit| matches!(digit, '0'..='9' | '¹' | '²' | '³'));
        is_digit && digits.next().is_none()
    })
}

/// Whether the part belongs to an installer, to the interpreter or to us.
fn is_bookkeeping(part: &str) -> bool {
    let part = folded(part);
    let ending = part.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(part.as_str(), ".torch-patch" | "__pycache__")
        || matches!(ending, "dist-info" | "egg-info")
}
