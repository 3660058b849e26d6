//! Anchors that are regular expressions: searched for in each physical line.
//!
//! What a replacement looks like once it is in place is a regular expression too: its text, with
//! each group's own sub-pattern in the place of `$name`. That is how an applied edit is proven.

use std::ops::Range;

use regex::bytes::{Captures, Regex};
use regex_syntax::ast::{Ast, GroupKind, Visitor, visit};

use crate::document::Document;
use crate::error::CompileErrorKind;
use crate::opaque::Opaque;

/// A regular expression for physical lines.
#[derive(Debug, Clone)]
pub(crate) struct LineRegex {
    regex: Regex,
}

impl LineRegex {
    pub(crate) fn new(source: &str) -> Result<Self, CompileErrorKind> {
        if source.is_empty() {
            return Err(CompileErrorKind::Empty);
        }
        let regex = Regex::new(source).map_err(|error| CompileErrorKind::Regex {
            reason: reason(&error),
        })?;
        if regex.is_match(b"") {
            return Err(CompileErrorKind::RegexMatchesEmpty);
        }
        Ok(Self { regex })
    }

    pub(crate) fn source(&self) -> &str {
        self.regex.as_str()
    }

    /// All matches in the physical lines of `ranges`, outside Python comments and strings.
    pub(crate) fn find(
        &self,
        document: &Document<'_>,
        ranges: &[Range<usize>],
    ) -> Vec<Range<usize>> {
        let mut matches = Vec::new();
        let mut opaque = Opaque::new(document);
        for range in ranges {
            let mut start = range.start;
            while start < range.end {
                let end = document.physical_end(start);
                let line = &document.bytes[start..end];
                let found = self.regex.find_iter(line).filter(|found| !found.is_empty());
                let found = found.map(|found| start + found.start()..start + found.end());
                matches.extend(found.filter(|found| !opaque.covers(found)));
                start = end + document.ending_at(end).len();
                if start == end {
                    break;
                }
            }
        }
        matches
    }

    /// What `template` becomes for the match at `at`, which [`LineRegex::find`] returned.
    pub(crate) fn expand(
        &self,
        document: &Document<'_>,
        at: &Range<usize>,
        template: &Template,
    ) -> Vec<u8> {
        let start = document.physical_start(at.start);
        let line = &document.bytes[start..document.physical_end(start)];
        let captures = self.regex.captures_at(line, at.start - start);
        captures
            .map(|captures| template.expand(&captures))
            .unwrap_or_default()
    }
}

/// The words of a regex error, on one line.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

/// The replacement of a regex anchor: text and groups.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// Finds the replacement where it is in place; `None` if it has no text of its own.
    proof: Option<LineRegex>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Group(String),
}

impl Template {
    pub(crate) fn new(text: &str, regex: &LineRegex) -> Result<Self, CompileErrorKind> {
        let parts = parse(text)?;
        let groups: Vec<String> = regex
            .regex
            .capture_names()
            .skip(1)
            .flatten()
            .map(str::to_owned)
            .collect();
        for part in &parts {
            if let Part::Group(name) = part
                && !groups.contains(name)
                && !name
                    .parse()
                    .is_ok_and(|number: usize| number < regex.regex.captures_len())
            {
                return Err(CompileErrorKind::UnknownGroup {
                    name: name.clone(),
                    groups,
                });
            }
        }
        let proof = proof(&parts, regex.source());
        Ok(Self { parts, proof })
    }

    pub(crate) fn proof(&self) -> Option<&LineRegex> {
        self.proof.as_ref()
    }

    /// Whether all of its own text is ASCII.
    pub(crate) fn is_ascii(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Text(text) => text.is_ascii(),
            Part::Group(_) => true,
        })
    }

    fn expand(&self, captures: &Captures<'_>) -> Vec<u8> {
        let mut expanded = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => expanded.extend_from_slice(text.as_bytes()),
                Part::Group(name) => {
                    let group = match name.parse() {
                        Ok(number) => captures.get(number),
                        Err(_) => captures.name(name),
                    };
                    expanded.extend_from_slice(group.map_or(b"", |group| group.as_bytes()));
                }
            }
        }
        expanded
    }
}

/// Splits `$name`, `${name}` and `$$` from the text.
fn parse(text: &str) -> Result<Vec<Part>, CompileErrorKind> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        literal.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            literal.push('$');
            rest = after;
            continue;
        }
        let (name, after) = match after.strip_prefix('{') {
            Some(braced) => braced
                .split_once('}')
                .ok_or(CompileErrorKind::StrayDollar)?,
            None => after.split_at(
                after
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(after.len()),
            ),
        };
        if name.is_empty() {
            return Err(CompileErrorKind::StrayDollar);
        }
        parts.push(Part::Text(std::mem::take(&mut literal)));
        parts.push(Part::Group(name.to_owned()));
        rest = after;
    }
    literal.push_str(rest);
    parts.push(Part::Text(literal));
    Ok(parts)
}

/// A regular expression for the replacement in place.
fn proof(parts: &[Part], source: &str) -> Option<LineRegex> {
    let has_text = parts
        .iter()
        .any(|part| matches!(part, Part::Text(text) if !text.trim().is_empty()));
    if !has_text {
        return None;
    }
    let groups = SubPatterns::of(source);
    let mut pattern = String::new();
    if source.trim_start_matches("(?i)").starts_with('^') {
        pattern.push_str(r"^\s*");
    }
    for part in parts {
        match part {
            Part::Text(text) => pattern.push_str(&regex::escape(text)),
            Part::Group(name) => pattern.push_str(&groups.sub_pattern(name)),
        }
    }
    if source.ends_with('$') && !source.ends_with(r"\$") {
        pattern.push('$');
    }
    LineRegex::new(&pattern).ok()
}

/// The source of each group of a regular expression.
struct SubPatterns {
    flags: String,
    groups: Vec<(u32, Option<String>, String)>,
}

impl SubPatterns {
    fn of(source: &str) -> Self {
        let Ok(ast) = regex_syntax::ast::parse::Parser::new().parse(source) else {
            return Self {
                flags: String::new(),
                groups: Vec::new(),
            };
        };
        let groups = visit(
            &ast,
            GroupReader {
                source,
                groups: Vec::new(),
            },
        )
        .unwrap_or_default();
        Self {
            flags: leading_flags(source),
            groups,
        }
    }

    fn sub_pattern(&self, name: &str) -> String {
        let number: Option<u32> = name.parse().ok();
        let found = self
            .groups
            .iter()
            .find(|(index, own, _)| own.as_deref() == Some(name) || number == Some(*index));
        let source = found.map_or(".*?", |(_, _, source)| source);
        format!("(?{}:{source})", self.flags)
    }
}

/// The letters of a `(?i)` that the expression starts with.
fn leading_flags(source: &str) -> String {
    let flags = source
        .strip_prefix("(?")
        .and_then(|rest| rest.split_once(')'))
        .map(|(flags, _)| flags);
    let flags = flags.filter(|flags| flags.chars().all(|flag| flag.is_ascii_alphabetic()));
    flags.unwrap_or_default().to_owned()
}

struct GroupReader<'s> {
    source: &'s str,
    groups: Vec<(u32, Option<String>, String)>,
}

impl Visitor for GroupReader<'_> {
    type Output = Vec<(u32, Option<String>, String)>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.groups)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        let Ast::Group(group) = ast else {
            return Ok(());
        };
        let span = group.ast.span();
        let inner = self.source[span.start.offset..span.end.offset].to_owned();
        match &group.kind {
            GroupKind::CaptureIndex(index) => self.groups.push((*index, None, inner)),
            GroupKind::CaptureName { name, .. } => {
                self.groups
                    .push((name.index, Some(name.name.clone()), inner));
            }
            GroupKind::NonCapturing(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn comments_and_strings_are_no_anchor() {
        let source = "# a = 1\n'''\na = 1\n'''\na = 1  # a = 1\nb = 'a = 1'\nc = \"1\"\n";
        let document = Document::new(source.as_bytes(), Language::Python).unwrap();
        let all = 0..source.len();
        let found = |regex: &str| -> Vec<usize> {
            let matches = LineRegex::new(regex)
                .unwrap()
                .find(&document, std::slice::from_ref(&all));
            matches
                .into_iter()
                .map(|found| document.line_number(found.start))
                .collect()
        };
        assert_eq!(found("a = 1"), [5]);
        assert_eq!(found(r"^\s*a = 1"), [5]);
        assert_eq!(found("c = \"1\""), [7]);
        assert_eq!(found("\"1\""), [7]);
        assert_eq!(found("'a"), [6]);
        assert_eq!(found("1'"), [6]);
        assert_eq!(found("#"), []);
    }

    #[test]
    fn fields_of_strings_are_code_and_comments_are_not() {
        let source = "x = '' + f\"c{d}e{d!r:>{w}}\" + r'g'  # h\nf(\n  i,  # j\n)\n  # k";
        let document = Document::new(source.as_bytes(), Language::Python).unwrap();
        for (regex, count) in [
            ("x", 1),
            ("''", 1),
            ("c", 0),
            ("d", 2),
            ("e", 0),
            ("w", 1),
            (">", 0),
            (r"c\{d", 1),
            ("f\"c", 1),
            (r"\+\s", 2),
            ("g", 0),
            ("r'g'", 1),
            ("h", 0),
            ("'  # h", 1),
            (r"\s+# [hjk]", 0),
            ("i", 1),
            ("j", 0),
            ("i,  # j", 1),
            ("k", 0),
        ] {
            let found = LineRegex::new(regex)
                .unwrap()
                .find(&document, std::slice::from_ref(&(0..source.len())));
            assert_eq!(found.len(), count, "{regex}");
        }
    }

    #[test]
    fn a_replacement_is_found_where_it_is_in_place() {
        let regex = LineRegex::new(r"^timeout = (?P<n>\d+)$").unwrap();
        let template = Template::new("timeout = ${n}0  # $$ $n", &regex).unwrap();
        let document = Document::new(b"timeout = 30", Language::Text { comment: None }).unwrap();
        let at = 0..12;
        let expanded = regex.expand(&document, &at, &template);
        assert_eq!(expanded, b"timeout = 300  # $ 30");
        let proof = template.proof().unwrap();
        assert!(proof.regex.is_match(&expanded));
        assert!(!proof.regex.is_match(b"timeout = 30"));
    }

    #[test]
    fn a_replacement_in_place_is_as_narrow_as_what_it_replaced() {
        for (regex, template, found, not_found) in [
            (
                r"^x = (\d)$",
                "y = $1",
                &["y = 1", "  y = 1"][..],
                &["z; y = 1", "y = 12", "y = a", "y = 1 "][..],
            ),
            (r"x\$", "y", &["a y b"], &["x$"]),
            ("(?i)^x$", "y", &["\ty"], &["a y", "y a"]),
            (
                "(?i)x = (?P<n>a+)",
                "y.$n",
                &["y.A"],
                &["Y.a", "yaa", "y.b"],
            ),
            (
                "(?:x)(a)(?P<n>b|c)",
                "$n$2${1}y",
                &["ccay", "cbay"],
                &["aaay", "bby"],
            ),
            (
                "(?P<one_two>y)(x)",
                "a$one_two$2-",
                &["ayx-"],
                &["ay-", "ayx"],
            ),
            // Of the whole match, only what stands around it is told.
            ("x+", "f($0)", &["f(xx)", "f(y)"], &["f(xx"]),
        ] {
            let regex = LineRegex::new(regex).unwrap();
            let template = Template::new(template, &regex).unwrap();
            let proof = template.proof().unwrap();
            for (lines, expected) in [(found, true), (not_found, false)] {
                for line in lines {
                    let is_found = proof.regex.is_match(line.as_bytes());
                    assert_eq!(is_found, expected, "{} {line}", proof.source());
                }
            }
        }
    }

    #[test]
    fn every_match_of_every_line_is_found() {
        let all = |regex: &str, source: &str| -> Vec<String> {
            let text = Language::Text { comment: None };
            let document = Document::new(source.as_bytes(), text).unwrap();
            let regex = LineRegex::new(regex).unwrap();
            let found = regex.find(&document, std::slice::from_ref(&(0..source.len())));
            let found = found.into_iter().map(|at| source[at].to_owned());
            found.collect()
        };
        assert_eq!(all("a.", "ab ac\r\n\na\rad"), ["ab", "ac", "ad"]);
        assert_eq!(all("^a$", "a\r\nba\n\na\n"), ["a", "a"]);
        // A line ending is no part of a line.
        assert_eq!(all(r"a\s*", "a \n\na\r"), ["a ", "a"]);
        assert_eq!(all(r"b*a?\b", "a\nbb\n c\n"), ["a", "bb"]);
    }

    #[test]
    fn a_template_is_filled_with_the_groups_of_its_own_match() {
        let regex = LineRegex::new(r"(?P<a_b>\d)(-)?").unwrap();
        let document = Document::new(b"\n1-2\n", Language::Text { comment: None }).unwrap();
        for (template, at, expected) in [
            ("<$a_b>", 1..3, "<1>"),
            ("<$a_b$2>", 3..4, "<2>"),
            ("${2}$1.$0$$", 1..3, "-1.1-$"),
        ] {
            let template = Template::new(template, &regex).unwrap();
            let expanded = regex.expand(&document, &at, &template);
            assert_eq!(String::from_utf8(expanded).unwrap(), expected);
        }
    }

    #[test]
    fn templates_name_groups_that_exist() {
        let regex = LineRegex::new("(?P<a>x)(y)").unwrap();
        assert!(Template::new("$a$2", &regex).is_ok());
        assert!(Template::new("$a", &regex).unwrap().proof().is_none());
        let error = |text| Template::new(text, &regex).unwrap_err();
        assert!(matches!(error("$b"), CompileErrorKind::UnknownGroup { .. }));
        assert!(matches!(error("$3"), CompileErrorKind::UnknownGroup { .. }));
        assert_eq!(error("5 $"), CompileErrorKind::StrayDollar);
        assert_eq!(error("${a"), CompileErrorKind::StrayDollar);
    }
}
