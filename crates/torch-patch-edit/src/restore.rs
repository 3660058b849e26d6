//! Guesses what a file was before an edit was made in it that nothing recorded.
//!
//! A guess is only good for comparing its digest with one that is known.

use crate::block::Block;
use crate::compile::{Action, Compiled, Finder};
use crate::document::Document;
use crate::locate::Located;
use crate::site::{Site, SiteState};

/// How many lines beside a hand-made edit may have been put in with it.
const BESIDE: usize = 3;

/// Contents without what `edits` put in, likeliest first and without repetition.
pub(crate) fn originals(
    document: &Document<'_>,
    edits: &[Compiled],
    located: &[Located],
) -> Vec<Vec<u8>> {
    let mut guesses = Vec::new();
    for above in 0..=BESIDE {
        for below in 0..=BESIDE {
            let Some(guess) = without_edits(document, edits, located, above, below) else {
                continue;
            };
            guesses.push(guess);
        }
    }
    // An editor may have rewritten all line endings.
    let rewritten: Vec<Vec<u8>> = guesses
        .iter()
        .flat_map(|guess| [to_crlf(guess), to_lf(guess)])
        .collect();
    let mut unique: Vec<Vec<u8>> = Vec::new();
    for guess in guesses.into_iter().chain(rewritten) {
        if guess != document.bytes && !unique.contains(&guess) {
            unique.push(guess);
        }
    }
    unique
}

/// The file without what the edits put in, and without some blank or comment lines beside it.
fn without_edits(
    document: &Document<'_>,
    edits: &[Compiled],
    located: &[Located],
    above: usize,
    below: usize,
) -> Option<Vec<u8>> {
    let mut cuts: Vec<(std::ops::Range<usize>, Vec<u8>)> = Vec::new();
    for (edit, located) in edits.iter().zip(located) {
        let (Located::Applied(sites) | Located::ByHand(sites)) = located else {
            continue;
        };
        for site in sites {
            cuts.push(cut(document, edit, site, above, below)?);
        }
    }
    cuts.sort_by_key(|(span, _)| span.start);
    let mut guess = Vec::with_capacity(document.bytes.len());
    let mut at = 0;
    for (span, restored) in cuts {
        guess.extend_from_slice(document.bytes.get(at..span.start)?);
        guess.extend_from_slice(&restored);
        at = span.end;
    }
    guess.extend_from_slice(document.bytes.get(at..)?);
    Some(guess)
}

/// The bytes to take out at a site and those to put back.
fn cut(
    document: &Document<'_>,
    edit: &Compiled,
    site: &Site,
    above: usize,
    below: usize,
) -> Option<(std::ops::Range<usize>, Vec<u8>)> {
    let (SiteState::Applied(text) | SiteState::ByHand(text)) = &site.state else {
        return None;
    };
    match &edit.action {
        Action::Insert { .. } | Action::Append { .. } => {
            let mut span = text.clone();
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
            // At the end of the file the ending before the text came with it.
            let had_ending = !document
                .ending_at(document.physical_end(span.end.saturating_sub(1)))
                .is_empty();
            if span.end == document.bytes.len() && !had_ending {
                span.start = document.previous_end(span.start).unwrap_or(span.start);
            }
            Some((span, Vec::new()))
        }
        Action::Replace { range, .. } if range.until.is_none() && above + below == 0 => {
            let Finder::Lines(spellings) = &range.anchor else {
                return None;
            };
            let source = spellings.get(site.spelling)?.source();
            if source.contains("...") {
                return None;
            }
            let base = document.indent_at(site.span.start);
            let ending = document.ending_beside(site.span.start);
            let block = Block::new(source, document.language.is_python());
            Some((
                site.span.physical(document),
                block.render(base, document.unit(base)).join(ending),
            ))
        }
        _ => None,
    }
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
