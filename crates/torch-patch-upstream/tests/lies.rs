//! The ways in which a wheel lies, and what is said then.

use crate::making::{Made, Place, u32_of};

const A: &str = "torch/a.py";
const B: &str = "torch/b.py";

/// A way in which a wheel lies, and what is said then.
pub(crate) type Lie = (&'static str, fn(&mut Made), &'static str);

/// The place of `torch/a.py`.
fn a(made: &Made) -> Place {
    made.members[A]
}

pub(crate) const LIES: &[Lie] = &[
    (
        "no end record",
        |made| made.bytes.truncate(made.end),
        "expected an end record",
    ),
    (
        "a cut end record",
        |made| made.bytes.truncate(made.end + 21),
        "expected an end record",
    ),
    (
        "bytes behind the end",
        |made| made.bytes.push(0),
        "expected an end record",
    ),
    (
        "another disk",
        |made| made.set16(made.end + 4, 1),
        "several disks",
    ),
    (
        "entries on another disk",
        |made| made.set16(made.end + 8, 1),
        "several disks",
    ),
    (
        "a directory of 2 GiB",
        |made| made.set32(made.end + 12, 1 << 31),
        "expected 67108864, found 2147483648",
    ),
    (
        "a directory larger than the file",
        |made| made.set32(made.end + 12, 1 << 20),
        "the offset of the directory",
    ),
    (
        "a directory elsewhere",
        |made| made.set32(made.end + 16, u32_of(made.directory) - 1),
        "the offset of the directory",
    ),
    (
        "an absurd number of entries",
        |made| {
            made.set16(made.end + 8, 60000);
            made.set16(made.end + 10, 60000);
        },
        "the number of entries",
    ),
    (
        "one entry more",
        |made| {
            made.set16(made.end + 8, 6);
            made.set16(made.end + 10, 6);
        },
        "expected 6 entries, found 5",
    ),
    (
        "one entry less",
        |made| {
            made.set16(made.end + 8, 4);
            made.set16(made.end + 10, 4);
        },
        "expected 4 entries, found 5",
    ),
    (
        "an entry without signature",
        |made| made.set16(a(made).entry, 0),
        "expected an entry at offset",
    ),
    (
        "an entry that is too long",
        |made| made.set16(made.members["torch-1.0.dist-info/RECORD"].entry + 30, 99),
        "expected an entry at offset",
    ),
    (
        "an encrypted member",
        |made| made.set16(a(made).entry + 8, 1),
        "is encrypted",
    ),
    (
        "a strongly encrypted member",
        |made| made.set16(a(made).entry + 8, 0x40),
        "is encrypted",
    ),
    (
        "another method",
        |made| made.set16(a(made).entry + 10, 14),
        "by method 14",
    ),
    (
        "a member of 3 GiB",
        |made| made.set32(a(made).entry + 24, 3 << 30),
        "expected at most 67108864 bytes, found 3221225472",
    ),
    (
        "a packed member of 3 GiB",
        |made| made.set32(a(made).entry + 20, 3 << 30),
        "expected at most 67108864 bytes, found 3221225472",
    ),
    (
        "an absurd ratio",
        |made| made.set32_twice(A, 24, 60 << 20),
        "cannot become 62914560",
    ),
    (
        "more content than declared",
        |made| made.set32_twice(A, 24, 10),
        "expected 10 bytes, found 11",
    ),
    (
        "less content than declared",
        |made| made.set32_twice(A, 24, 31),
        "expected 31 bytes, found 30",
    ),
    (
        "fewer packed bytes than there are",
        |made| {
            let packed = u32_of(a(made).packed);
            made.set32_twice(A, 20, packed - 1);
        },
        "are damaged",
    ),
    (
        "more packed bytes than there are",
        |made| {
            let packed = u32_of(a(made).packed);
            made.set32_twice(A, 20, packed + 1);
        },
        "overlaps",
    ),
    (
        "another CRC-32",
        |made| made.set32_twice(A, 16, 7),
        "expected CRC-32 00000007",
    ),
    (
        "damaged packed bytes",
        |made| made.set16(a(made).data, 0xffff),
        "are damaged",
    ),
    (
        "a member in the directory",
        |made| made.set32(a(made).entry + 42, u32_of(made.directory) - 1),
        "overlaps the central directory",
    ),
    (
        "a member behind the file",
        |made| made.set32(a(made).entry + 42, u32::MAX - 1),
        "overlaps the central directory",
    ),
    (
        "a member of 64 bits without them",
        |made| made.set32(a(made).entry + 42, u32::MAX),
        "expected an entry at offset",
    ),
    (
        "a member in another one",
        |made| made.set32(a(made).entry + 42, u32_of(made.members[B].local)),
        "overlaps `torch/b.py`",
    ),
    (
        "no local header",
        |made| made.set16(a(made).local, 0),
        "contradicts the central directory: signature",
    ),
    (
        "another name in the local header",
        |made| made.set16(a(made).local + 30, 0x5454),
        "central directory: name",
    ),
    (
        "another method in the local header",
        |made| made.set16(a(made).local + 8, 0),
        "central directory: method",
    ),
    (
        "other flags in the local header",
        |made| made.set16(a(made).local + 6, 2),
        "central directory: flags",
    ),
    (
        "another CRC-32 in the local header",
        |made| made.set32(a(made).local + 14, 7),
        "central directory: CRC-32",
    ),
    (
        "another packed size in the local header",
        |made| made.set32(a(made).local + 18, 7),
        "central directory: packed size",
    ),
    (
        "another size in the local header",
        |made| made.set32(a(made).local + 22, 7),
        "central directory: size",
    ),
    (
        "a huge extra field in the local header",
        |made| made.set16(a(made).local + 28, u16::MAX),
        "signature",
    ),
    (
        "two members of the same name",
        |made| {
            let at = made.members[B].entry + 46;
            made.bytes[at + 6] = b'a';
        },
        "two members `torch/a.py`",
    ),
];

pub(crate) const LIES_64: &[Lie] = &[
    (
        "a record behind its locator",
        |made| made.set32(made.end - 12, u32_of(made.end)),
        "the offset of the zip64 record",
    ),
    (
        "a record far away",
        |made| made.set32(made.end - 8, 1),
        "the offset of the zip64 record",
    ),
    (
        "a record with 70,000 bytes behind it",
        |made| {
            let locator = made.end - 20;
            made.set32(made.end - 72, 44 + 70_000);
            made.bytes.splice(locator..locator, vec![0; 70_000]);
        },
        "the offset of the zip64 record",
    ),
    (
        "a member at the end of all numbers",
        |made| {
            for at in [16, 20] {
                made.set32(a(made).entry + 46 + A.len() + 5 + 4 + at, u32::MAX);
            }
        },
        "overlaps the central directory",
    ),
    (
        "no record",
        |made| made.set32(made.end - 12, 0),
        "the signature of the zip64 record",
    ),
    (
        "a longer record",
        |made| made.set32(made.end - 72, 45),
        "the size of the zip64 record",
    ),
    (
        "a record of another disk",
        |made| made.set32(made.end - 60, 1),
        "several disks",
    ),
    (
        "a directory of 2^32 bytes and more",
        |made| made.set32(made.end - 32, 1),
        "the size of the directory: expected 67108864",
    ),
    (
        "a directory elsewhere",
        |made| made.set32(made.end - 24, 1),
        "the offset of the directory",
    ),
    (
        "2^32 entries more",
        |made| {
            made.set32(made.end - 48, 1);
            made.set32(made.end - 40, 1);
        },
        "the number of entries",
    ),
    (
        "another number in the short record",
        |made| made.set16(made.end + 10, 2),
        "the number of entries: expected 5, found 2",
    ),
    (
        "another size in the short record",
        |made| made.set32(made.end + 12, 9),
        "the size of the directory",
    ),
    (
        "another offset in the short record",
        |made| made.set32(made.end + 16, 9),
        "the offset of the directory",
    ),
    (
        "a member of 2^32 bytes and more",
        |made| made.set32(a(made).entry + 46 + 10 + 5 + 4 + 4, 1),
        "too large",
    ),
    (
        "no field of 64 bits",
        |made| made.set16(a(made).entry + 46 + 10 + 5, 2),
        "expected an entry at offset",
    ),
    (
        "a short field of 64 bits",
        |made| made.set16(a(made).entry + 46 + 10 + 5 + 2, 23),
        "expected an entry at offset",
    ),
];
