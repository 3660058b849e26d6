//! What `check` tells besides the cells: the ranges that hold, and variants that would.

use std::fmt::Write as _;

use torch_patch::{RangeReport, SuggestionReport};

use crate::text::BOLD;
use crate::ui::paint;

/// The ranges of a patch, as declared and as found.
pub(crate) fn ranges(report: &RangeReport) -> String {
    let mut text = format!("\n{}: ranges\n", paint(BOLD, &report.patch));
    for variant in &report.variants {
        let holds = match variant.holds.as_slice() {
            [] => "no release".to_owned(),
            ranges => ranges.join(" and "),
        };
        // Writing into a string does not fail.
        let _ = writeln!(text, "  declared {}  fits {holds}", variant.declared);
    }
    for (releases, what) in [
        (&report.wider, "covered, but does not fit"),
        (&report.narrower, "fits, but is not covered"),
    ] {
        if !releases.is_empty() {
            let _ = writeln!(text, "  {what}: {}", releases.join(", "));
        }
    }
    text
}

/// A variant that would fit, as a patch file has it; what is not TOML is a comment.
pub(crate) fn suggestion(report: &SuggestionReport) -> String {
    let names = report.proven_on.iter();
    let names: Vec<String> = names
        .map(|name| format!("{} {}", name.release, name.platform))
        .collect();
    let mut text = format!(
        "\n# {}: from the variant for {}\n",
        report.patch, report.from_variant
    );
    let _ = writeln!(text, "# proven on {}", names.join(", "));
    for change in &report.changes {
        let _ = writeln!(text, "# {change}");
    }
    text + &report.toml
}

/// A block of Markdown that shows a text as it is.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let plain = anstream::adapter::strip_str(text.trim()).to_string();
    format!("\n{fence}{language}\n{plain}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("toml", "x = 1\n"), "\n```toml\nx = 1\n```\n");
        assert_eq!(fenced("toml", "````"), "\n`````toml\n````\n`````\n");
    }
}
