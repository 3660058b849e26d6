//! The places where an edit belongs, and what each of them looks like.

use std::ops::Range;

use crate::conflict::ConflictKind;
use crate::document::Document;

/// A stretch of a file by its first and last character: an anchor, or a text that was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn of_lines(document: &Document<'_>, lines: &Range<usize>) -> Self {
        Self {
            start: document.line(lines.start).start,
            end: document.line(lines.end - 1).end,
        }
    }

    /// From the start of its first to the end of its last physical line, without the ending.
    pub(crate) fn physical(&self, document: &Document<'_>) -> Range<usize> {
        document.physical_start(self.start)..document.physical_end(self.end)
    }

    /// The same with the ending.
    pub(crate) fn with_ending(&self, document: &Document<'_>) -> Range<usize> {
        document.physical_start(self.start)..document.next_physical(self.end)
    }

    /// The first line after it.
    pub(crate) fn next_line(&self, document: &Document<'_>) -> usize {
        document.line_from(self.end)
    }
}

/// A place where an edit belongs.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The anchor, or of an edit in place without anchor, the text.
    pub(crate) span: Span,
    /// The bytes that belong to the edit here: anchor and text.
    pub(crate) region: Range<usize>,
    pub(crate) state: SiteState,
    /// The spelling of the anchor that matched, from 0.
    pub(crate) spelling: usize,
}

/// What a place looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SiteState {
    Pristine,
    /// The edit's own text is there: these physical lines, with their endings.
    Applied(Range<usize>),
    /// A hand-made form is there: these physical lines, with their endings.
    ByHand(Range<usize>),
    /// Something else is in the way.
    Foreign(ConflictKind),
}

impl Site {
    pub(crate) fn pristine(document: &Document<'_>, span: Span) -> Self {
        let region = span.physical(document);
        Self {
            span,
            region,
            state: SiteState::Pristine,
            spelling: 0,
        }
    }

    pub(crate) fn is_pristine(&self) -> bool {
        self.state == SiteState::Pristine
    }

    pub(crate) fn is_applied(&self) -> bool {
        matches!(self.state, SiteState::Applied(_))
    }

    /// The number of the first physical line that the edit put in, or else of the anchor.
    pub(crate) fn line(&self, document: &Document<'_>) -> usize {
        let offset = match &self.state {
            SiteState::Applied(text) | SiteState::ByHand(text) => text.start,
            SiteState::Pristine | SiteState::Foreign(_) => self.span.start,
        };
        document.line_number(offset)
    }
}

/// Of sites that share bytes, drops those that are only a part of another: an anchor that stands in
/// text which was put in, or a text that is a part of an untouched anchor.
pub(crate) fn without_shadowed(mut sites: Vec<Site>) -> Vec<Site> {
    sites.sort_by_key(|site| (site.region.start, site.region.end));
    let mut kept: Vec<Site> = Vec::with_capacity(sites.len());
    for site in sites {
        let mut is_shadowed = false;
        while let Some(last) = kept
            .last()
            .filter(|last| last.region.end > site.region.start)
        {
            if last.is_pristine() && site.is_pristine() {
                break;
            }
            if shadows(last, &site) {
                is_shadowed = true;
                break;
            }
            kept.pop();
        }
        if !is_shadowed {
            kept.push(site);
        }
    }
    kept
}

/// Whether `one` stays and `other`, which shares bytes with it, goes.
fn shadows(one: &Site, other: &Site) -> bool {
    let is_part = |inner: &Site, outer: &Site| {
        inner.region != outer.region
            && outer.region.start <= inner.region.start
            && inner.region.end <= outer.region.end
    };
    match (one.is_pristine(), other.is_pristine()) {
        (true, false) => is_part(other, one),
        (false, true) => !is_part(one, other),
        _ => true,
    }
}
