//! The places of one edit in a file, by its verb.

use std::ops::Range;

use crate::argument::{Argument, Presence};
use crate::block::Block;
use crate::blocks;
use crate::comment::CommentFinder;
use crate::compile::{Action, CallAnchor, Finder, FinderRange, Side};
use crate::conflict::ConflictKind;
use crate::line_regex::{LineRegex, Template};
use crate::locate::Locator;
use crate::scope::Region;
use crate::site::{Site, SiteState, Span, without_shadowed};

impl Locator<'_, '_> {
    /// All places for one spelling of the anchor, in order.
    pub(crate) fn sites(&self, spelling: usize) -> Vec<Site> {
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
                let regions = self.region.bytes(self.document);
                let applied = blocks::find(self.document, &regions, block).into_iter();
                let applied = applied.map(|text| self.text_site(text)).collect();
                self.replacing_sites(range, spelling, applied)
            }
            Action::ReplaceMatch { regex, template } => {
                let mut sites = self.matches_and_results(regex, template);
                sites.extend(self.hand_sites());
                without_shadowed(sites)
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

    pub(crate) fn find(&self, finder: &Finder, spelling: usize) -> Vec<Span> {
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
                let mut spans: Vec<Span> = Vec::new();
                for at in found {
                    // Several matches in a line are one place.
                    if spans.last().is_none_or(|last| last.end <= at.start) {
                        spans.push(self.trimmed_line(at.start));
                    }
                }
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
        let ends = self.ends(until);
        let extend = |anchor: Span| {
            let from = anchor.next_line(self.document);
            let scope = self.region.range_of(self.document.line_at(anchor.start))?;
            let limit = Region::bytes_of(self.document, scope).end;
            let start = if from < self.document.line_count() {
                self.document.line(from).start
            } else {
                limit
            };
            let first = ends.partition_point(|end| end.start < start);
            let end = ends.get(first).filter(|end| end.end <= limit)?.end;
            Some(Span {
                start: anchor.start,
                end,
            })
        };
        anchors.into_iter().filter_map(extend).collect()
    }

    /// All places that can end a range, in order.
    fn ends(&self, until: &Finder) -> Vec<Span> {
        let spellings = 0..until.spellings();
        let found = spellings.flat_map(|spelling| self.find(until, spelling));
        let mut ends: Vec<Span> = found.collect();
        ends.sort_by_key(|end| end.start);
        ends
    }

    fn insert_site(&self, side: Side, span: Span, block: &Block) -> Site {
        let physical = span.physical(self.document);
        let base = self.document.indent_at(span.start);
        let text = match side {
            Side::After => blocks::starting_at(
                self.document,
                block,
                self.document.next_physical(span.end),
                base,
            ),
            Side::Before => self
                .document
                .previous_end(physical.start)
                .and_then(|end| blocks::ending_at(self.document, block, end, base)),
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

    /// The matches of an expression and the places where its replacement stands.
    ///
    /// What is both is in place if the edit would not change it.
    fn matches_and_results(&self, regex: &LineRegex, template: &Template) -> Vec<Site> {
        let regions = self.region.bytes(self.document);
        let matches = regex.find(self.document, &regions);
        let mut is_pristine = vec![true; matches.len()];
        let mut results = match template.proof() {
            Some(proof) => proof.find(self.document, &regions),
            None => Vec::new(),
        };
        results.retain(|at| {
            let Ok(same) =
                matches.binary_search_by_key(&(at.start, at.end), |own| (own.start, own.end))
            else {
                return true;
            };
            let is_in_place =
                regex.expand(self.document, at, template) == self.document.bytes[at.clone()];
            is_pristine[same] = !is_in_place;
            is_in_place
        });
        let matches = matches.into_iter().zip(is_pristine);
        let pristine = matches.filter(|(_, is_pristine)| *is_pristine);
        let pristine = pristine.map(|(at, _)| Site {
            span: Span {
                start: at.start,
                end: at.end,
            },
            region: at,
            state: SiteState::Pristine,
            spelling: 0,
        });
        let applied = results.into_iter().map(|at| self.text_site(at));
        pristine.chain(applied).collect()
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
        let finder = CommentFinder::new(self.document, &spellings[spelling], until, sign);
        let found = finder.find(&regions);
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
            let header = blocks::ending_at(self.document, header, above, base)?;
            let end = if footer.is_empty() {
                span.physical(self.document).end
            } else {
                blocks::starting_at(self.document, footer, inner.end, base)?.end
            };
            Some(self.text_site(header.start..end))
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

    /// Whether a line is one of the hand-made forms.
    fn is_hand_made(&self, line: usize) -> bool {
        let mut forms = self.edit.by_hand.iter();
        forms.any(|form| form.len() == 1 && form.matches(self.document, line))
    }

    fn call_site(&self, line: usize, presence: Presence) -> Site {
        let whole = Span::of_lines(self.document, &(line..line + 1));
        let region = whole.physical(self.document);
        let number = || self.document.line_number(whole.start);
        let (span, state) = match presence {
            Presence::Present => (whole.clone(), SiteState::Applied(region.clone())),
            _ if self.is_hand_made(line) => (whole.clone(), SiteState::ByHand(region.clone())),
            // The call itself, so that the change is made there.
            Presence::Absent(call) => (
                Span {
                    start: whole.start + call.open,
                    end: whole.start + call.close,
                },
                SiteState::Pristine,
            ),
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

    fn with_ending(&self, text: &Range<usize>) -> Range<usize> {
        text.start..text.end + self.document.ending_at(text.end).len()
    }
}
