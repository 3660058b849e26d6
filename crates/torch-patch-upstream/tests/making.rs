//! Wheels made byte by byte, so that a test can make any of them lie.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use torch_patch_store::Digest;
use torch_patch_testing::Server;
use torch_patch_upstream::{Client, ClientSettings, Location, Wheel, WheelName};

pub(crate) const INFO: &str = "torch-1.0.dist-info";

/// In which form members are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Stored,
    Deflated,
    /// Deflated, with all sizes and offsets of 64 bits.
    Zip64,
    /// Deflated, with sizes and CRC-32 behind the member.
    Descriptor,
    /// Deflated if it has more than 200 bytes, else stored, which is much faster.
    Mixed,
}

impl Form {
    fn of(self, content: &[u8]) -> Self {
        match self {
            Self::Mixed if content.len() > 200 => Self::Deflated,
            Self::Mixed => Self::Stored,
            form => form,
        }
    }
}

/// A wheel and where its parts are.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    pub(crate) members: BTreeMap<String, Place>,
    /// The offset of the central directory.
    pub(crate) directory: usize,
    /// The offset of the end record.
    pub(crate) end: usize,
}

/// Where a member is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its local header.
    pub(crate) local: usize,
    /// Its packed bytes.
    pub(crate) data: usize,
    pub(crate) packed: usize,
    /// Its entry in the directory.
    pub(crate) entry: usize,
}

pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// The files of a package with their metadata directory, `RECORD` last.
pub(crate) fn with_record(files: &[(&str, &[u8])]) -> Files {
    let mut all: Files = files
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
        .collect();
    let metadata = b"Metadata-Version: 2.1\nName: torch\nVersion: 1.0\n".to_vec();
    all.push((format!("{INFO}/METADATA"), metadata));
    let record = record(&all);
    all.push((format!("{INFO}/RECORD"), record.into_bytes()));
    all
}

/// The text of a `RECORD` of `files`.
pub(crate) fn record(files: &[(String, Vec<u8>)]) -> String {
    let text: String = files
        .iter()
        .map(|(name, content)| row(name, content))
        .collect();
    text + INFO + "/RECORD,,\n"
}

pub(crate) fn row(name: &str, content: &[u8]) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Digest::of(content).as_bytes());
    format!("{name},sha256={digest},{}\n", content.len())
}

/// Writes a wheel.
pub(crate) fn make(files: &[(String, Vec<u8>)], form: Form) -> Made {
    let mut bytes = Vec::new();
    let mut members = BTreeMap::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        let form = form.of(content);
        let mut place = add_member(&mut bytes, name, content, form);
        place.entry = directory.len();
        add_entry(&mut directory, name, content, place, form);
        members.insert(name.clone(), place);
    }
    let start = bytes.len();
    for place in members.values_mut() {
        place.entry += start;
    }
    bytes.extend(&directory);
    let end = add_end(&mut bytes, start, directory.len(), files.len(), form);
    Made {
        bytes,
        members,
        directory: start,
        end,
    }
}

fn add_member(bytes: &mut Vec<u8>, name: &str, content: &[u8], form: Form) -> Place {
    let packed = pack(content, form);
    let local = bytes.len();
    let sizes = [crc(content), u32_of(packed.len()), u32_of(content.len())];
    put16(
        bytes,
        &[0x4b50, 0x0403, 20, flags(form), method(form), 0, 0x21],
    );
    match form {
        Form::Descriptor => put32(bytes, &[0; 3]),
        Form::Zip64 => put32(bytes, &[sizes[0], u32::MAX, u32::MAX]),
        _ => put32(bytes, &sizes),
    }
    let mut extra = Vec::new();
    if form == Form::Zip64 {
        put16(&mut extra, &[1, 16]);
        put64(&mut extra, &[content.len() as u64, packed.len() as u64]);
    }
    put16(bytes, &[u16_of(name.len()), u16_of(extra.len())]);
    bytes.extend(name.as_bytes());
    bytes.extend(extra);
    let data = bytes.len();
    bytes.extend(&packed);
    if form == Form::Descriptor {
        put32(bytes, &[0x0807_4b50]);
        put32(bytes, &sizes);
    }
    Place {
        local,
        data,
        packed: packed.len(),
        entry: 0,
    }
}

fn add_entry(out: &mut Vec<u8>, name: &str, content: &[u8], place: Place, form: Form) {
    let mut extra = Vec::new();
    let mut sizes = [
        u32_of(place.packed),
        u32_of(content.len()),
        u32_of(place.local),
    ];
    if form == Form::Zip64 {
        put16(&mut extra, &[0x5455, 1, 0x4141]);
        extra.pop();
        put16(&mut extra, &[1, 24]);
        put64(
            &mut extra,
            &[content.len(), place.packed, place.local].map(|size| size as u64),
        );
        sizes = [u32::MAX; 3];
    }
    put16(
        out,
        &[0x4b50, 0x0201, 20, 20, flags(form), method(form), 0, 0x21],
    );
    put32(out, &[crc(content), sizes[0], sizes[1]]);
    put16(out, &[u16_of(name.len()), u16_of(extra.len()), 0, 0, 0]);
    put32(out, &[0, sizes[2]]);
    out.extend(name.as_bytes());
    out.extend(extra);
}

fn add_end(bytes: &mut Vec<u8>, start: usize, size: usize, count: usize, form: Form) -> usize {
    let at = bytes.len();
    let mut fields = [u32_of(count), u32_of(count), u32_of(size), u32_of(start)];
    if form == Form::Zip64 {
        put32(bytes, &[0x0606_4b50]);
        put64(bytes, &[44]);
        put16(bytes, &[45, 45]);
        put32(bytes, &[0, 0]);
        put64(
            bytes,
            &[count as u64, count as u64, size as u64, start as u64],
        );
        put32(bytes, &[0x0706_4b50, 0]);
        put64(bytes, &[at as u64]);
        put32(bytes, &[1]);
        fields = [u32::MAX; 4];
    }
    let end = bytes.len();
    put32(bytes, &[0x0605_4b50]);
    put16(bytes, &[0, 0, u16_of(fields[0]), u16_of(fields[1])]);
    put32(bytes, &fields[2..]);
    put16(bytes, &[0]);
    end
}

fn pack(content: &[u8], form: Form) -> Vec<u8> {
    if form == Form::Stored {
        return content.to_vec();
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The value as a field of 16 bits; all ones if it does not fit, as zip64 wants it.
pub(crate) fn u16_of(value: impl TryInto<u16>) -> u16 {
    value.try_into().unwrap_or(u16::MAX)
}

/// The value as a field of 32 bits; all ones if it does not fit.
pub(crate) fn u32_of(value: impl TryInto<u32>) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

fn crc(content: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    crc.sum()
}

fn flags(form: Form) -> u16 {
    if form == Form::Descriptor { 8 } else { 0 }
}

fn method(form: Form) -> u16 {
    if form == Form::Stored { 0 } else { 8 }
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put64(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

impl Made {
    pub(crate) fn set16(&mut self, at: usize, value: u16) {
        self.bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn set32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Changes a field of 32 bits in the entry and in the local header of a member, whose offsets are those of the entry
    /// and 2 less.
    pub(crate) fn set32_twice(&mut self, name: &str, at: usize, value: u32) {
        let place = self.members[name];
        self.set32(place.entry + at, value);
        self.set32(place.local + at - 2, value);
    }
}

/// A wheel of torch 1.0 somewhere.
pub(crate) fn at(location: Location) -> Wheel {
    Wheel {
        name: WheelName {
            file_name: "torch-1.0-py3-none-any.whl".to_owned(),
            distribution: "torch".to_owned(),
            version: "1.0".to_owned(),
            build: String::new(),
            python: vec!["py3".to_owned()],
            abi: vec!["none".to_owned()],
            platform: vec!["any".to_owned()],
        },
        location,
        size: None,
        digest: None,
        metadata_digest: None,
        yanked: None,
    }
}

/// A client that does not wait; one for all tests, as it reads the certificates of the system.
pub(crate) fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(|| {
        Client::new(ClientSettings {
            retries: 1,
            backoff: Duration::from_millis(1),
            ..ClientSettings::default()
        })
        .unwrap()
    });
    &CLIENT
}

/// A server with one wheel.
pub(crate) fn served(bytes: &[u8]) -> (Server, Wheel) {
    let server = Server::start();
    server.put("/torch.whl", bytes);
    let wheel = at(Location::Url(server.url("/torch.whl")));
    (server, wheel)
}

/// A file with one wheel.
pub(crate) fn filed(bytes: &[u8]) -> (tempfile::TempDir, Wheel) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("torch.whl");
    fs_err::write(&path, bytes).unwrap();
    (directory, at(Location::File(path)))
}
