//! What archives of wheels are read, and that those which lie are refused.

use torch_patch_upstream::{
    Member, UpstreamError, UpstreamErrorKind, Verification, Wheel, WheelFault, members,
};

use crate::making::{Form, INFO, Made, client, filed, make, served, u16_of, u32_of, with_record};

const A: (&str, &[u8]) = ("torch/a.py", b"a = 1\na = 1\na = 1\na = 1\na = 1\n");
const B: (&str, &[u8]) = ("torch/b.py", b"b = 2\r\n");
const FORMS: [Form; 4] = [Form::Stored, Form::Deflated, Form::Zip64, Form::Descriptor];

fn small(form: Form) -> Made {
    make(&with_record(&[A, B, ("torch/empty.py", b"")]), form)
}

fn read(wheel: &Wheel, path: &str) -> Result<Option<Member>, UpstreamError> {
    let mut found = members(client(), None, wheel, &[path])?;
    Ok(found.remove(path).unwrap())
}

/// What is wrong with the wheel, according to both sources.
fn fault(made: &Made, path: &str) -> WheelFault {
    let (_directory, file) = filed(&made.bytes);
    let (_server, url) = served(&made.bytes);
    let [from_file, from_server] = [file, url].map(|wheel| match read(&wheel, path) {
        Ok(found) => panic!("no error: {found:?}"),
        Err(error) => match error.kind() {
            UpstreamErrorKind::Wheel { fault, .. } => (**fault).clone(),
            _ => panic!("{error}"),
        },
    });
    assert_eq!(from_file, from_server);
    from_file
}

#[test]
fn members_are_read_in_every_form() {
    for form in FORMS {
        let made = small(form);
        let (_directory, file) = filed(&made.bytes);
        let (_server, url) = served(&made.bytes);
        for wheel in [file, url] {
            for (path, content) in [A, B, ("torch/empty.py", b"")] {
                let found = read(&wheel, path).unwrap().unwrap();
                assert_eq!(found.bytes, content, "{form:?} {path}");
                assert_eq!(found.verification, Verification::Digest, "{form:?} {path}");
            }
            assert_eq!(read(&wheel, "torch/c.py").unwrap(), None);
            assert_eq!(read(&wheel, "torch/").unwrap(), None);
            assert_eq!(read(&wheel, "TORCH/a.py").unwrap(), None);
        }
    }
}

#[test]
fn archives_of_another_writer_are_read() {
    use std::io::Write as _;

    let mut output = std::io::Cursor::new(Vec::new());
    let mut archive = rawzip::ZipArchiveWriter::new(&mut output);
    for (name, content) in with_record(&[A, B]) {
        let (mut entry, config) = archive
            .new_file(&name)
            .compression_method(rawzip::CompressionMethod::DEFLATE)
            .start()
            .unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::best());
        let mut writer = config.wrap(encoder);
        writer.write_all(&content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    let (_directory, wheel) = filed(output.get_ref());
    for (path, content) in [A, B] {
        assert_eq!(read(&wheel, path).unwrap().unwrap().bytes, content);
    }
}

/// A way in which a wheel lies, and what is said then.
type Lie = (&'static str, fn(&mut Made), &'static str);

/// The place of `torch/a.py`.
fn a(made: &Made) -> crate::making::Place {
    made.members[A.0]
}

const LIES: &[Lie] = &[
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
        |made| made.set32_twice(A.0, 24, 60 << 20),
        "cannot become 62914560",
    ),
    (
        "more content than declared",
        |made| made.set32_twice(A.0, 24, 10),
        "expected 10 bytes, found 11",
    ),
    (
        "less content than declared",
        |made| made.set32_twice(A.0, 24, 31),
        "expected 31 bytes, found 30",
    ),
    (
        "fewer packed bytes than there are",
        |made| {
            let packed = u32_of(a(made).packed);
            made.set32_twice(A.0, 20, packed - 1);
        },
        "are damaged",
    ),
    (
        "more packed bytes than there are",
        |made| {
            let packed = u32_of(a(made).packed);
            made.set32_twice(A.0, 20, packed + 1);
        },
        "overlaps",
    ),
    (
        "another CRC-32",
        |made| made.set32_twice(A.0, 16, 7),
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
        |made| made.set32(a(made).entry + 42, u32_of(made.members[B.0].local)),
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
            let at = made.members[B.0].entry + 46;
            made.bytes[at + 6] = b'a';
        },
        "two members `torch/a.py`",
    ),
];

#[test]
fn a_wheel_that_lies_is_refused() {
    for (lie, change, expected) in LIES {
        let mut made = small(Form::Deflated);
        change(&mut made);
        let message = fault(&made, A.0).to_string();
        assert!(message.contains(expected), "{lie}: {message}");
    }
}

const LIES_64: &[Lie] = &[
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
                made.set32(a(made).entry + 46 + A.0.len() + 5 + 4 + at, u32::MAX);
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

#[test]
fn a_wheel_of_64_bits_that_lies_is_refused() {
    for (lie, change, expected) in LIES_64 {
        let mut made = small(Form::Zip64);
        change(&mut made);
        let message = fault(&made, A.0).to_string();
        assert!(message.contains(expected), "{lie}: {message}");
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![0; 65 << 20];
    let mut made = make(&with_record(&[("torch/a.py", &zeros), B]), Form::Deflated);
    let found = fault(&made, A.0);
    assert!(
        matches!(found, WheelFault::TooLarge { size, .. } if size == 65 << 20),
        "{found}"
    );
    made.set32_twice(A.0, 24, 1000);
    let found = fault(&made, A.0);
    assert!(
        matches!(
            found,
            WheelFault::Size {
                expected: 1000,
                found: 1001,
                ..
            }
        ),
        "{found}"
    );
    let (_directory, wheel) = filed(&made.bytes);
    assert_eq!(read(&wheel, B.0).unwrap().unwrap().bytes, B.1);
}

/// Writes a file anew; truncating the old one instead makes some file systems write it to the disk at once.
fn put(path: &std::path::Path, bytes: &[u8]) {
    let _ = fs_err::remove_file(path);
    fs_err::write(path, bytes).unwrap();
}

/// Whether what was read is right; absence is only right if the name of the member was changed.
fn is_right(found: Result<Option<Member>, UpstreamError>, content: &[u8], has_name: bool) -> bool {
    match found {
        Ok(Some(member)) => member.bytes == content,
        Ok(None) => !has_name,
        Err(_) => true,
    }
}

#[test]
fn any_changed_byte_is_an_error_or_does_not_matter() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("torch.whl");
    let wheel = crate::making::at(torch_patch_upstream::Location::File(path.clone()));
    for form in FORMS {
        let made = small(form);
        let mut errors = 0;
        for at in 0..made.bytes.len() {
            for mask in [1, 0x80, 0xff] {
                let mut bytes = made.bytes.clone();
                bytes[at] ^= mask;
                put(&path, &bytes);
                for (member, content) in [A, B] {
                    let name = made.members[member].entry + 46;
                    let has_name = !(name..name + member.len()).contains(&at);
                    let found = read(&wheel, member);
                    errors += usize::from(found.is_err());
                    assert!(
                        is_right(found, content, has_name),
                        "{form:?} {at} {mask} {member}"
                    );
                }
            }
        }
        assert!(errors > made.bytes.len(), "{form:?} {errors}");
    }
}

#[test]
fn any_part_of_a_wheel_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("torch.whl");
    let wheel = crate::making::at(torch_patch_upstream::Location::File(path.clone()));
    for form in [Form::Deflated, Form::Zip64] {
        let bytes = small(form).bytes;
        for length in 0..bytes.len() {
            for part in [&bytes[..length], &bytes[bytes.len() - length..]] {
                put(&path, part);
                let found = read(&wheel, A.0);
                assert!(found.is_err(), "{form:?} {length}: {found:?}");
            }
        }
    }
}

#[test]
fn a_comment_may_look_like_an_end_record() {
    let mut made = small(Form::Deflated);
    let comment = b"PK\x05\x06 and so on, long enough for a record";
    made.set16(made.end + 20, u16_of(comment.len()));
    made.bytes.extend(comment);
    let (_directory, wheel) = filed(&made.bytes);
    assert_eq!(read(&wheel, A.0).unwrap().unwrap().bytes, A.1);
    let metadata = read(&wheel, "*.dist-info/METADATA").unwrap().unwrap();
    assert!(metadata.bytes.starts_with(b"Metadata-Version"));
    let named = read(&wheel, &format!("{INFO}/METADATA")).unwrap().unwrap();
    assert_eq!(named, metadata);
}
