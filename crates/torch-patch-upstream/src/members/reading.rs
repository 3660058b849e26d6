//! In which order the parts of a wheel are read.
//!
//! The directory of torch has up to 1.4 MB and its `RECORD` up to 0.6 MB packed; the numbers here were found by
//! counting bytes and requests over all wheels of torch on PyPI (`docs/performance.md`). They only decide what is
//! fetched together; what is believed does not depend on them.

use std::collections::BTreeMap;
use std::ops::Range;

use torch_patch_env::Recorded;
use torch_patch_store::Digest;

use crate::archive::{
    Directory, Entry, Inflating, MEMBER_LIMIT, Parsed, Pieces, ReadError, WheelFault, content,
    local_header, span,
};
use crate::members::dist_info::{self, DistInfo};
use crate::members::recorded;
use crate::members::{Member, Members, Verification};
use crate::source::RangeSource;
use crate::wheel::Wheel;

/// How much of the end of a wheel is read first: the whole directory of releases up to 1.8.
const TAIL: u64 = 256 << 10;
/// A rest of the directory that is read at once.
const SMALL_GAP: u64 = 512 << 10;
/// The part of a large directory that is read next, in percent; `torch/distributed` is at 4 to 11 in new releases.
const FRONT: u64 = 12;
/// How much of the start of a wheel is read at most when `RECORD` is likely there. Packed it has less than half the size
/// of the directory.
const HEAD: u64 = 512 << 10;
/// A `RECORD` that is read at once.
const SMALL_RECORD: u64 = 160 << 10;
/// How far before the directory `RECORD` may be to be read in one request with the directory's front.
const NEAR_DIRECTORY: u64 = 1280 << 10;
/// How much more of `RECORD` is read than the place of a member in the directory tells, in percent.
const MARGIN: u64 = 5;
/// The gap between two parts that are read in one request.
const NEAR: u64 = 512 << 10;

/// A wheel that is being read.
pub(super) struct Reading<'a> {
    pieces: Pieces<'a>,
    directory: Directory,
    wheel: &'a Wheel,
}

/// Where the `RECORD` of a wheel is.
struct Record {
    entry: Entry,
    name: String,
    /// Whether the directory has it there.
    is_certain: bool,
}

impl<'a> Reading<'a> {
    /// Reads the end of the wheel, and all of the directory if that is cheap.
    pub(super) fn open(source: &'a dyn RangeSource, wheel: &'a Wheel) -> Result<Self, ReadError> {
        let mut pieces = Pieces::open(source, TAIL)?;
        if let Some(expected) = wheel.size.filter(|size| *size != pieces.total()) {
            return Err(WheelFault::WheelSize {
                expected,
                found: pieces.total(),
            }
            .into());
        }
        let mut directory = Directory::new(&mut pieces)?;
        if pieces.is_local() {
            directory.complete(&mut pieces)?;
        }
        Ok(Self {
            pieces,
            directory,
            wheel,
        })
    }

    /// The size of the wheel.
    pub(super) fn total(&self) -> u64 {
        self.pieces.total()
    }

    /// What changes when the wheel does.
    pub(super) fn validator(&self) -> Option<&str> {
        self.pieces.validator()
    }

    /// The metadata directory, if it is known by now.
    pub(super) fn dist_info(&self) -> Option<DistInfo> {
        let entries = self.directory.entries().map(|(_, entry)| entry);
        DistInfo::among(entries, &self.wheel.name).ok().flatten()
    }

    /// Reads the members at `paths` and verifies them.
    pub(super) fn members(&mut self, paths: &[&str]) -> Result<Members, ReadError> {
        let entries = self.find(paths)?;
        let listed: Vec<&Entry> = entries.values().flatten().collect();
        let needs_record = listed.iter().any(|entry| !is_record(entry));
        let record = if needs_record { self.record()? } else { None };
        self.fetch(&listed, record.as_ref())?;
        let mut found = BTreeMap::new();
        let mut contents = Vec::new();
        for (path, entry) in &entries {
            let Some(entry) = entry else {
                found.insert(path.clone(), None);
                continue;
            };
            let bytes = content(&mut self.pieces, &self.directory, entry, MEMBER_LIMIT)?;
            contents.push((path, entry, bytes));
        }
        let verified = self.verify(&contents, record)?;
        for ((path, _, bytes), (digest, verification)) in contents.into_iter().zip(verified) {
            let member = Member {
                bytes,
                digest,
                verification,
            };
            found.insert(path.clone(), Some(member));
        }
        Ok(found)
    }

    /// Finds the entries of `paths`; those that are not there are known not to be.
    fn find(&mut self, paths: &[&str]) -> Result<BTreeMap<String, Option<Entry>>, ReadError> {
        loop {
            let mut found = BTreeMap::new();
            for path in paths {
                found.insert((*path).to_owned(), self.entry(path)?);
            }
            if self.directory.is_complete() || found.values().all(Option::is_some) {
                return Ok(found);
            }
            self.read_more_directory()?;
        }
    }

    fn entry(&self, path: &str) -> Result<Option<Entry>, ReadError> {
        let dist_info = self.known_dist_info()?.map(|found| found.to_string());
        let Some(name) = dist_info::resolve(path, dist_info.as_deref()) else {
            return Ok(None);
        };
        Ok(self.directory.find(&name)?.map(|(_, entry)| entry.clone()))
    }

    fn known_dist_info(&self) -> Result<Option<DistInfo>, WheelFault> {
        let entries = self.directory.entries().map(|(_, entry)| entry);
        DistInfo::among(entries, &self.wheel.name)
    }

    /// Reads the front of the directory, together with `RECORD` if that is near; then the rest.
    fn read_more_directory(&mut self) -> Result<(), ReadError> {
        let start = self.directory.start();
        let gap = self.directory.gap(&self.pieces);
        let is_first = gap.start == start;
        let front = start + self.directory.size() * FRONT / 100;
        let end = if is_first && gap.end - gap.start > SMALL_GAP && !self.pieces.is_local() {
            front.min(gap.end)
        } else {
            gap.end
        };
        let from = match self.known_record()? {
            Some(record)
                if is_first && start.saturating_sub(record.entry.offset) <= NEAR_DIRECTORY =>
            {
                record.entry.offset.min(gap.start)
            }
            _ => gap.start,
        };
        let end = end.max(from + 1).min(self.pieces.total());
        self.pieces.read(from, end - from)?;
        let before = self.directory.gap(&self.pieces);
        self.directory.learn(&self.pieces)?;
        if self.directory.gap(&self.pieces) == before && !self.directory.is_complete() {
            self.directory.complete(&mut self.pieces)?;
        }
        Ok(())
    }

    /// Finds `RECORD`: in what is known of the directory, else at the start of the wheel, else in all of the directory.
    fn record(&mut self) -> Result<Option<Record>, ReadError> {
        let mut has_looked_at_head = self.pieces.is_local();
        loop {
            if let Some(record) = self.known_record()? {
                return Ok(Some(record));
            }
            if self.directory.is_complete() {
                return Ok(None);
            }
            if has_looked_at_head {
                self.read_more_directory()?;
                continue;
            }
            has_looked_at_head = true;
            if let Some(record) = self.record_at_head()? {
                return Ok(Some(record));
            }
        }
    }

    fn known_record(&self) -> Result<Option<Record>, ReadError> {
        let Some(dist_info) = self.known_dist_info()? else {
            return Ok(None);
        };
        let name = dist_info.record();
        let found = self.directory.find(&name)?.map(|(_, entry)| entry.clone());
        Ok(found.map(|entry| Record {
            entry,
            name,
            is_certain: true,
        }))
    }

    /// Follows the local headers from the start of the wheel as far as they are known.
    fn record_at_head(&mut self) -> Result<Option<Record>, ReadError> {
        let length = HEAD.min(self.directory.size() / 2);
        let length = length.min(self.directory.start());
        self.pieces.read(0, length)?;
        let mut at = 0;
        while let Parsed::Is(local, _) = local_header(self.pieces.known(at), at) {
            let entry = &local.entry;
            if local.has_descriptor() {
                break;
            }
            let dist_info = DistInfo::of(&entry.name, &self.wheel.name);
            let name = dist_info.map(|found| found.record());
            if let Some(name) = name.filter(|name| name.as_bytes() == entry.name) {
                return Ok(Some(Record {
                    entry: local.entry,
                    name,
                    is_certain: false,
                }));
            }
            at = at.saturating_add(local.length).saturating_add(entry.packed);
        }
        Ok(None)
    }

    /// Fetches the members, and of `record` what is most likely needed, with near ones in one request.
    fn fetch(&mut self, entries: &[&Entry], record: Option<&Record>) -> Result<(), ReadError> {
        let mut spans = Vec::new();
        for entry in entries {
            entry.check(MEMBER_LIMIT)?;
            spans.push(span(&self.directory, entry));
        }
        if let Some(record) = record {
            record.entry.check(MEMBER_LIMIT)?;
            spans.extend(self.likely_part(entries, &record.entry));
        }
        spans.retain(|span| (self.pieces.known(span.start).len() as u64) < span.end - span.start);
        spans.sort_by_key(|span| span.start);
        let mut spans = spans.into_iter().peekable();
        while let Some(mut joined) = spans.next() {
            let is_near = |next: &Range<u64>, joined: &Range<u64>| {
                next.start <= joined.end + NEAR && next.end - joined.start <= MEMBER_LIMIT
            };
            while let Some(next) = spans.next_if(|next| is_near(next, &joined)) {
                joined.end = joined.end.max(next.end);
            }
            self.pieces.read(joined.start, joined.end - joined.start)?;
        }
        Ok(())
    }

    /// The part of the packed `RECORD` that has the rows of `entries`, whose order is that of the directory; a bit more
    /// than that, but nothing if what is known of it will most likely do.
    fn likely_part(&self, entries: &[&Entry], record: &Entry) -> Option<Range<u64>> {
        let places = self.directory.entries();
        let wanted = places.filter(|(_, entry)| entries.contains(entry));
        let last = wanted.map(|(at, _)| at - self.directory.start()).max()?;
        let share = record.packed * last / self.directory.size().max(1);
        let header = (record.name.len() + 100) as u64;
        if self.pieces.known(record.offset).len() as u64 >= header + share {
            return None;
        }
        let mut part = span(&self.directory, record);
        let likely = share + record.packed * MARGIN / 100 + 4096;
        let length = header + likely.max(record.packed.min(SMALL_RECORD));
        part.end = part.end.min(part.start.saturating_add(length));
        Some(part)
    }
}

/// What a member is verified by, and its digest.
type Verified = (Digest, Verification);

impl Reading<'_> {
    /// Holds contents against the rows of `record`, or against those of the directory's `RECORD` if it was another one.
    fn verify(
        &mut self,
        contents: &[(&String, &Entry, Vec<u8>)],
        record: Option<Record>,
    ) -> Result<Vec<Verified>, ReadError> {
        let Some(record) = record else {
            return contents
                .iter()
                .map(|(path, entry, bytes)| self.check(path, entry, bytes, Recorded::NoRecord))
                .collect();
        };
        let by_record = self.verify_by(contents, &record);
        let is_proven = |verified: &Vec<Verified>| {
            let mut both = contents.iter().zip(verified);
            both.all(|((_, entry, _), (_, means))| {
                is_record(entry) || *means == Verification::Digest
            })
        };
        if record.is_certain || by_record.as_ref().is_ok_and(is_proven) {
            return by_record;
        }
        self.directory.complete(&mut self.pieces)?;
        let record = self.known_record()?;
        self.verify(contents, record)
    }

    fn verify_by(
        &mut self,
        contents: &[(&String, &Entry, Vec<u8>)],
        record: &Record,
    ) -> Result<Vec<Verified>, ReadError> {
        let mut text = Inflating::new(&mut self.pieces, &record.entry, MEMBER_LIMIT)?;
        let mut verified = Vec::new();
        for (path, entry, bytes) in contents {
            let row = if is_record(entry) {
                Recorded::NoDigest
            } else {
                recorded::row(&mut text, &mut self.pieces, &record.name, &entry.path())?
            };
            let checked = self.check(path, entry, bytes, row);
            if checked.is_err() {
                // A damaged `RECORD` is told as such.
                while text.more(&mut self.pieces)? {}
            }
            verified.push(checked?);
        }
        Ok(verified)
    }

    /// Holds one content against its row, and against the index.
    fn check(
        &self,
        path: &str,
        entry: &Entry,
        bytes: &[u8],
        row: Recorded,
    ) -> Result<Verified, ReadError> {
        let digest = Digest::of(bytes);
        let from_index = self
            .wheel
            .metadata_digest
            .filter(|_| path == dist_info::METADATA);
        let mut expected = Vec::new();
        if let Recorded::Digest { sha256, size } = row {
            expected.push(("`RECORD`", Digest::from(sha256)));
            let found = bytes.len() as u64;
            if let Some(expected) = size.filter(|size| *size != found) {
                let path = entry.path();
                return Err(WheelFault::Size {
                    path,
                    expected,
                    found,
                }
                .into());
            }
        }
        expected.extend(from_index.map(|digest| ("the index", digest)));
        if let Some((by, expected)) = expected.iter().find(|(_, expected)| *expected != digest) {
            return Err(WheelFault::Digest {
                path: entry.path(),
                by,
                expected: *expected,
                found: digest,
            }
            .into());
        }
        let verification = match expected.len() {
            0 => Verification::Crc32,
            _ => Verification::Digest,
        };
        Ok((digest, verification))
    }
}

fn is_record(entry: &Entry) -> bool {
    DistInfo::is_any(&entry.name) && entry.name.ends_with(b"/RECORD")
}
