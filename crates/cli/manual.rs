//! Manual pages, out of the definition of the command line.

use std::fmt::Write as _;

use clap::Command;
use clap_mangen::Man;

use crate::language::{columns, manual_in_words};

/// When the pages were last revised; `man` shows it, and asks for one.
const DATE: &str = "2026-11-30";

/// A line that ends with a colon and takes more columns is no heading.
const LONGEST_HEADING: usize = 24;

/// The page of a command, in roff ([man(7)](https://man7.org/linux/man-pages/man7/man.7.html)).
pub(crate) fn page(command: &Command) -> anyhow::Result<String> {
    let name = name(command);
    let man = Man::new(command.clone());
    let mut body = Vec::new();
    man.render_name_section(&mut body)?;
    man.render_synopsis_section(&mut body)?;
    man.render_description_section(&mut body)?;
    man.render_options_section(&mut body)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut body)?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut page = format!(
        ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n.TH {} 1 \"{DATE}\" \"torch\\-patch {version}\" \"torch\\-patch manual\"\n",
        escaped(&name.to_uppercase()),
    );
    page.push_str(&without_idle_breaks(&String::from_utf8(body)?));
    if let Some(help) = command.get_after_help() {
        sections(&help.to_string(), &mut page);
    }
    if name != "torch-patch" {
        page.push_str(".SH \"SEE ALSO\"\n\\fBtorch\\-patch\\fR(1)\n");
    }
    Ok(manual_in_words(page))
}

/// The name of a page, such as `torch-patch-apply`.
pub(crate) fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

/// Lines without blanks at their end, and without breaks beside an empty line, which `mandoc` warns of.
fn without_idle_breaks(body: &str) -> String {
    let lines: Vec<&str> = body.lines().map(str::trim_end).collect();
    let is_empty = |line: Option<&&str>| line.is_none_or(|line| line.is_empty() || *line == ".sp");
    let mut out = String::with_capacity(body.len());
    for (at, line) in lines.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| lines.get(at));
        if *line == ".br" && (is_empty(before) || is_empty(lines.get(at + 1))) {
            continue;
        }
        out.push_str(if line.is_empty() { ".sp" } else { line });
        out.push('\n');
    }
    out
}

/// The blocks after the options, each a section of its own: what is indented is shown as it is.
fn sections(help: &str, page: &mut String) {
    let (mut is_shown, mut is_paragraph) = (false, false);
    for line in help.lines().filter(|line| !line.is_empty()) {
        let is_row = line.starts_with(' ');
        let heading = line.strip_suffix([':', '：']);
        let heading = heading.filter(|text| !is_row && columns(text) <= LONGEST_HEADING);
        if is_row != is_shown {
            page.push_str(if is_row { ".nf\n" } else { ".fi\n" });
            is_shown = is_row;
        }
        if !is_row && !is_paragraph && heading.is_none() {
            page.push_str(".PP\n");
        }
        // A heading begins a paragraph, too.
        is_paragraph = !is_row;
        // Writing into a string does not fail.
        let _ = match heading {
            Some(heading) => writeln!(page, ".SH \"{}\"", escaped(&heading.to_uppercase())),
            None => writeln!(page, "{}", escaped(line)),
        };
    }
    if is_shown {
        page.push_str(".fi\n");
    }
}

/// Text that roff takes for text.
fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq");
    if text.starts_with('.') {
        format!("\\&{text}")
    } else {
        text
    }
}
