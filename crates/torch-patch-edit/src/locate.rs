//! Finds the places of an edit in a file and tells what they look like.
//!
//! Architecture invariant: an edit counts as applied only where its result is found in place; a
//! failed match is never taken for it.

use std::ops::Range;

use crate::block::Block;
use crate::blocks;
use crate::compile::{Action, CallAnchor, Compiled, Finder, FinderRange};
use crate::conflict::ConflictKind;
use crate::document::Document;
use crate::edit::Expect;
use crate::nearmiss::{NearMiss, near_misses, near_regex};
use crate::pattern::Pattern;
use crate::scope::Region;
use crate::site::{Site, SiteState, Span};

/// How many line numbers a conflict has at most.
const COUNTED: usize = 1_000;

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

/// Adds the nearest lines to what [`locate`] said about an anchor that it did not find.
pub(crate) fn explain(
    document: &Document<'_>,
    edit: &Compiled,
    kind: ConflictKind,
) -> ConflictKind {
    let region = Region::new(document, edit.within.as_ref());
    match (kind, region) {
        (ConflictKind::Missing { .. }, Ok(region)) => Locator {
            document,
            edit,
            region,
        }
        .missing(),
        (kind, _) => kind,
    }
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

/// Looks for the block as whole lines that are not indented.
///
/// Another patch may have put its own lines after it, so it need not be at the end.
fn locate_append(document: &Document<'_>, block: &Block) -> Located {
    let all = document.text_start()..document.bytes.len();
    let found = blocks::find(document, std::slice::from_ref(&all), block);
    let is_outermost =
        |text: &Range<usize>| blocks::starting_at(document, block, text.start, b"").is_some();
    match found.into_iter().rfind(is_outermost) {
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

/// The anchor is not there; what comes near it is only looked for when someone wants to know.
const NOT_FOUND: Located = Located::Conflict(ConflictKind::Missing { near: Vec::new() });

/// Looks for one edit in the part of a file that its scope names.
pub(crate) struct Locator<'l, 'a> {
    pub(crate) document: &'l Document<'a>,
    pub(crate) edit: &'l Compiled,
    pub(crate) region: Region,
}

impl Locator<'_, '_> {
    fn locate(&self) -> Located {
        let (mut in_place, mut first_miss) = (None, None);
        for spelling in 0..self.spellings() {
            let mut sites = self.sites(spelling);
            for site in &mut sites {
                site.spelling = spelling;
            }
            match self.decide(sites) {
                // An anchor that is there says more than one that is not.
                Located::Conflict(kind) if kind.is_missing() => match first_miss {
                    Some(_) if matches!(kind, ConflictKind::Missing { .. }) => {}
                    _ => first_miss = Some(kind),
                },
                // The text may stand there for another reason while a later spelling is untouched.
                located @ (Located::Applied(_) | Located::ByHand(_)) if self.is_replacing() => {
                    in_place.get_or_insert(located);
                }
                located if in_place.is_none() || matches!(located, Located::Pristine(_)) => {
                    return located;
                }
                _ => {}
            }
        }
        in_place
            .or(first_miss.map(Located::Conflict))
            .unwrap_or(NOT_FOUND)
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

    /// Whether the edit takes its anchor away, so that its text may stand elsewhere as well.
    fn is_replacing(&self) -> bool {
        !matches!(
            self.edit.action,
            Action::Insert { .. } | Action::Argument { .. }
        )
    }

    // --- from places to a verdict ---

    fn decide(&self, sites: Vec<Site>) -> Located {
        let had_sites = !sites.is_empty();
        let has_near = self.edit.near_after.is_some() || self.edit.near_before.is_some();
        let all_lines = if has_near {
            self.line_numbers(&sites)
        } else {
            Vec::new()
        };
        let sites = self.near(sites);
        if let Some(SiteState::Foreign(kind)) = sites
            .iter()
            .map(|site| &site.state)
            .find(|state| matches!(state, SiteState::Foreign(_)))
        {
            return Located::Conflict(kind.clone());
        }
        if sites.is_empty() {
            return if had_sites {
                Located::Conflict(ConflictKind::NotNear { lines: all_lines })
            } else {
                NOT_FOUND
            };
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
        let takes_rest = self.edit.expect == Expect::All && self.is_replacing();
        if sites.len() == count && pristine == count {
            Located::Pristine(sites)
        } else if sites.len() == count && applied == count {
            Located::Applied(sites)
        } else if sites.len() == count && pristine == 0 {
            Located::ByHand(sites)
        } else if pristine == 0 && self.is_replacing() {
            // The text stands in places of which none is told to be the anchor's.
            NOT_FOUND
        } else if pristine == 0
            || pristine == sites.len()
            || !(self.is_replacing() || sites.len() == count)
        {
            self.ambiguous(&sites)
        } else if takes_rest {
            Located::Pristine(sites.into_iter().filter(Site::is_pristine).collect())
        } else {
            let (pristine, applied): (Vec<Site>, Vec<Site>) =
                sites.into_iter().partition(Site::is_pristine);
            Located::Conflict(ConflictKind::Partial {
                applied: self.line_numbers(&applied),
                pristine: self.line_numbers(&pristine),
            })
        }
    }

    fn ambiguous(&self, sites: &[Site]) -> Located {
        let lines = self.line_numbers(sites);
        Located::Conflict(ConflictKind::Ambiguous {
            lines,
            expect: self.edit.expect,
        })
    }

    /// Why no place was found: the last line of the range, or the anchor, with what comes near it.
    fn missing(&self) -> ConflictKind {
        let scope = self.region.lines.as_slice();
        let near = |finder: &Finder| match finder {
            Finder::Lines(spellings) => near_misses(self.document, &spellings[0], scope),
            Finder::Regex(regex) => near_regex(self.document, regex.source(), scope),
        };
        match &self.edit.action {
            Action::Insert { anchor, .. } => ConflictKind::Missing { near: near(anchor) },
            Action::Replace { range, .. }
            | Action::Delete { range }
            | Action::CommentOut { range, .. }
            | Action::Wrap { range, .. } => {
                self.missing_end(range, &near)
                    .unwrap_or_else(|| ConflictKind::Missing {
                        near: near(&range.anchor),
                    })
            }
            Action::Argument {
                anchor: CallAnchor::Lines(spellings),
                ..
            } => ConflictKind::Missing {
                near: near_misses(self.document, &spellings[0].0, scope),
            },
            Action::ReplaceMatch { regex, .. }
            | Action::Argument {
                anchor: CallAnchor::Regex(regex),
                ..
            } => ConflictKind::Missing {
                near: near_regex(self.document, regex.source(), scope),
            },
            _ => ConflictKind::Missing { near: Vec::new() },
        }
    }

    /// The miss of a range whose anchor is there.
    fn missing_end(
        &self,
        range: &FinderRange,
        near: &impl Fn(&Finder) -> Vec<NearMiss>,
    ) -> Option<ConflictKind> {
        let until = range.until.as_ref()?;
        let spellings = 0..range.anchor.spellings();
        let mut anchors = spellings.flat_map(|spelling| self.find(&range.anchor, spelling));
        let anchor = anchors.next()?;
        Some(ConflictKind::UntilMissing {
            line: self.document.line_number(anchor.start),
            until: until.source().into(),
            near: near(until),
        })
    }

    fn line_numbers(&self, sites: &[Site]) -> Vec<usize> {
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
                    let first = found.partition_point(|found| found.start < part.start);
                    found.get(first).is_some_and(|found| found.end <= part.end)
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
}

impl Finder {
    pub(crate) fn spellings(&self) -> usize {
        match self {
            Self::Lines(spellings) => spellings.len(),
            Self::Regex(_) => 1,
        }
    }
}
