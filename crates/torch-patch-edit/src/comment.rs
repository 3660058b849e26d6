//! Lines that were turned into comments: how they are written, and how they are found again.

use std::ops::Range;

use crate::document::Document;
use crate::language::Language;
use crate::pattern::Pattern;

/// How many comment lines are looked at to find the end of a range.
const LONGEST: usize = 2_000;

/// The physical lines of `lines` as comments, joined by their own endings.
pub(crate) fn write(document: &Document<'_>, lines: Range<usize>, sign: &str) -> Vec<u8> {
    let base = shallowest(document, &lines);
    let mut written = Vec::with_capacity(lines.len() + 32);
    let mut start = lines.start;
    while start < lines.end {
        let end = document.physical_end(start).min(lines.end);
        let line = &document.bytes[start..end];
        if line.trim_ascii().is_empty() {
            written.extend_from_slice(line);
        } else {
            written.extend_from_slice(&line[..base]);
            written.extend_from_slice(sign.as_bytes());
            written.push(b' ');
            written.extend_from_slice(&line[base..]);
        }
        let ending = if end < lines.end {
            document.ending_at(end)
        } else {
            b""
        };
        written.extend_from_slice(ending);
        start = end + ending.len().max(1);
    }
    written
}

/// The width of the white space that all lines with text start with.
fn shallowest(document: &Document<'_>, lines: &Range<usize>) -> usize {
    let mut width = usize::MAX;
    let mut start = lines.start;
    while start < lines.end {
        let end = document.physical_end(start);
        if !document.bytes[start..end].trim_ascii().is_empty() {
            width = width.min(document.indent_at(start).len());
        }
        start = end + document.ending_at(end).len().max(1);
    }
    width
}

/// All places in `regions` where the lines of `anchor` (up to one of `until`) stand as comments,
/// from the first to the last of them, without the last ending.
pub(crate) fn find(
    document: &Document<'_>,
    regions: &[Range<usize>],
    anchor: &Pattern,
    until: &[Pattern],
    sign: &str,
) -> Vec<Range<usize>> {
    let finder = memchr::memmem::Finder::new(anchor.literal().as_bytes());
    let mut found: Vec<Range<usize>> = Vec::new();
    for region in regions {
        let mut at = region.start;
        while at < region.end
            && let Some(hit) = finder.find(&document.bytes[at..region.end])
        {
            let offset = at + hit;
            at = document.physical_end(offset).max(offset + 1);
            // The text found may be in a later line of the anchor than the first.
            let mut start = document.physical_start(offset);
            for _ in 0..LONGEST {
                if start < region.start || uncommented(document, start, sign).is_none() {
                    break;
                }
                if let Some(end) = commented_range(document, start, region.end, anchor, until, sign)
                {
                    found.push(start..end);
                    at = at.max(end);
                    break;
                }
                let Some(previous) = document.previous_physical(start) else {
                    break;
                };
                start = previous;
            }
        }
    }
    found.dedup();
    found
}

/// Where the commented-out lines that start at `start` end, if they are the anchor's.
fn commented_range(
    document: &Document<'_>,
    start: usize,
    limit: usize,
    anchor: &Pattern,
    until: &[Pattern],
    sign: &str,
) -> Option<usize> {
    if document.language.is_python() && document.is_continuation(start) {
        return None;
    }
    let (mut text, mut ends, mut at) = (Vec::new(), Vec::new(), start);
    while at < limit && ends.len() < LONGEST {
        let end = document.physical_end(at);
        let blank = document.bytes[at..end].trim_ascii().is_empty();
        match uncommented(document, at, sign) {
            Some(line) => text.extend_from_slice(&line),
            None if blank && !ends.is_empty() => {}
            None => break,
        }
        text.push(b'\n');
        ends.push((text.len(), end));
        let next = end + document.ending_at(end).len();
        if next == end {
            break;
        }
        at = next;
    }
    let language = match document.language {
        Language::Python => Language::Python,
        Language::Text { .. } => Language::Text { comment: None },
    };
    let inner = Document::new(&text, language).ok()?;
    if inner.line_count() == 0 || !anchor.matches(&inner, 0) {
        return None;
    }
    let mut last = anchor.len();
    if !until.is_empty() {
        let rest = last..inner.line_count();
        last = until
            .iter()
            .filter_map(|until| until.find_first(&inner, rest.clone()))
            .map(|found| found.end)
            .min()?;
    }
    let inner_end = inner.line(last - 1).end;
    ends.iter()
        .find(|(after, _)| inner_end < *after)
        .map(|(_, end)| *end)
}

/// The physical line at `start` without its comment sign, if it is a comment.
fn uncommented(document: &Document<'_>, start: usize, sign: &str) -> Option<Vec<u8>> {
    let line = &document.bytes[start..document.physical_end(start)];
    let text = line.trim_ascii_start();
    let indent = &line[..line.len() - text.len()];
    let text = text.strip_prefix(sign.as_bytes())?;
    Some([indent, text.strip_prefix(b" ").unwrap_or(text)].concat())
}
