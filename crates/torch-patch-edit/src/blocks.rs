//! Finds the text of an edit where it is in place, byte for byte but for trailing blanks.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::block::Block;
use crate::document::Document;

/// All places in `regions` where the lines of `block` stand, whatever they are indented by.
pub(crate) fn find(
    document: &Document<'_>,
    regions: &[Range<usize>],
    block: &Block,
) -> Vec<Range<usize>> {
    let Some((key, telling)) = block.telling_line() else {
        return Vec::new();
    };
    let finder = Finder::new(telling.as_bytes());
    let mut found = Vec::new();
    for region in regions {
        let mut at = region.start;
        while at < region.end
            && let Some(hit) = finder.find(&document.bytes[at..region.end])
        {
            let offset = at + hit;
            at = document.physical_end(offset);
            let text = around(document, block, key, offset);
            found.extend(text.filter(|text| region.start <= text.start));
        }
    }
    found
}

/// The place of `block` if its line `key` is the physical line that holds `offset`.
fn around(
    document: &Document<'_>,
    block: &Block,
    key: usize,
    offset: usize,
) -> Option<Range<usize>> {
    let indent = document.indent_at(offset);
    let base = block.base_of(key, indent, document.unit(indent))?;
    let mut start = document.physical_start(offset);
    for _ in 0..key {
        start = document.previous_physical(start)?;
    }
    if document.language.is_python() && document.is_continuation(start) {
        return None;
    }
    starting_at(document, block, start, base)
}

/// The physical lines from `start` on if they are `block` below `base`, without the last ending.
pub(crate) fn starting_at(
    document: &Document<'_>,
    block: &Block,
    start: usize,
    base: &[u8],
) -> Option<Range<usize>> {
    let (mut at, mut end) = (start, start);
    for (index, line) in block.lines(base, document.unit(base)).enumerate() {
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
pub(crate) fn ending_at(
    document: &Document<'_>,
    block: &Block,
    end: usize,
    base: &[u8],
) -> Option<Range<usize>> {
    let mut start = document.physical_start(end);
    for _ in 1..block.len() {
        start = document.previous_physical(start)?;
    }
    starting_at(document, block, start, base).filter(|text| text.end == end)
}
