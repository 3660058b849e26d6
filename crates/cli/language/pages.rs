//! Help pages, and what is wrong with the words of the command line, in the language of this process.

use std::borrow::Cow;

use clap::Command;
use clap::builder::StyledStr;

use super::{CHINESE, columns, is_chinese, padded, say};
use crate::text::ERROR;
use crate::ui::paint;

/// What `clap` itself puts into a help page, besides the headings of this program.
const HEADINGS: [(&str, &str); 6] = [
    ("Usage:", "用法："),
    ("Commands:", "命令："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("[default: ", "[默认值："),
    ("[aliases: ", "[别名："),
];

/// What `clap_mangen` itself puts into a manual page.
const SECTIONS: [(&str, &str); 9] = [
    (".SH NAME\n", ".SH 名称\n"),
    (".SH SYNOPSIS\n", ".SH 概要\n"),
    (".SH DESCRIPTION\n", ".SH 描述\n"),
    (".SH OPTIONS\n", ".SH 选项\n"),
    (".SH SUBCOMMANDS\n", ".SH 命令\n"),
    (".SH \"SEE ALSO\"\n", ".SH 参见\n"),
    ("\\fIPossible values:\\fR\n", "\\fI可选值：\\fR\n"),
    (" [default: ", " [默认值："),
    ("\nPrint help\n", "\n显示帮助\n"),
];

/// The definition of the command line with its help in the language of this process.
pub(crate) fn translated(command: Command) -> Command {
    if is_chinese() {
        in_chinese(command)
    } else {
        command
    }
}

pub(super) fn in_chinese(mut command: Command) -> Command {
    let text = |text: Option<&StyledStr>| text.map(|text| block(&text.to_string()));
    if let Some(about) = text(command.get_about()) {
        command = command.about(about);
    }
    if let Some(about) = text(command.get_long_about()) {
        command = command.long_about(about);
    }
    if let Some(help) = text(command.get_after_help()) {
        command = command.after_help(help);
    }
    command = command.mut_args(|mut arg| {
        if let Some(help) = text(arg.get_help()) {
            arg = arg.help(help);
        }
        if let Some(help) = text(arg.get_long_help()) {
            arg = arg.long_help(help);
        }
        let heading = arg.get_help_heading().map(|heading| leak(&block(heading)));
        arg.help_heading(heading)
    });
    command.mut_subcommands(in_chinese)
}

/// Headings have to live as long as the program does; there are a handful.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// A help page that `clap` has rendered from a translated definition: what it has put in itself.
pub(crate) fn page_in_words(page: String) -> String {
    if !is_chinese() {
        return page;
    }
    let page = HEADINGS
        .into_iter()
        .fold(page, |page, (english, own)| page.replace(english, own));
    let lines: Vec<String> = values(&page)
        .split('\n')
        .map(|line| own_option(&heading(line)))
        .collect();
    lines.join("\n")
}

/// A manual page that was rendered from a translated definition: what is put in besides.
pub(crate) fn manual_in_words(page: String) -> String {
    if !is_chinese() {
        return page;
    }
    let page = SECTIONS
        .into_iter()
        .fold(page, |page, (english, own)| page.replace(english, own));
    // A line may end between any two characters, and nothing has to be spread over it.
    let (head, body) = page.split_once(".SH 概要\n").unwrap_or((&page, ""));
    let lines: Vec<Cow<'_, str>> = body.split('\n').map(breakable).collect();
    format!("{head}.SH 概要\n.ad l\n{}", lines.join("\n"))
}

/// A line of roff with `\:`, a place for a break, behind every wide character, unless a mark follows.
fn breakable(line: &str) -> Cow<'_, str> {
    if line.starts_with('.') || line.is_ascii() {
        return Cow::Borrowed(line);
    }
    let is_mark = |letter: char| "，。；：、）”？！ ".contains(letter);
    let mut out = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        let is_breakable = !letter.is_ascii() && !"（“".contains(letter);
        if is_breakable && letters.peek().is_some_and(|next| !is_mark(*next)) {
            out.push_str("\\:");
        }
    }
    Cow::Owned(out)
}

/// A page with the possible values of options, before which `clap` may have broken the line.
fn values(page: &str) -> String {
    let mut parts = page.split("[possible");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.trim_start().strip_prefix("values: ") {
            Some(values) => out.extend(["[可选值：", values]),
            None => out.extend(["[possible", part]),
        }
    }
    out
}

/// A heading with its colon, which takes the width of a character as the others do, and the blank after it.
fn heading(line: &str) -> String {
    let is_han = |text: &str| {
        text.chars()
            .next_back()
            .is_some_and(|letter| !letter.is_ascii())
    };
    for end in [":\u{1b}[0m", ":"] {
        if let Some(start) = line.strip_suffix(end).filter(|start| is_han(start)) {
            return format!("{start}：{}", &end[1..]);
        }
    }
    line.replacen("用法：\u{1b}[0m ", "用法：\u{1b}[0m", 1)
        .replacen("用法： ", "用法：", 1)
}

/// The lines of `-h` and of the command `help`, which `clap` adds at the end.
fn own_option(line: &str) -> String {
    for english in [
        "Print help (see more with '--help')",
        "Print help (see a summary with '-h')",
        "Print this message or the help of the given subcommand(s)",
        "Print version",
        "Print help",
    ] {
        if let Some(start) = line.strip_suffix(english) {
            return format!("{start}{}", say(english));
        }
    }
    line.to_owned()
}

/// What `clap` says of a mistake, as it has rendered it without styles; nothing in English, which has them.
pub(crate) fn error_in_words(rendered: &str) -> Option<String> {
    if !is_chinese() {
        return None;
    }
    let lines: Vec<Cow<'_, str>> = rendered.split('\n').map(say).collect();
    let text = lines.join("\n");
    Some(match text.strip_prefix("错误：") {
        Some(rest) => format!("{}{rest}", paint(ERROR, "错误：")),
        None => text,
    })
}

/// A block of help. Lines of prose that follow each other are one text; in an indented line each column is one.
fn block(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut prose: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        let is_prose = !line.is_empty() && !line.starts_with(' ');
        if is_prose {
            prose.push(line);
            if !line.ends_with(':') {
                continue;
            }
        }
        if !prose.is_empty() {
            let whole = prose.join(" ");
            out.push(
                CHINESE
                    .help(&whole)
                    .map_or_else(|| prose.join("\n"), str::to_owned),
            );
            prose.clear();
        }
        if !is_prose {
            out.push(row(line));
        }
    }
    out.pop(); // the empty line that was chained
    out.join("\n")
}

/// An indented line, each of whose columns begins where it does in English unless the one before is too long.
fn row(line: &str) -> String {
    let mut out = String::new();
    for (at, cell) in cells(line) {
        let gap = if out.trim().is_empty() { 0 } else { 2 };
        out = padded(&out, at.max(columns(&out) + gap));
        out.push_str(CHINESE.help(cell).unwrap_or(cell));
    }
    out
}

/// The columns of a line, which two blanks or more part, with the place of each.
pub(super) fn cells(line: &str) -> Vec<(usize, &str)> {
    let mut cells = Vec::new();
    let mut at = 0;
    for cell in line.split("  ") {
        let text = cell.trim_start();
        if !text.is_empty() {
            cells.push((at + cell.len() - text.len(), text.trim_end()));
        }
        at += cell.len() + 2;
    }
    cells
}
