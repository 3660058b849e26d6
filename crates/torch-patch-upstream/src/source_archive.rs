//! A source distribution (`.tar.gz`), for releases of which there is no wheel: read whole, verified, and only looked into.
//!
//! [The format](https://packaging.python.org/en/latest/specifications/source-distribution-format/) has one directory
//! named by distribution and version; what is below it, or below `src` in it, is taken for what an installation would
//! have. Nothing in it is run, so files that a build would make are not there. Bounded in both sizes; links, devices and
//! whatever else is no plain file are passed over.

use std::io::Read as _;

use flate2::read::GzDecoder;
use torch_patch_store::Digest;

use crate::archive::{MEMBER_LIMIT, ReadError, WheelFault};
use crate::members::{Member, Members, Verification};
use crate::source::RangeSource;
use crate::wheel::Wheel;

/// The most bytes that such an archive may unpack to.
const UNPACKED_LIMIT: u64 = 512 << 20;
/// The size of a header, and what contents are filled up to.
const BLOCK: usize = 512;
/// What stands for the metadata that a wheel has.
const METADATA: &str = "*.dist-info/METADATA";

/// Reads the files at `paths` out of a source distribution.
pub(crate) fn members(
    source: &dyn RangeSource,
    wheel: &Wheel,
    paths: &[&str],
) -> Result<Members, ReadError> {
    let unpacked = unpacked(source, wheel)?;
    let verification = match wheel.digest {
        Some(_) => Verification::Digest,
        None => Verification::Crc32,
    };
    let mut found: Members = paths
        .iter()
        .map(|path| ((*path).to_owned(), None))
        .collect();
    for (name, bytes) in files(&unpacked) {
        let Some((_, below)) = name.split_once('/') else {
            continue;
        };
        let below = below.strip_prefix("src/").unwrap_or(below);
        let path = if below == "PKG-INFO" { METADATA } else { below };
        if let Some(member @ None) = found.get_mut(path) {
            *member = Some(Member {
                bytes: bytes.to_vec(),
                digest: Digest::of(bytes),
                verification,
            });
        }
    }
    Ok(found)
}

/// The archive without its compression, once its digest is that of the index.
fn unpacked(source: &dyn RangeSource, wheel: &Wheel) -> Result<Vec<u8>, ReadError> {
    let path = || wheel.name.file_name.clone();
    let part = source.last(MEMBER_LIMIT)?;
    if part.start != 0 {
        let (size, limit) = (part.total, MEMBER_LIMIT);
        return Err(WheelFault::TooLarge {
            path: path(),
            size,
            limit,
        }
        .into());
    }
    let found = Digest::of(&part.bytes);
    if let Some(expected) = wheel.digest.filter(|digest| *digest != found) {
        return Err(WheelFault::Digest {
            path: String::new(),
            by: "the index",
            expected,
            found,
        }
        .into());
    }
    let mut bytes = Vec::new();
    let mut input = GzDecoder::new(part.bytes.as_slice()).take(UNPACKED_LIMIT + 1);
    if input.read_to_end(&mut bytes).is_err() {
        return Err(WheelFault::Packed { path: path() }.into());
    }
    let size = bytes.len() as u64;
    if size > UNPACKED_LIMIT {
        let limit = UNPACKED_LIMIT;
        return Err(WheelFault::TooLarge {
            path: path(),
            size,
            limit,
        }
        .into());
    }
    Ok(bytes)
}

/// The plain files of an archive in the format of
/// [POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html), with the long names of GNU and pax.
/// Ends where the archive does not go on as one.
fn files(archive: &[u8]) -> Vec<(String, &[u8])> {
    let mut files = Vec::new();
    let mut long_name = None;
    let mut at = 0;
    while let Some(header) = archive.get(at..at + BLOCK) {
        let Some(size) = number(&header[124..136]) else {
            break;
        };
        let start = at + BLOCK;
        let Some(content) = start
            .checked_add(size)
            .and_then(|end| archive.get(start..end))
        else {
            break;
        };
        match header[156] {
            b'L' => long_name = Some(text(content)),
            b'x' => long_name = pax_path(content).or(long_name),
            b'0' | 0 => {
                let name = long_name.take().unwrap_or_else(|| own_name(header));
                files.push((name.trim_start_matches("./").to_owned(), content));
            }
            _ => long_name = None,
        }
        at = start + size.next_multiple_of(BLOCK);
    }
    files
}

/// A number in octal digits; none in a block that is no header, as in the zeros at the end.
fn number(field: &[u8]) -> Option<usize> {
    let digits = text(field);
    usize::from_str_radix(digits.trim(), 8).ok()
}

/// The bytes up to a zero.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

fn own_name(header: &[u8]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    let is_posix = header[257..262] == *b"ustar";
    if is_posix && !prefix.is_empty() {
        return format!("{prefix}/{name}");
    }
    name
}

/// The `path` of a record `LENGTH path=NAME\n`.
fn pax_path(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let mut lines = text.lines();
    lines.find_map(|line| Some(line.split_once(" path=")?.1.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use torch_patch_store::Digest;

    use super::{files, members};
    use crate::archive::{ReadError, WheelFault};
    use crate::client::Part;
    use crate::error::UpstreamError;
    use crate::members::Verification;
    use crate::source::RangeSource;
    use crate::wheel::{Location, Wheel, WheelName};

    struct Bytes(Vec<u8>);

    impl RangeSource for Bytes {
        fn last(&self, length: u64) -> Result<Part, UpstreamError> {
            let total = self.0.len() as u64;
            let start = total.saturating_sub(length);
            Ok(Part {
                start,
                total,
                bytes: self.0[usize::try_from(start).unwrap()..].to_vec(),
                validator: None,
            })
        }

        fn read(&self, _: u64, _: u64) -> Result<Part, UpstreamError> {
            unreachable!("a source archive is read whole")
        }

        fn is_local(&self) -> bool {
            true
        }
    }

    fn packed(entries: &[Vec<u8>]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&entries.concat()).unwrap();
        Bytes(encoder.finish().unwrap())
    }

    fn named(digest: Option<Digest>) -> Wheel {
        Wheel {
            name: WheelName::parse_source("a_b-1.0.tar.gz", "a-b").unwrap(),
            location: Location::Url("https://h/a_b-1.0.tar.gz".to_owned()),
            size: None,
            digest,
            metadata_digest: None,
            yanked: None,
        }
    }

    #[test]
    fn files_are_those_of_an_installation() {
        let source = packed(&[
            entry("a_b-1.0/PKG-INFO", b'0', b"Name: a-b\n"),
            entry("a_b-1.0/a/one.py", b'0', b"x = 1\n"),
            entry("a_b-1.0/src/a/two.py", b'0', b"x = 2\n"),
            vec![0; 1024],
        ]);
        let paths = ["a/one.py", "a/two.py", "a/three.py", "*.dist-info/METADATA"];
        let digest = Some(Digest::of(&source.0));
        let found = members(&source, &named(digest), &paths).unwrap();
        let text = |path: &str| {
            let member = found[path].as_ref();
            member.map(|member| String::from_utf8_lossy(&member.bytes).into_owned())
        };
        let texts = paths.map(text);
        let expected = [Some("x = 1\n"), Some("x = 2\n"), None, Some("Name: a-b\n")];
        assert_eq!(texts, expected.map(|text| text.map(str::to_owned)));
        let member = found["a/one.py"].as_ref().unwrap();
        assert_eq!(member.verification, Verification::Digest);
        let unsigned = members(&source, &named(None), &["a/one.py"]).unwrap();
        let member = unsigned["a/one.py"].as_ref().unwrap();
        assert_eq!(member.verification, Verification::Crc32);
    }

    #[test]
    fn another_archive_than_the_index_has_is_refused() {
        let source = packed(&[entry("a_b-1.0/a/one.py", b'0', b"x = 1\n")]);
        let fault = members(&source, &named(Some(Digest::of(b"other"))), &["a/one.py"]);
        assert!(matches!(
            fault,
            Err(ReadError::Wheel(WheelFault::Digest { .. }))
        ));
        let damaged = Bytes(source.0[..source.0.len() / 2].to_vec());
        let fault = members(&damaged, &named(None), &["a/one.py"]);
        assert!(matches!(
            fault,
            Err(ReadError::Wheel(WheelFault::Packed { .. }))
        ));
    }

    #[test]
    fn names_of_source_archives_are_read() {
        let version = |name: &str, project: &str| {
            WheelName::parse_source(name, project).map(|name| name.version)
        };
        assert_eq!(
            version("mmcv-full-1.7.2.tar.gz", "mmcv-full").as_deref(),
            Some("1.7.2")
        );
        assert_eq!(
            version("pyannote_audio-3.4.0.tar.gz", "pyannote-audio").as_deref(),
            Some("3.4.0")
        );
        assert_eq!(version("mmcv-full-1.7.2.tar.gz", "mmcv"), None);
        assert_eq!(version("a-1.0.zip", "a"), None);
        assert_eq!(version("a-latest.tar.gz", "a"), None);
    }

    fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}", content.len());
        bytes[124..135].copy_from_slice(size.as_bytes());
        bytes[156] = kind;
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    #[test]
    fn plain_files_are_found_with_their_names() {
        let archive = [
            entry("a-1.0/", b'5', b""),
            entry("a-1.0/a/b.py", b'0', b"x = 1\n"),
            entry("link", b'2', b""),
            entry("long", b'L', b"a-1.0/a/long.py\0"),
            entry("a-1.0/a/lo", b'0', b"y = 2\n"),
            entry("pax", b'x', b"24 path=a-1.0/a/pax.py\n"),
            entry("a-1.0/a/p", 0, b""),
            vec![0; 1024],
        ]
        .concat();
        let found = files(&archive);
        let found: Vec<(&str, &[u8])> = found
            .iter()
            .map(|(name, content)| (name.as_str(), *content))
            .collect();
        let expected: [(&str, &[u8]); 3] = [
            ("a-1.0/a/b.py", b"x = 1\n"),
            ("a-1.0/a/long.py", b"y = 2\n"),
            ("a-1.0/a/pax.py", b""),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn no_length_is_trusted() {
        let whole = entry("a-1.0/b.py", b'0', &[b'x'; 1000]);
        for end in 0..whole.len() {
            let found = files(&whole[..end]);
            assert!(found.iter().all(|(_, content)| content.len() == 1000));
        }
        let mut huge = whole;
        huge[124..135].copy_from_slice(b"77777777777");
        assert!(files(&huge).is_empty());
    }
}
