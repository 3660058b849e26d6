//! Guesses what a file was before an edit was made in it that nothing recorded.
//!
//! A guess is only good for comparing its digest with one that is known.

use std::ops::Range;

use crate::argument::Argument;
use crate::block::Block;
use crate::compile::{Action, CallAnchor, Compiled, Finder};
use crate::document::Document;
use crate::locate::Located;
use crate::pattern::Pattern;
use crate::site::{Site, SiteState};

/// How many lines beside a hand-made edit may have been put in with it.
const BESIDE: usize = 3;

/// What is taken out of a file, in order, and what is put there.
pub(crate) type Cuts = Vec<(Range<usize>, Vec<u8>)>;

/// What editors put before a text that they save as UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Contents of `file` without what was put in, likeliest first, each made when it is asked for.
pub(crate) fn originals(file: &[u8], all_cuts: Vec<Cuts>) -> impl Iterator<Item = Vec<u8>> {
    let saved = all_cuts.clone().into_iter().flat_map(move |cuts| {
        let forms = UNSAVED.into_iter();
        forms.filter_map(move |before| before(&without(file, &cuts)))
    });
    let guesses = all_cuts.into_iter().map(move |cuts| without(file, &cuts));
    guesses.chain(saved).filter(move |guess| guess != file)
}

/// What a text was before one thing that editors do; `None` if it has no sign of that.
type Unsaved = fn(&[u8]) -> Option<Vec<u8>>;

/// What a text may have been before an editor saved it: with other line endings throughout, without the byte order mark,
/// with or without an ending of the last line.
const UNSAVED: [Unsaved; 8] = [
    |text| Some(to_crlf(text)),
    |text| Some(to_lf(text)),
    |text| Some(unmarked(text)?.to_vec()),
    |text| Some(to_crlf(unmarked(text)?)),
    |text| Some(to_lf(unmarked(text)?)),
    |text| Some(with_other_end(text)),
    |text| Some(with_other_end(&to_crlf(text))),
    |text| Some(with_other_end(&to_lf(text))),
];

fn unmarked(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(BYTE_ORDER_MARK)
}

/// The same text, with an ending of its last line where it has none, and without where it has one.
fn with_other_end(text: &[u8]) -> Vec<u8> {
    let ending: &[u8] = if text.windows(2).any(|pair| pair == b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    match text.strip_suffix(ending) {
        Some(rest) => rest.to_vec(),
        None => [text, ending].concat(),
    }
}

pub(crate) fn without(file: &[u8], cuts: &Cuts) -> Vec<u8> {
    let mut guess = Vec::with_capacity(file.len());
    let mut at = 0;
    for (span, restored) in cuts {
        guess.extend_from_slice(&file[at..span.start]);
        guess.extend_from_slice(restored);
        at = span.end;
    }
    guess.extend_from_slice(&file[at..]);
    guess
}

/// The ways in which `edits` can be taken out of a file.
pub(crate) fn all_cuts(document: &Document<'_>, edits: &[(&Compiled, &Located)]) -> Vec<Cuts> {
    let mut all = Vec::new();
    for above in 0..=BESIDE {
        for below in 0..=BESIDE {
            all.extend(cuts(document, edits, above, below));
        }
    }
    all
}

/// What to take out so that exactly the edits go, if any is in place, and nothing beside them.
pub(crate) fn exact_cuts(document: &Document<'_>, edits: &[(&Compiled, &Located)]) -> Option<Cuts> {
    cuts(document, edits, 0, 0).filter(|cuts| !cuts.is_empty())
}

/// What to take out, together with some blank or comment lines beside it.
fn cuts(
    document: &Document<'_>,
    edits: &[(&Compiled, &Located)],
    above: usize,
    below: usize,
) -> Option<Cuts> {
    let mut cuts: Cuts = Vec::new();
    for (edit, located) in edits {
        let (Located::Applied(sites) | Located::ByHand(sites)) = located else {
            continue;
        };
        for site in sites {
            cuts.push(cut(document, edit, site, above, below)?);
        }
    }
    cuts.sort_by_key(|(span, _)| span.start);
    // One place may be that of two edits.
    cuts.dedup();
    let is_disjoint = cuts.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start);
    is_disjoint.then_some(cuts)
}

/// The bytes to take out at a site and those to put back.
fn cut(
    document: &Document<'_>,
    edit: &Compiled,
    site: &Site,
    above: usize,
    below: usize,
) -> Option<(Range<usize>, Vec<u8>)> {
    let (SiteState::Applied(text) | SiteState::ByHand(text)) = &site.state else {
        return None;
    };
    match &edit.action {
        Action::Insert { .. } | Action::Append { .. } => {
            let mut span = widened(document, text, above, below)?;
            // At the end of the file the ending before the text came with it.
            let had_ending = !document
                .ending_at(document.physical_end(span.end.saturating_sub(1)))
                .is_empty();
            if span.end == document.bytes.len() && !had_ending {
                span.start = document.previous_end(span.start).unwrap_or(span.start);
            }
            Some((span, Vec::new()))
        }
        Action::Replace { range, .. } | Action::CommentOut { range, .. }
            if range.until.is_none() =>
        {
            let Finder::Lines(spellings) = &range.anchor else {
                return None;
            };
            written(document, spellings.get(site.spelling)?, site, above, below)
        }
        // A comment behind the call stays.
        Action::Argument { anchor, argument } if above == 0 && below == 0 => {
            let written = match anchor {
                CallAnchor::Lines(spellings) => {
                    let (pattern, _) = spellings.get(site.spelling)?;
                    written(document, pattern, site, above, below)
                }
                CallAnchor::Regex(_) => None,
            };
            match written {
                Some((_, call)) => {
                    let call = call.trim_ascii_start().to_vec();
                    Some((site.span.start..site.span.end, call))
                }
                None => Some((argument_span(document, argument, site)?, Vec::new())),
            }
        }
        _ => None,
    }
}

/// What came with an argument: its line where it is alone there, or else a comma.
fn argument_span(
    document: &Document<'_>,
    argument: &Argument,
    site: &Site,
) -> Option<Range<usize>> {
    let line = document.line_text(document.line_at(site.span.start));
    let place = argument.place(line)?;
    let at = |offset: usize| site.span.start + offset;
    let (start, end) = (at(place.argument.start), at(place.argument.end));
    let after = place.after.map_or(end, at);
    let lines = document.physical_start(start)..document.next_physical(after);
    let is_blank = |range: Range<usize>| document.bytes[range].trim_ascii().is_empty();
    let is_alone = is_blank(lines.start..start) && is_blank(after..document.physical_end(after));
    Some(match (is_alone, place.before) {
        (true, _) => lines,
        (false, Some(before)) => at(before)..end,
        (false, None) => start..after,
    })
}

/// The lines of a site, in whose place the anchor comes as it is written; `None` if it has a wildcard.
fn written(
    document: &Document<'_>,
    anchor: &Pattern,
    site: &Site,
    above: usize,
    below: usize,
) -> Option<(Range<usize>, Vec<u8>)> {
    let source = anchor.source();
    if source.contains("...") {
        return None;
    }
    let base = document.indent_at(site.span.start);
    let ending = document.ending_beside(site.span.start);
    let block = Block::new(source, document.language.is_python());
    let lines = site.span.with_ending(document);
    let span = widened(document, &lines, above, below)?;
    // The last line keeps the ending that it has.
    let ending_of_last = match &document.bytes[span.clone()] {
        [.., b'\r', b'\n'] => 2,
        [.., b'\r' | b'\n'] => 1,
        _ => 0,
    };
    Some((
        span.start..span.end - ending_of_last,
        block.render(base, document.unit(base)).join(ending),
    ))
}

/// Whole lines with some blank or comment lines above and below, if there are so many.
fn widened(
    document: &Document<'_>,
    lines: &Range<usize>,
    above: usize,
    below: usize,
) -> Option<Range<usize>> {
    let mut span = lines.clone();
    for _ in 0..above {
        let previous = document
            .previous_physical(span.start)
            .filter(|&start| is_loose(document, start))?;
        span.start = previous;
    }
    for _ in 0..below {
        if span.end >= document.bytes.len() || !is_loose(document, span.end) {
            return None;
        }
        span.end = document.next_physical(span.end);
    }
    Some(span)
}

/// Whether the physical line at `start` is blank or a comment.
fn is_loose(document: &Document<'_>, start: usize) -> bool {
    let line = document.bytes[start..document.physical_end(start)].trim_ascii();
    line.is_empty()
        || (document.language.is_python()
            && line.starts_with(b"#")
            && !document.is_continuation(start))
}

fn to_lf(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        if byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            text.push(byte);
        }
    }
    text
}

fn to_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for byte in to_lf(bytes) {
        if byte == b'\n' {
            text.push(b'\r');
        }
        text.push(byte);
    }
    text
}
