//! The parts of a file in which an anchor is looked for.

use std::ops::Range;

use crate::compile::Within;
use crate::conflict::ConflictKind;
use crate::document::Document;
use crate::language::Language;
use crate::nearmiss::{NearMiss, near_misses, near_names};
use crate::outline::{PythonScope, ScopeKind};
use crate::pattern::Pattern;

/// Ranges of lines, in order and disjoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) lines: Vec<Range<usize>>,
}

impl Region {
    pub(crate) fn new(
        document: &Document<'_>,
        within: Option<&Within>,
    ) -> Result<Self, ConflictKind> {
        let all = 0..document.line_count();
        let lines = match within {
            None => vec![all],
            Some(Within::Python { path, .. }) => python(document, path)?,
            Some(Within::Between { from, to }) => vec![between(document, from, to)?],
        };
        Ok(Self { lines })
    }

    /// The same as ranges of bytes: whole physical lines, with the comments that follow.
    pub(crate) fn bytes(&self, document: &Document<'_>) -> Vec<Range<usize>> {
        let ranges = self.lines.iter();
        ranges
            .map(|range| Self::bytes_of(document, range))
            .collect()
    }

    /// The same of one range.
    pub(crate) fn bytes_of(document: &Document<'_>, lines: &Range<usize>) -> Range<usize> {
        let start = match lines.start {
            0 => document.text_start(),
            line => end_before(document, line),
        };
        start..end_before(document, lines.end)
    }

    /// Whether a line belongs to it.
    pub(crate) fn contains(&self, line: usize) -> bool {
        self.range_of(line).is_some()
    }

    /// The range that a line belongs to.
    pub(crate) fn range_of(&self, line: usize) -> Option<&Range<usize>> {
        let index = self.lines.partition_point(|range| range.end <= line);
        self.lines.get(index).filter(|range| range.contains(&line))
    }
}

/// Where the physical lines above a line end: the comments above it belong to what comes before.
fn end_before(document: &Document<'_>, line: usize) -> usize {
    if line < document.line_count() {
        document.physical_start(document.line(line).start)
    } else {
        document.bytes.len()
    }
}

/// The definitions that `path` names. The first may stand anywhere, each further one directly in
/// the one before it.
fn python(
    document: &Document<'_>,
    path: &[(ScopeKind, String)],
) -> Result<Vec<Range<usize>>, ConflictKind> {
    let scopes = document.scopes();
    let found = scopes.iter().filter(|scope| is_at(document, scope, path));
    let mut ranges: Vec<Range<usize>> = found
        .map(|scope| scope.first as usize..scope.end as usize)
        .collect();
    if ranges.is_empty() {
        return Err(ConflictKind::ScopeMissing {
            near: near_scopes(document, path),
        });
    }
    ranges.sort_by_key(|range| range.start);
    ranges.dedup_by(|next, before| {
        let overlaps = next.start < before.end;
        if overlaps {
            before.end = before.end.max(next.end);
        }
        overlaps
    });
    Ok(ranges)
}

fn is_at(document: &Document<'_>, scope: &PythonScope, path: &[(ScopeKind, String)]) -> bool {
    let parent = |scope: &PythonScope| Some(&document.scopes()[scope.parent? as usize]);
    let mut here = Some(scope);
    path.iter().rev().all(|(kind, name)| {
        let Some(scope) = here else {
            return false;
        };
        here = parent(scope);
        let own_name = &document.shadow[scope.name.0 as usize..scope.name.1 as usize];
        let is_kind =
            scope.kind == *kind || (*kind == ScopeKind::Def && scope.kind == ScopeKind::AsyncDef);
        is_kind && own_name == name
    })
}

/// The definitions of the same kind whose names come nearest to the last one of `path`.
fn near_scopes(document: &Document<'_>, path: &[(ScopeKind, String)]) -> Vec<NearMiss> {
    let Some((kind, name)) = path.last() else {
        return Vec::new();
    };
    let is_class = *kind == ScopeKind::Class;
    let scopes = document.scopes().iter();
    let same = scopes.filter(|scope| (scope.kind == ScopeKind::Class) == is_class);
    let named = same.map(|scope| {
        let line = document.line(scope.first as usize).start;
        let own = &document.shadow[scope.name.0 as usize..scope.name.1 as usize];
        (document.line_number(line), own)
    });
    near_names(if is_class { "class" } else { "def" }, name, named)
}

fn between(
    document: &Document<'_>,
    from: &Pattern,
    to: &Pattern,
) -> Result<Range<usize>, ConflictKind> {
    let all = 0..document.line_count();
    let starts = from.find(document, std::slice::from_ref(&all));
    let start = match starts.as_slice() {
        [] => {
            return Err(ConflictKind::ScopeMissing {
                near: near_misses(document, from, &[]),
            });
        }
        [only] => only,
        several => {
            let lines = several
                .iter()
                .map(|range| document.line_number(document.line(range.start).start));
            return Err(ConflictKind::ScopeAmbiguous {
                lines: lines.collect(),
            });
        }
    };
    let end = to.find_first(document, start.end..all.end);
    let end = end.ok_or_else(|| ConflictKind::ScopeMissing {
        near: near_misses(document, to, &[]),
    })?;
    Ok(start.start..end.end)
}

/// The innermost Python definition that a physical line (from 1) lies in, as [`Scope::Python`] has
/// it; `None` at module level and in other text.
///
/// [`Scope::Python`]: crate::Scope::Python
#[must_use]
pub fn scope_at(path: &str, bytes: &[u8], line: usize) -> Option<String> {
    let document = Document::new(bytes, Language::of_path(path)).ok()?;
    let number = |index: usize| document.line_number(document.line(index).start);
    let index = (0..document.line_count()).rfind(|index| number(*index) <= line)?;
    let scopes = document.scopes();
    let holds = |at: &usize| {
        let scope = &scopes[*at];
        (scope.first as usize..scope.end as usize).contains(&index)
    };
    let innermost = (0..scopes.len())
        .filter(holds)
        .max_by_key(|&at| scopes[at].first)?;
    Some(path_of(&document, innermost))
}

/// A definition with those it is in, as [`Scope::Python`] has it.
///
/// [`Scope::Python`]: crate::Scope::Python
pub(crate) fn path_of(document: &Document<'_>, scope: usize) -> String {
    let scopes = document.scopes();
    let mut names = Vec::new();
    let mut here = scopes.get(scope);
    while let Some(scope) = here {
        let keyword = match scope.kind {
            ScopeKind::Class => "class",
            ScopeKind::Def | ScopeKind::AsyncDef => "def",
        };
        let name = &document.shadow[scope.name.0 as usize..scope.name.1 as usize];
        names.push(format!("{keyword} {name}"));
        here = scope.parent.map(|parent| &scopes[parent as usize]);
    }
    names.reverse();
    names.join(" > ")
}
