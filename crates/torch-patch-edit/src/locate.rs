//! Finds the places of an edit in a file and tells what they look like.
//!
//! Architecture invariant: an edit counts as applied only where its result is found in place; a
//! failed match is never taken for it.

use std::ops::Range;

use crate::argument::{Argument, Presence};
use crate::block::Block;
use crate::comment;
use crate::compile::{Action, CallAnchor, Compiled, Finder, FinderRange, Side};
use crate::conflict::ConflictKind;
use crate::document::Document;
use crate::edit::Expect;
use crate::line_regex::LineRegex;
use crate::nearmiss::near_misses;
use crate::pattern::Pattern;
use crate::scope::Region;
use crate::site::{Site, SiteState, Span, without_shadowed};

/// What an edit looks like in a file.
#[derive(Debug)]
pub(crate) enum Located {
    /// To be changed at these places.
    Pristine(Vec<Site>),
    /// In place here.
    Applied(Vec<Site>),
    /// In place here, at least in one place in a hand-made form.
    ByHand(Vec<Site>),
    /// There before anyone made it: an import.
    Satisfied(Vec<Site>),
    Conflict(ConflictKind),
}

/// Looks for `edit` in `document`.
pub(crate) fn locate(document: &Document<'_>, edit: &Compiled) -> Located {
    if !edit.is_ascii() && !document.encoding.takes_utf8() {
        return Located::Conflict(ConflictKind::NotAscii);
    }
    match &edit.action {
        Action::Import { import } => match import.find(document) {
            Some(lines) => Located::Satisfied(
                lines
                    .into_iter()
                    .map(|line| in_place(document, line))
                    .collect(),
            ),
            None => Located::Pristine(vec![end_of_file(document)]),
        },
        Action::Append { block } => locate_append(document, block),
        Action::Create { content } if content == document.bytes => {
            Located::Applied(vec![end_of_file(document)])
        }
        Action::Create { .. } => Located::Conflict(ConflictKind::FileExists),
        _ => match Region::new(document, edit.within.as_ref()) {
            Ok(region) => Locator {
                document,
                edit,
                region,
            }
            .locate(),
            Err(kind) => Located::Conflict(kind),
        },
    }
}

fn in_place(document: &Document<'_>, line: usize) -> Site {
    let span = Span::of_lines(document, &(line..line + 1));
    let text = span.with_ending(document);
    Site {
        region: text.clone(),
        span,
        state: SiteState::Applied(text),
        spelling: 0,
    }
}

fn end_of_file(document: &Document<'_>) -> Site {
    let end = document.bytes.len();
    Site {
        span: Span { start: end, end },
        region: end..end,
        state: SiteState::Pristine,
        spelling: 0,
    }
}

/// Looks for the block as the last lines of the file.
fn locate_append(document: &Document<'_>, block: &Block) -> Located {
    let mut end = document.bytes.len();
    if document
        .previous_end(end)
        .is_some_and(|before| !document.ending_at(before).is_empty())
    {
        end = document.previous_end(end).unwrap_or(end);
    }
    match block_before(document, block, end, b"") {
        Some(text) => {
            let span = Span {
                start: text.start,
                end: text.end,
            };
            Located::Applied(vec![Site {
                span,
                region: text.clone(),
                state: SiteState::Applied(text),
                spelling: 0,
            }])
        }
        None => Located::Pristine(vec![end_of_file(document)]),
    }
}

struct Locator<'l, 'a> {
    document: &'l Document<'a>,
    edit: &'l Compiled,
    region: Region,
}

impl Locator<'_, '_> {
    fn locate(&self) -> Located {
        let mut first_miss = None;
        for spelling in 0..self.spellings() {
            let mut sites = self.sites(spelling);
            for site in &mut sites {
                site.spelling = spelling;
            }
            match self.decide(sites) {
                Located::Conflict(kind) if kind.is_missing() => {
                    // A match that is not near the right lines says more than no match.
                    if first_miss.is_none() || matches!(kind, ConflictKind::NotNear { .. }) {
                        first_miss = Some(kind);
                    }
                }
                located => return located,
            }
        }
        Located::Conflict(first_miss.unwrap_or(ConflictKind::Missing { near: Vec::new() }))
    }

    fn spellings(&self) -> usize {
        match &self.edit.action {
            Action::Insert { anchor, .. } => anchor.spellings(),
            Action::Replace { range, .. }
            | Action::Delete { range }
            | Action::CommentOut { range, .. }
            | Action::Wrap { range, .. } => range.anchor.spellings(),
            Action::Argument {
                anchor: CallAnchor::Lines(spellings),
                ..
            } => spellings.len(),
            _ => 1,
        }
    }

    /// All places for one spelling of the anchor, in order.
    fn sites(&self, spelling: usize) -> Vec<Site> {
        match &self.edit.action {
            Action::Insert {
                side,
                anchor,
                block,
            } => {
                let anchors = self.find(anchor, spelling);
                without_shadowed(
                    anchors
                        .into_iter()
                        .map(|span| self.insert_site(*side, span, block))
                        .collect(),
                )
            }
            Action::Replace { range, block } => {
                let applied = self
                    .blocks(block)
                    .into_iter()
                    .map(|text| self.text_site(text));
                self.replacing_sites(range, spelling, applied.collect())
            }
            Action::ReplaceMatch { regex, template } => {
                let applied = template
                    .proof()
                    .map(|proof| self.match_sites(proof, true))
                    .unwrap_or_default();
                let sites = self
                    .match_sites(regex, false)
                    .into_iter()
                    .chain(applied)
                    .chain(self.hand_sites());
                without_shadowed(sites.collect())
            }
            Action::Delete { range } => self.replacing_sites(range, spelling, self.gaps()),
            Action::CommentOut { range, sign } => {
                let applied = self.commented_out(range, spelling, sign);
                self.replacing_sites(range, spelling, applied)
            }
            Action::Wrap {
                range,
                header,
                footer,
            } => {
                let applied = self.wrapped(range, spelling, header, footer);
                self.replacing_sites(range, spelling, applied)
            }
            Action::Argument { anchor, argument } => self.call_sites(anchor, spelling, argument),
            Action::Import { .. } | Action::Append { .. } | Action::Create { .. } => Vec::new(),
        }
    }

    /// Whether the edit takes its anchor away, so that its text may stand elsewhere as well.
    fn is_replacing(&self) -> bool {
        !matches!(
            self.edit.action,
            Action::Insert { .. } | Action::Argument { .. }
        )
    }

    // --- from places to a verdict ---

    fn decide(&self, sites: Vec<Site>) -> Located {
        let all_lines: Vec<usize> = self.line_numbers(&sites);
        let had_sites = !sites.is_empty();
        let sites = self.near(sites);
        if let Some(SiteState::Foreign(kind)) = sites
            .iter()
            .map(|site| &site.state)
            .find(|state| matches!(state, SiteState::Foreign(_)))
        {
            return Located::Conflict(kind.clone());
        }
        if sites.is_empty() {
            return Located::Conflict(if had_sites {
                ConflictKind::NotNear { lines: all_lines }
            } else {
                self.missing()
            });
        }
        match self.edit.expect {
            Expect::Occurrence { index, of } if sites.len() == of => {
                let site = sites.into_iter().nth(index - 1);
                self.verdict(site.into_iter().collect(), 1)
            }
            Expect::Occurrence { .. } => self.ambiguous(&sites),
            Expect::Exactly(count) => self.verdict(sites, count),
            Expect::All => {
                let count = sites.len();
                self.verdict(sites, count)
            }
        }
    }

    fn verdict(&self, sites: Vec<Site>, count: usize) -> Located {
        let pristine = sites.iter().filter(|site| site.is_pristine()).count();
        let applied = sites.iter().filter(|site| site.is_applied()).count();
        let by_hand = sites.len() - pristine - applied;
        let extra = self.is_replacing() && (applied > 0 || by_hand > 0);
        if pristine == count && (sites.len() == count || extra) {
            return Located::Pristine(sites.into_iter().filter(Site::is_pristine).collect());
        }
        if pristine == 0
            && by_hand == 0
            && (applied == count || (self.is_replacing() && applied > count))
        {
            return Located::Applied(sites);
        }
        if sites.len() != count {
            return self.ambiguous(&sites);
        }
        if by_hand > 0 && pristine == 0 {
            return Located::ByHand(sites);
        }
        if self.edit.expect == Expect::All && self.is_replacing() {
            return Located::Pristine(sites.into_iter().filter(Site::is_pristine).collect());
        }
        let (pristine, applied): (Vec<Site>, Vec<Site>) =
            sites.into_iter().partition(Site::is_pristine);
        Located::Conflict(ConflictKind::Partial {
            applied: self.line_numbers(&applied),
            pristine: self.line_numbers(&pristine),
        })
    }

    fn ambiguous(&self, sites: &[Site]) -> Located {
        let lines = self.line_numbers(sites);
        Located::Conflict(ConflictKind::Ambiguous {
            lines,
            expect: self.edit.expect,
        })
    }

    fn missing(&self) -> ConflictKind {
        let pattern = match &self.edit.action {
            Action::Insert {
                anchor: Finder::Lines(spellings),
                ..
            } => spellings.first(),
            Action::Replace { range, .. }
            | Action::Delete { range }
            | Action::CommentOut { range, .. }
            | Action::Wrap { range, .. } => range.anchor.first_pattern(),
            Action::Argument {
                anchor: CallAnchor::Lines(spellings),
                ..
            } => spellings.first().map(|(pattern, _)| pattern),
            _ => None,
        };
        let near = pattern.map(|pattern| near_misses(self.document, pattern, &self.region.lines));
        ConflictKind::Missing {
            near: near.unwrap_or_default(),
        }
    }

    fn line_numbers(&self, sites: &[Site]) -> Vec<usize> {
        const COUNTED: usize = 1_000;
        sites
            .iter()
            .take(COUNTED)
            .map(|site| self.document.line_number(site.span.start))
            .collect()
    }

    /// Keeps the sites that have the surrounding lines which `near` asks for.
    fn near(&self, sites: Vec<Site>) -> Vec<Site> {
        let (after, before) = (&self.edit.near_after, &self.edit.near_before);
        if after.is_none() && before.is_none() {
            return sites;
        }
        let find = |pattern: &Option<Pattern>| -> Option<Vec<Range<usize>>> {
            pattern
                .as_ref()
                .map(|pattern| pattern.find(self.document, &self.region.lines))
        };
        let (after, before) = (find(after), find(before));
        let regions: Vec<Range<usize>> = sites.iter().map(|site| site.region.clone()).collect();
        let is_near = |index: usize| {
            let here = self.document.line_at(regions[index].start);
            let scope = self
                .region
                .range_of(here)
                .cloned()
                .unwrap_or(0..self.document.line_count());
            let start = index
                .checked_sub(1)
                .map_or(0, |before| self.document.line_from(regions[before].end));
            let end = regions
                .get(index + 1)
                .map_or(scope.end, |next| self.document.line_at(next.start));
            let above = start.max(scope.start)..self.document.line_from(regions[index].start);
            let below = self.document.line_from(regions[index].end)..end.min(scope.end);
            let has = |found: &Option<Vec<Range<usize>>>, part: &Range<usize>| {
                found.as_ref().is_none_or(|found| {
                    found
                        .iter()
                        .any(|found| part.start <= found.start && found.end <= part.end)
                })
            };
            has(&after, &above) && has(&before, &below)
        };
        let keep: Vec<bool> = (0..sites.len()).map(is_near).collect();
        sites
            .into_iter()
            .zip(keep)
            .filter_map(|(site, keep)| keep.then_some(site))
            .collect()
    }

    // --- anchors ---

    fn find(&self, finder: &Finder, spelling: usize) -> Vec<Span> {
        match finder {
            Finder::Lines(spellings) => {
                let found = spellings[spelling].find(self.document, &self.region.lines);
                found
                    .iter()
                    .map(|lines| Span::of_lines(self.document, lines))
                    .collect()
            }
            Finder::Regex(regex) => {
                let found = regex.find(self.document, &self.region.bytes(self.document));
                let mut spans: Vec<Span> =
                    found.iter().map(|at| self.trimmed_line(at.start)).collect();
                spans.dedup();
                spans
            }
        }
    }

    /// The physical line that holds `offset`, without the white space at its ends.
    fn trimmed_line(&self, offset: usize) -> Span {
        let start = self.document.physical_start(offset);
        let line = &self.document.bytes[start..self.document.physical_end(start)];
        let indent = line.len() - line.trim_ascii_start().len();
        Span {
            start: start + indent,
            end: (start + line.trim_ascii_end().len()).max(start + indent),
        }
    }

    /// Anchors with the lines up to and including their `until`.
    fn find_ranges(&self, range: &FinderRange, spelling: usize) -> Vec<Span> {
        let anchors = self.find(&range.anchor, spelling);
        let Some(until) = &range.until else {
            return anchors;
        };
        anchors
            .into_iter()
            .filter_map(|anchor| self.extend(anchor, until))
            .collect()
    }

    fn extend(&self, anchor: Span, until: &Finder) -> Option<Span> {
        let from = anchor.next_line(self.document);
        let scope = self.region.range_of(self.document.line_at(anchor.start))?;
        let rest = Region {
            lines: vec![from.min(scope.end)..scope.end],
        };
        let end = match until {
            Finder::Lines(spellings) => {
                let firsts = spellings
                    .iter()
                    .filter_map(|until| until.find_first(self.document, rest.lines[0].clone()));
                let first = firsts.min_by_key(|lines| lines.start)?;
                Span::of_lines(self.document, &first).end
            }
            Finder::Regex(regex) => {
                let first = regex
                    .find(self.document, &rest.bytes(self.document))
                    .into_iter()
                    .next()?;
                self.trimmed_line(first.start).end
            }
        };
        Some(Span {
            start: anchor.start,
            end,
        })
    }

    // --- what stands at an anchor ---

    fn insert_site(&self, side: Side, span: Span, block: &Block) -> Site {
        let physical = span.physical(self.document);
        let base = self.document.indent_at(span.start);
        let text = match side {
            Side::After => block_after(
                self.document,
                block,
                self.document.next_physical(span.end),
                base,
            ),
            Side::Before => self
                .document
                .previous_end(physical.start)
                .and_then(|end| block_before(self.document, block, end, base)),
        };
        if let Some(text) = text {
            let region = physical.start.min(text.start)..physical.end.max(text.end);
            return Site {
                span,
                region,
                state: SiteState::Applied(self.with_ending(&text)),
                spelling: 0,
            };
        }
        match self.hand_made(side, &span) {
            Some(text) => {
                let hand = text.physical(self.document);
                let region = physical.start.min(hand.start)..physical.end.max(hand.end);
                Site {
                    span,
                    region,
                    state: SiteState::ByHand(text.with_ending(self.document)),
                    spelling: 0,
                }
            }
            None => Site::pristine(self.document, span),
        }
    }

    /// The hand-made form right beside an anchor; only comments and blank lines may be between.
    fn hand_made(&self, side: Side, span: &Span) -> Option<Span> {
        self.edit.by_hand.iter().find_map(|form| {
            let first = match side {
                Side::After => span.next_line(self.document),
                Side::Before => self.document.line_at(span.start).checked_sub(form.len())?,
            };
            let fits = self.region.contains(first) && form.matches(self.document, first);
            fits.then(|| Span::of_lines(self.document, &(first..first + form.len())))
        })
    }

    /// Hand-made forms anywhere in the scope, for edits that take their anchor away.
    fn hand_sites(&self) -> Vec<Site> {
        let forms = self
            .edit
            .by_hand
            .iter()
            .flat_map(|form| form.find(self.document, &self.region.lines));
        forms
            .map(|lines| {
                let span = Span::of_lines(self.document, &lines);
                let state = SiteState::ByHand(span.with_ending(self.document));
                Site {
                    region: span.physical(self.document),
                    span,
                    state,
                    spelling: 0,
                }
            })
            .collect()
    }

    fn replacing_sites(
        &self,
        range: &FinderRange,
        spelling: usize,
        applied: Vec<Site>,
    ) -> Vec<Site> {
        let pristine = self.find_ranges(range, spelling);
        let pristine = pristine
            .into_iter()
            .map(|span| Site::pristine(self.document, span));
        without_shadowed(pristine.chain(applied).chain(self.hand_sites()).collect())
    }

    fn text_site(&self, text: Range<usize>) -> Site {
        let span = Span {
            start: text.start,
            end: text.end,
        };
        Site {
            span,
            state: SiteState::Applied(self.with_ending(&text)),
            region: text,
            spelling: 0,
        }
    }

    fn match_sites(&self, regex: &LineRegex, is_applied: bool) -> Vec<Site> {
        let found = regex.find(self.document, &self.region.bytes(self.document));
        found
            .into_iter()
            .map(|at| {
                let span = Span {
                    start: at.start,
                    end: at.end,
                };
                let state = if is_applied {
                    SiteState::Applied(at.clone())
                } else {
                    SiteState::Pristine
                };
                Site {
                    span,
                    region: at,
                    state,
                    spelling: 0,
                }
            })
            .collect()
    }

    /// Where a deleted anchor was: the line of `near.after` directly followed by that of
    /// `near.before`. Without both, a deletion leaves nothing that proves it.
    fn gaps(&self) -> Vec<Site> {
        let (Some(after), Some(before)) = (&self.edit.near_after, &self.edit.near_before) else {
            return Vec::new();
        };
        let found = after.find(self.document, &self.region.lines);
        found
            .into_iter()
            .filter(|lines| {
                self.region.contains(lines.end) && before.matches(self.document, lines.end)
            })
            .map(|lines| {
                let gap = self
                    .document
                    .physical_start(self.document.line(lines.end).start);
                let span = Span {
                    start: gap,
                    end: gap,
                };
                Site {
                    span,
                    region: gap..gap,
                    state: SiteState::Applied(gap..gap),
                    spelling: 0,
                }
            })
            .collect()
    }

    fn commented_out(&self, range: &FinderRange, spelling: usize, sign: &str) -> Vec<Site> {
        let Finder::Lines(spellings) = &range.anchor else {
            return Vec::new();
        };
        let until = match &range.until {
            Some(Finder::Lines(until)) => until.as_slice(),
            Some(Finder::Regex(_)) => return Vec::new(),
            None => &[],
        };
        let regions = self.region.bytes(self.document);
        let found = comment::find(self.document, &regions, &spellings[spelling], until, sign);
        found.into_iter().map(|text| self.text_site(text)).collect()
    }

    /// Header, the deeper range, footer.
    fn wrapped(
        &self,
        range: &FinderRange,
        spelling: usize,
        header: &Block,
        footer: &Block,
    ) -> Vec<Site> {
        let anchors = self.find_ranges(range, spelling);
        let sites = anchors.into_iter().filter_map(|span| {
            let inner = span.with_ending(self.document);
            let indent = self.document.indent_at(span.start);
            let unit = self.document.unit(indent);
            let base = indent.strip_suffix(unit.indent(1).as_slice())?;
            let above = self.document.previous_end(inner.start)?;
            let header = block_before(self.document, header, above, base)?;
            let footer = block_after(self.document, footer, inner.end, base)?;
            let text = header.start..footer.end.max(span.physical(self.document).end);
            Some(self.text_site(text))
        });
        sites.collect()
    }

    fn call_sites(&self, anchor: &CallAnchor, spelling: usize, argument: &Argument) -> Vec<Site> {
        match anchor {
            CallAnchor::Lines(spellings) => {
                let (pattern, target) = &spellings[spelling];
                let lines = pattern
                    .candidates(self.document, &self.region.lines)
                    .into_iter();
                let found = lines.filter_map(|line| {
                    let presence =
                        argument.presence(pattern, *target, self.document.line_text(line))?;
                    Some(self.call_site(line, presence))
                });
                found.collect()
            }
            CallAnchor::Regex(regex) => {
                let found = regex.find(self.document, &self.region.bytes(self.document));
                let mut sites: Vec<Site> = found
                    .into_iter()
                    .filter_map(|at| {
                        let line = self.document.line_at(at.start);
                        (line < self.document.line_count()).then(|| {
                            let start = self.document.line(line).start;
                            let part = at.start.saturating_sub(start)..at.end.saturating_sub(start);
                            self.call_site(
                                line,
                                argument.presence_in(self.document.line_text(line), &part),
                            )
                        })
                    })
                    .collect();
                sites.dedup_by(|next, before| next.region == before.region);
                sites
            }
        }
    }

    fn call_site(&self, line: usize, presence: Presence) -> Site {
        let whole = Span::of_lines(self.document, &(line..line + 1));
        let region = whole.physical(self.document);
        let number = || self.document.line_number(whole.start);
        let (span, state) = match presence {
            // The call itself, so that the change is made there.
            Presence::Absent(call) => (
                Span {
                    start: whole.start + call.open,
                    end: whole.start + call.close,
                },
                SiteState::Pristine,
            ),
            Presence::Present => (whole.clone(), SiteState::Applied(region.clone())),
            Presence::Differs(at) => {
                let found = self.document.line_text(line)[at].to_owned();
                (
                    whole.clone(),
                    SiteState::Foreign(ConflictKind::ArgumentDiffers {
                        line: number(),
                        found,
                    }),
                )
            }
            Presence::Unclear(calls) => (
                whole.clone(),
                SiteState::Foreign(ConflictKind::Calls {
                    line: number(),
                    calls,
                }),
            ),
        };
        Site {
            span,
            region,
            state,
            spelling: 0,
        }
    }

    // --- texts ---

    /// All places in the scope where the lines of `block` stand.
    fn blocks(&self, block: &Block) -> Vec<Range<usize>> {
        let Some((key, telling)) = block.telling_line() else {
            return Vec::new();
        };
        let finder = memchr::memmem::Finder::new(telling.as_bytes());
        let mut found = Vec::new();
        for region in self.region.bytes(self.document) {
            let mut at = region.start;
            while at < region.end
                && let Some(hit) = finder.find(&self.document.bytes[at..region.end])
            {
                let offset = at + hit;
                at = self.document.physical_end(offset).max(offset + 1);
                found.extend(
                    self.block_around(block, key, offset)
                        .filter(|text| region.start <= text.start),
                );
            }
        }
        found
    }

    /// The place of `block` if its line `key` is the physical line that holds `offset`.
    fn block_around(&self, block: &Block, key: usize, offset: usize) -> Option<Range<usize>> {
        let document = self.document;
        let indent = document.indent_at(offset);
        let base = block.base_of(key, indent, document.unit(indent))?;
        let mut start = document.physical_start(offset);
        for _ in 0..key {
            start = document.previous_physical(start)?;
        }
        if document.language.is_python() && document.is_continuation(start) {
            return None;
        }
        block_after(document, block, start, base)
    }

    fn with_ending(&self, text: &Range<usize>) -> Range<usize> {
        text.start..text.end + self.document.ending_at(text.end).len()
    }
}

impl Finder {
    fn spellings(&self) -> usize {
        match self {
            Self::Lines(spellings) => spellings.len(),
            Self::Regex(_) => 1,
        }
    }

    fn first_pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Lines(spellings) => spellings.first(),
            Self::Regex(_) => None,
        }
    }
}

/// The physical lines from `start` on if they are `block` below `base`, without the last ending.
fn block_after(
    document: &Document<'_>,
    block: &Block,
    start: usize,
    base: &[u8],
) -> Option<Range<usize>> {
    let (mut at, mut end) = (start, start);
    for (index, line) in block.render(base, document.unit(base)).iter().enumerate() {
        if index > 0 {
            let ending = document.ending_at(end);
            if ending.is_empty() {
                return None;
            }
            at = end + ending.len();
        }
        if at >= document.bytes.len() && !line.is_empty() {
            return None;
        }
        end = document.physical_end(at.min(document.bytes.len()));
        if document.bytes[at..end].trim_ascii_end() != line.trim_ascii_end() {
            return None;
        }
    }
    Some(start..end)
}

/// The physical lines up to the one that ends at `end` if they are `block` below `base`.
fn block_before(
    document: &Document<'_>,
    block: &Block,
    end: usize,
    base: &[u8],
) -> Option<Range<usize>> {
    let mut start = document.physical_start(end);
    for _ in 1..block.len() {
        start = document.previous_physical(start)?;
    }
    block_after(document, block, start, base).filter(|text| text.end == end)
}
