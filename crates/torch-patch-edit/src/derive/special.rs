//! Hunks that a verb of its own says better than a replacement: an argument, a comment, a wrapping.

use crate::argument::{arguments, is_call};
use crate::edit::{Anchor, Verb};
use crate::language::Language;
use crate::token::{Token, brackets, tokens};

use super::Derivation;
use super::anchor::{self, Fate, flat};
use super::candidate::Candidate;
use super::cover::Cover;
use super::text::relative;

/// How many lines the header of a wrapping has at most.
const LONGEST_HEADER: usize = 4;
/// In lines with more calls than this, none is looked for that got an argument.
const MOST_CALLS: usize = 8;

impl Derivation<'_> {
    /// An argument that was added to a call.
    pub(super) fn calls(&self, covers: &[Cover]) -> Vec<Candidate> {
        let single = covers.first().filter(|cover| cover.lines.len() == 1);
        let Some(cover) = single.filter(|_| self.old.language.is_python()) else {
            return Vec::new();
        };
        let (old, new) = (
            self.old.line_text(cover.lines.start),
            self.new_lines.touched(&cover.hunk.new),
        );
        if new.len() != 1 {
            return Vec::new();
        }
        let added = last_arguments(self.new.line_text(new.start));
        let anchors = call_anchors(old);
        let mut candidates = Vec::new();
        for argument in added.into_iter().filter(|argument| !old.contains(argument)) {
            for anchor in &anchors {
                let verb = Verb::Argument {
                    argument: argument.to_owned(),
                    call: Anchor::Lines(anchor.clone()),
                };
                candidates.push(Candidate::new(verb, cover.lines.clone()));
            }
        }
        candidates
    }

    /// Lines that became comments, or that were indented under a header.
    pub(super) fn rewritings(&self, covers: &[Cover]) -> Vec<Candidate> {
        let covers = covers.iter();
        covers
            .flat_map(|cover| {
                let mut candidates = self.comments(cover);
                candidates.extend(self.wrappings(cover));
                candidates
            })
            .collect()
    }

    fn comments(&self, cover: &Cover) -> Vec<Candidate> {
        let sign = match self.old.language {
            Language::Python => "#",
            Language::Text { comment } => comment.unwrap_or("\n"),
        };
        let replacement = self.replacement(cover);
        let is_comment = |line: &&[u8]| {
            let text = line.trim_ascii();
            text.is_empty() || text.starts_with(sign.as_bytes())
        };
        if replacement.len() != cover.hunk.old.len() || !replacement.iter().all(is_comment) {
            return Vec::new();
        }
        let ranges = anchor::ranges(&self.old, &cover.lines, Fate::Kept).into_iter();
        ranges
            .map(|range| Candidate::new(Verb::CommentOut { range }, cover.lines.clone()))
            .collect()
    }

    fn wrappings(&self, cover: &Cover) -> Vec<Candidate> {
        let replacement = self.replacement(cover);
        let old: Vec<&[u8]> = cover
            .hunk
            .old
            .clone()
            .map(|line| self.old_lines.text(line).trim_ascii())
            .collect();
        let base = self.base(&cover.lines);
        let mut candidates = Vec::new();
        for lead in 1..=LONGEST_HEADER {
            let Some(body) = replacement.get(lead..lead + old.len()) else {
                break;
            };
            if !body
                .iter()
                .zip(&old)
                .all(|(new, old)| new.trim_ascii() == *old)
            {
                continue;
            }
            let tail = &replacement[lead + old.len()..];
            let header = relative(&self.old, &replacement[..lead], base);
            let footer = match tail {
                [] => Some(String::new()),
                tail => relative(&self.old, tail, base),
            };
            let Some((header, footer)) = header.zip(footer) else {
                continue;
            };
            for range in anchor::ranges(&self.old, &cover.lines, Fate::Kept) {
                let verb = Verb::Wrap {
                    range,
                    header: header.clone(),
                    footer: footer.clone(),
                };
                candidates.push(Candidate::new(verb, cover.lines.clone()));
            }
        }
        candidates
    }
}

/// The openings of the calls in a line.
fn openings(tokens: &[Token]) -> Vec<usize> {
    let calls = (0..tokens.len()).filter(|&open| is_call(tokens, open));
    calls.take(MOST_CALLS).collect()
}

/// The last argument of each call in a line.
fn last_arguments(line: &str) -> Vec<&str> {
    let tokens = tokens(line);
    let calls = openings(&tokens).into_iter();
    calls
        .filter_map(|open| {
            let last = arguments(&tokens, open).pop()?;
            Some(&line[tokens[last.start].start..tokens[last.end - 1].end])
        })
        .collect()
}

/// For each call in a line, the line with `...` in the place of its arguments.
fn call_anchors(line: &str) -> Vec<String> {
    let tokens = tokens(line);
    let closers = brackets(&tokens);
    let calls = openings(&tokens).into_iter();
    calls
        .filter_map(|open| {
            let close = closers[open]?;
            let is_empty = close == open + 1;
            let inside = (!is_empty).then(|| tokens[open + 1].start..tokens[close - 1].end);
            Some(flat(line, &inside.into_iter().collect::<Vec<_>>()))
        })
        .collect()
}
