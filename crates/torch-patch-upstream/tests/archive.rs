//! What archives of wheels are read, and that those which lie are refused.

use torch_patch_upstream::{
    Member, UpstreamError, UpstreamErrorKind, Verification, Wheel, WheelFault, members,
};

use crate::lies::{LIES, LIES_64};
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

#[test]
fn a_wheel_that_lies_is_refused() {
    for (lie, change, expected) in LIES {
        let mut made = small(Form::Deflated);
        change(&mut made);
        let message = fault(&made, A.0).to_string();
        assert!(message.contains(expected), "{lie}: {message}");
    }
}

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
fn packed_bytes_end_where_they_have_to() {
    let record = format!("{INFO}/RECORD");
    for (member, end) in [(A.0, A.0), (record.as_str(), "/RECORD")] {
        let mut made = small(Form::Descriptor);
        let place = made.members[member];
        made.set32(place.entry + 20, u32_of(place.packed + 1));
        let found = fault(&made, A.0);
        assert!(
            matches!(&found, WheelFault::Packed { path } if path.ends_with(end)),
            "{found}"
        );
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
