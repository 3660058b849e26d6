//! Where an edit takes place: as little as tells its place from all others.

use std::ops::Range;

use crate::edit::{Edit, Expect, Near, Scope, Verb};
use crate::scope::path_of;

use super::candidate::Candidate;
use super::hunk::Hunk;
use super::trial::{Known, Outcome};
use super::{Derivation, anchor};

/// How many lines above and below are tried as neighbours.
const NEIGHBOURS: usize = 8;
/// Among more equal lines than this, none is told by its number.
const MOST_EQUAL: usize = 60;

/// How much is said to tell a place from others.
#[derive(Debug, Clone, Copy)]
enum Level {
    /// The anchor and its scope.
    Plain,
    /// Lines above or below it.
    Near,
    /// Its number among equal ones.
    Occurrence,
}

impl Derivation<'_> {
    /// The edit for one hunk that reads best, of those that fit. The number of a line among equal ones
    /// says least about its place, and lines that were not changed are replaced only if there is no
    /// other way.
    pub(super) fn edit_of(&self, hunk: &Hunk) -> Option<Edit> {
        let wanted = self.with([hunk]);
        let first = |groups: &[Vec<Candidate>], levels: &[Level]| {
            let tries = groups
                .iter()
                .flat_map(|group| levels.iter().map(move |level| (group, *level)));
            tries
                .flat_map(|(group, level)| group.iter().map(move |candidate| (candidate, level)))
                .find_map(|(candidate, level)| self.place(candidate, level, &wanted))
        };
        let lines = [Level::Plain, Level::Near];
        let own = self.candidates(hunk);
        first(&own, &lines)
            .or_else(|| first(&own, &[Level::Occurrence]))
            .or_else(|| {
                let wider = self.wider_candidates(hunk);
                first(&wider, &lines).or_else(|| first(&wider, &[Level::Occurrence]))
            })
    }

    /// Hunks that change equal lines in the same way are one edit, if it changes all such lines.
    pub(super) fn repeated(&self, hunks: &[Hunk], known: &mut Known) {
        for (index, first) in hunks.iter().enumerate() {
            if known.has(index) {
                continue;
            }
            let same = |hunk: &Hunk| {
                self.old_lines.bytes(&hunk.old) == self.old_lines.bytes(&first.old)
                    && self.new_lines.bytes(&hunk.new) == self.new_lines.bytes(&first.new)
            };
            let equal: Vec<usize> = (index..hunks.len())
                .filter(|&at| same(&hunks[at]))
                .collect();
            if equal.len() < 2 {
                continue;
            }
            let own: Vec<Hunk> = equal.iter().map(|&at| hunks[at].clone()).collect();
            let edit = known.looked_up(&own, || self.edit_of_all(&own));
            if let Some(edit) = edit {
                known.add(equal, edit);
            }
        }
    }

    /// The edit that makes the same change at several places.
    fn edit_of_all(&self, hunks: &[Hunk]) -> Option<Edit> {
        let wanted = self.with(hunks);
        let expect = Expect::Exactly(hunks.len());
        let groups = self.candidates(hunks.first()?).into_iter().flatten();
        let mut anchored = groups.filter(|candidate| !candidate.lines.is_empty());
        anchored.find_map(|candidate| {
            self.in_scopes(&candidate, &wanted, |edit| vec![Edit { expect, ..edit }])
        })
    }

    fn place(&self, candidate: &Candidate, level: Level, wanted: &[u8]) -> Option<Edit> {
        match level {
            Level::Plain => self.in_scopes(candidate, wanted, |edit| vec![edit]),
            Level::Near => {
                let nears = self.nears(&candidate.lines);
                self.in_scopes(candidate, wanted, |edit| {
                    let nears = nears.iter().filter(|_| edit.near.is_empty());
                    nears
                        .map(|near| Edit {
                            near: near.clone(),
                            ..edit.clone()
                        })
                        .collect()
                })
            }
            Level::Occurrence => self.in_scopes(candidate, wanted, |edit| {
                let of = match self.outcome(&edit, wanted) {
                    Outcome::Unclear(of) if of <= MOST_EQUAL => of,
                    _ => 0,
                };
                (1..=of)
                    .map(|index| Edit {
                        expect: Expect::Occurrence { index, of },
                        ..edit.clone()
                    })
                    .collect()
            }),
        }
    }

    /// The first of the variations of an edit that fits, from the innermost scope outwards.
    fn in_scopes(
        &self,
        candidate: &Candidate,
        wanted: &[u8],
        variations: impl Fn(Edit) -> Vec<Edit>,
    ) -> Option<Edit> {
        let scopes = self.scopes(candidate);
        let edits = scopes.into_iter().flat_map(|within| {
            variations(Edit {
                within,
                near: candidate.near.clone(),
                ..Edit::new(candidate.verb.clone())
            })
        });
        edits
            .into_iter()
            .find(|edit| self.outcome(edit, wanted) == Outcome::Fits)
    }

    /// The scopes of an anchor, innermost first, then the whole file. The definition that the anchor
    /// begins is the last of all, since what comes before it is none of it and it may go by another
    /// name afterwards; unless a text is put into it.
    fn scopes(&self, candidate: &Candidate) -> Vec<Option<Scope>> {
        let lines = &candidate.lines;
        if lines.is_empty() {
            return vec![None];
        }
        let all = self.old.scopes();
        let holds = |index: &usize| {
            let scope = &all[*index];
            scope.first as usize <= lines.start && lines.end <= scope.end as usize
        };
        let mut around: Vec<usize> = (0..all.len()).filter(holds).collect();
        around.reverse();
        let is_into = matches!(candidate.verb, Verb::InsertAfter { .. });
        let is_own = |index: &usize| all[*index].first as usize == lines.start && !is_into;
        let (own, outer): (Vec<usize>, Vec<usize>) = around.into_iter().partition(is_own);
        let path = |index: usize| Some(Scope::Python(path_of(&self.old, index)));
        let mut scopes: Vec<Option<Scope>> = outer.into_iter().map(path).collect();
        scopes.push(None);
        scopes.extend(own.into_iter().map(path));
        scopes
    }

    /// Lines beside an anchor, the nearest first.
    fn nears(&self, lines: &Range<usize>) -> Vec<Near> {
        if lines.is_empty() {
            return Vec::new();
        }
        let text = |index: Option<usize>| {
            let index = index.filter(|index| *index < self.old.line_count())?;
            anchor::line(&self.old, index).filter(|text| !text.is_empty())
        };
        let above = |by: usize| text(lines.start.checked_sub(by));
        let below = |by: usize| text(Some(lines.end + by - 1));
        let mut nears = Vec::new();
        for by in 1..=NEIGHBOURS {
            let after = above(by).map(|line| Near {
                after: Some(line),
                before: None,
            });
            let before = below(by).map(|line| Near {
                after: None,
                before: Some(line),
            });
            nears.extend(after.into_iter().chain(before));
        }
        if let (Some(after), Some(before)) = (above(1), below(1)) {
            nears.push(Near {
                after: Some(after),
                before: Some(before),
            });
        }
        nears
    }
}
