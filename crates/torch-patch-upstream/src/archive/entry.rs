//! What an archive says of one member: the entry in the central directory, and the local header.

use crate::archive::fault::WheelFault;

/// The size of an entry without its name, extra field and comment.
pub(crate) const HEADER: usize = 46;
/// The size of a local header without its name and extra field.
pub(crate) const LOCAL: usize = 30;

const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const HAS_DESCRIPTOR: u16 = 1 << 3;

/// Little-endian numbers in bytes of which the length is known; 0 behind their end.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    pub(crate) fn u16(self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    pub(crate) fn u32(self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    pub(crate) fn u64(self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at))
    }

    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        let bytes = self.0.get(at..).and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or([0; N])
    }
}

/// A member, as the central directory has it (APPNOTE 4.3.12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name; not always UTF-8.
    pub(crate) name: Vec<u8>,
    /// Its general purpose bits.
    pub(crate) flags: u16,
    /// How it is packed: 0 is stored, 8 deflated.
    pub(crate) method: u16,
    /// The CRC-32 of its content.
    pub(crate) crc32: u32,
    /// The size of its packed bytes.
    pub(crate) packed: u64,
    /// The size of its content.
    pub(crate) size: u64,
    /// The offset of its local header in the file.
    pub(crate) offset: u64,
}

/// What the bytes at a place of the central directory are.
pub(crate) enum Parsed<T> {
    /// Something, and its length in bytes.
    Is(T, usize),
    /// More bytes are needed to tell.
    Unfinished,
    /// Something else.
    Not,
}

impl Entry {
    /// Parses the entry at the start of `bytes`.
    pub(crate) fn parse(bytes: &[u8]) -> Parsed<Self> {
        if !b"PK\x01\x02".starts_with(bytes.get(..4).unwrap_or(bytes)) {
            return Parsed::Not;
        }
        if bytes.len() < HEADER {
            return Parsed::Unfinished;
        }
        let fields = Fields(bytes);
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(fields.u16(at)));
        let length = HEADER + name + extra + comment;
        if bytes.len() < length {
            return Parsed::Unfinished;
        }
        let extra = &bytes[HEADER + name..][..extra];
        let mut entry = Self {
            name: bytes[HEADER..][..name].to_vec(),
            flags: fields.u16(8),
            method: fields.u16(10),
            crc32: fields.u32(16),
            packed: fields.u32(20).into(),
            size: fields.u32(24).into(),
            offset: fields.u32(42).into(),
        };
        let wide = [&mut entry.size, &mut entry.packed, &mut entry.offset];
        if fields.u16(34) != 0 || !widen(extra, wide) {
            return Parsed::Not;
        }
        Parsed::Is(entry, length)
    }

    /// Its name, for messages.
    pub(crate) fn path(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    /// Checks that it is of a kind that is read, and of a size that makes sense.
    pub(crate) fn check(&self, limit: u64) -> Result<(), WheelFault> {
        let path = || self.path();
        if self.flags & ENCRYPTED != 0 {
            return Err(WheelFault::Encrypted { path: path() });
        }
        if !matches!(self.method, 0 | 8) {
            return Err(WheelFault::Method {
                path: path(),
                method: self.method,
            });
        }
        let size = self.packed.max(self.size);
        if size > limit {
            return Err(WheelFault::TooLarge {
                path: path(),
                size,
                limit,
            });
        }
        // The densest block of RFC 1951 has 258 bytes in 2 bits.
        let most = if self.method == 0 {
            self.packed
        } else {
            self.packed * 1032
        };
        if self.size > most || self.method == 0 && self.size != self.packed {
            return Err(WheelFault::Ratio {
                path: path(),
                packed: self.packed,
                size: self.size,
            });
        }
        Ok(())
    }
}

/// A local header (APPNOTE 4.3.7), as far as it tells something of the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Local {
    /// What it says; sizes and CRC-32 are 0 if they follow the member.
    pub(crate) entry: Entry,
    /// Its own length in bytes.
    pub(crate) length: u64,
}

impl Local {
    /// Whether sizes and CRC-32 stand behind the member.
    pub(crate) fn has_descriptor(&self) -> bool {
        self.entry.flags & HAS_DESCRIPTOR != 0
    }

    /// Checks that it is the local header of `entry`.
    pub(crate) fn check(&self, entry: &Entry) -> Result<(), WheelFault> {
        let found = &self.entry;
        let is_open = self.has_descriptor() && (found.packed, found.size, found.crc32) == (0, 0, 0);
        let same = [
            ("name", found.name == entry.name),
            ("flags", found.flags == entry.flags),
            ("method", found.method == entry.method),
            ("CRC-32", is_open || found.crc32 == entry.crc32),
            ("packed size", is_open || found.packed == entry.packed),
            ("size", is_open || found.size == entry.size),
        ];
        match same.into_iter().find(|(_, is_same)| !is_same) {
            None => Ok(()),
            Some((field, _)) => Err(WheelFault::LocalHeader {
                path: entry.path(),
                field,
            }),
        }
    }
}

/// Parses the local header at the start of `bytes`, which are those at `offset` of the file.
pub(crate) fn local_header(bytes: &[u8], offset: u64) -> Parsed<Local> {
    if !b"PK\x03\x04".starts_with(bytes.get(..4).unwrap_or(bytes)) {
        return Parsed::Not;
    }
    if bytes.len() < LOCAL {
        return Parsed::Unfinished;
    }
    let fields = Fields(bytes);
    let [name, extra] = [26, 28].map(|at| usize::from(fields.u16(at)));
    let length = LOCAL + name + extra;
    if bytes.len() < length {
        return Parsed::Unfinished;
    }
    let mut entry = Entry {
        name: bytes[LOCAL..][..name].to_vec(),
        flags: fields.u16(6),
        method: fields.u16(8),
        crc32: fields.u32(14),
        packed: fields.u32(18).into(),
        size: fields.u32(22).into(),
        offset,
    };
    let extra = &bytes[LOCAL + name..][..extra];
    if !widen(extra, [&mut entry.size, &mut entry.packed]) {
        return Parsed::Not;
    }
    let local = Local {
        entry,
        length: length as u64,
    };
    Parsed::Is(local, length)
}

/// Takes the values that do not fit into 32 bits from the zip64 field of `extra` (APPNOTE 4.5.3), in their order.
fn widen<const N: usize>(extra: &[u8], values: [&mut u64; N]) -> bool {
    let wide = values
        .into_iter()
        .filter(|value| **value == u64::from(u32::MAX));
    let mut wide = wide.peekable();
    if wide.peek().is_none() {
        return true;
    }
    let Some(mut field) = field_64(extra) else {
        return false;
    };
    for value in wide {
        let Some((bytes, rest)) = field.split_first_chunk() else {
            return false;
        };
        *value = u64::from_le_bytes(*bytes);
        field = rest;
    }
    true
}

/// The content of the first field of `extra` that is of zip64.
fn field_64(mut extra: &[u8]) -> Option<&[u8]> {
    loop {
        let fields = Fields(extra.get(..4)?);
        let content = extra.get(4..)?.get(..usize::from(fields.u16(2)))?;
        if fields.u16(0) == 1 {
            return Some(content);
        }
        extra = &extra[4 + content.len()..];
    }
}
