//! Which members are found and by what they are verified, and in how few requests.

use torch_patch_store::Digest;
use torch_patch_testing::{Fault, Server};
use torch_patch_upstream::{
    Members, UpstreamError, UpstreamErrorKind, Verification, Wheel, WheelFault, members,
};

use crate::making::{
    Files, Form, INFO, Made, client, filed, make, record, row, served, with_record,
};

const TARGET: &str = "torch/distributed/distributed_c10d.py";
const METADATA: &str = "*.dist-info/METADATA";

fn read(wheel: &Wheel, paths: &[&str]) -> Result<Members, UpstreamError> {
    members(client(), None, wheel, paths)
}

fn fault(result: Result<Members, UpstreamError>) -> WheelFault {
    let error = result.unwrap_err();
    match error.kind() {
        UpstreamErrorKind::Wheel { fault, .. } => (**fault).clone(),
        _ => panic!("{error}"),
    }
}

/// Bytes that cannot be packed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next)
        .flatten()
        .take(length)
        .collect()
}

fn content(path: &str) -> Vec<u8> {
    let times = if path == TARGET { 100 } else { 1 };
    format!("# {path}\n").repeat(times).into_bytes()
}

/// A package of 10,000 files of which the target is the one at a tenth or at nine tenths.
fn large(is_target_late: bool) -> Files {
    let place = if is_target_late { 9000 } else { 1000 };
    let file = |number: usize| match number {
        _ if number == place => TARGET.to_owned(),
        _ => format!(
            "torch/include/ATen/ops/of/the/usual/length/in/releases/of/torch/header_{number:05}.h"
        ),
    };
    let paths = (0..10_000).map(file);
    paths.map(|path| (path.clone(), content(&path))).collect()
}

/// Puts `RECORD` at a place among the files.
fn record_at(mut files: Files, place: usize) -> Files {
    let text = record(&files);
    files.insert(place, (format!("{INFO}/RECORD"), text.into_bytes()));
    files
}

fn target(wheel: &Wheel) -> Verification {
    let found = read(wheel, &[TARGET]).unwrap();
    let member = found[TARGET].as_ref().unwrap();
    assert_eq!(member.bytes, content(TARGET));
    assert_eq!(member.digest, Digest::of(&member.bytes));
    member.verification
}

#[test]
fn one_file_of_a_large_wheel_takes_three_requests() {
    let far = |mut files: Files| {
        files.insert(5000, ("torch/lib/torch.so".to_owned(), noise(1, 3 << 20)));
        files
    };
    for (layout, files, most) in [
        (
            "target early, record last",
            record_at(far(large(false)), 10_001),
            3,
        ),
        (
            "target late, record last",
            record_at(far(large(true)), 10_001),
            3,
        ),
        (
            "target late, record first",
            record_at(far(large(true)), 0),
            3,
        ),
        (
            "target early, record first",
            record_at(far(large(false)), 0),
            4,
        ),
        (
            "target late, record in the middle",
            record_at(far(large(true)), 3000),
            6,
        ),
        (
            "target early, record in the middle",
            record_at(far(large(false)), 3000),
            5,
        ),
    ] {
        let made = make(&files, Form::Mixed);
        assert!(made.end - made.directory > 1 << 20);
        let (server, wheel) = served(&made.bytes);
        assert_eq!(target(&wheel), Verification::Digest, "{layout}");
        let requests = server.requests().len();
        assert!(requests <= most, "{layout}: {requests}");
        let share = server.sent() * 100 / made.bytes.len() as u64;
        assert!(share < 60, "{layout}: {share} %");
    }
}

#[test]
fn a_small_wheel_takes_one_request() {
    let made = make(&with_record(&[(TARGET, &content(TARGET))]), Form::Deflated);
    let (server, wheel) = served(&made.bytes);
    assert_eq!(target(&wheel), Verification::Digest);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn near_members_come_in_one_request() {
    let names: Vec<String> = (0..9).map(|number| format!("torch/{number}.py")).collect();
    let mut files: Vec<(&str, Vec<u8>)> = names
        .iter()
        .map(|name| (name.as_str(), content(name)))
        .collect();
    files.push(("torch/lib/torch.so", noise(2, 2 << 20)));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, content)| (*name, content.as_slice()))
        .collect();
    let (server, wheel) = served(&make(&with_record(&files), Form::Deflated).bytes);
    let paths: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = read(&wheel, &paths).unwrap();
    assert!(found.values().all(Option::is_some) && found.len() == 9);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn what_is_not_there_is_absent() {
    let (server, wheel) = served(&make(&record_at(large(true), 0), Form::Mixed).bytes);
    let found = read(&wheel, &[TARGET, "torch/none.py", METADATA]).unwrap();
    let is_there: Vec<bool> = found.values().map(Option::is_some).collect();
    assert_eq!(is_there, [false, true, false]);
    assert!(server.requests().len() <= 5);
    assert_eq!(read(&wheel, &[]).unwrap(), Members::new());
}

/// A wheel with the file `torch/a.py` and this `RECORD`.
fn with_text(text: &str) -> Made {
    let files = [
        ("torch/a.py".to_owned(), b"a = 1\n".to_vec()),
        (format!("{INFO}/RECORD"), text.as_bytes().to_vec()),
    ];
    make(&files, Form::Deflated)
}

#[test]
fn a_file_is_held_against_its_row() {
    let right = row("torch/a.py", b"a = 1\n");
    let digest = right.rsplit_once(',').unwrap().0.to_owned();
    let other = row("torch/a.py", b"a = 2\n");
    for (text, expected) in [
        (right.clone(), Ok(Verification::Digest)),
        (
            format!("torch/z.py,sha256=!,\n{right}"),
            Ok(Verification::Digest),
        ),
        (format!("{digest},\n"), Ok(Verification::Digest)),
        ("torch/a.py,,\n".to_owned(), Ok(Verification::Crc32)),
        ("torch/a.py,md5=x,6\n".to_owned(), Ok(Verification::Crc32)),
        ("torch/b.py,,\n".to_owned(), Ok(Verification::Crc32)),
        (String::new(), Ok(Verification::Crc32)),
        (format!("{digest},7\n"), Err("expected 7 bytes, found 6")),
        (other, Err("is not that of `RECORD`: expected `sha256:")),
        (
            "torch/a.py,sha256=!,6\n".to_owned(),
            Err("its `RECORD` cannot be used"),
        ),
    ] {
        let made = with_text(&text);
        let (_directory, file) = filed(&made.bytes);
        let (_server, url) = served(&made.bytes);
        for wheel in [file, url] {
            match (read(&wheel, &["torch/a.py"]), expected) {
                (Ok(found), Ok(verification)) => {
                    let member = found["torch/a.py"].as_ref().unwrap();
                    assert_eq!(member.verification, verification, "{text}");
                }
                (Err(error), Err(message)) => {
                    assert!(error.to_string().contains(message), "{error}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}

#[test]
fn a_damaged_record_is_told_as_such() {
    let mut made = with_text(&row("torch/a.py", b"a = 2\n"));
    made.set32_twice(&format!("{INFO}/RECORD"), 16, 7);
    let (_directory, wheel) = filed(&made.bytes);
    let found = fault(read(&wheel, &["torch/a.py"]));
    assert!(
        matches!(&found, WheelFault::Crc32 { path, .. } if path.ends_with("/RECORD")),
        "{found}"
    );
}

#[test]
fn a_record_is_not_unpacked_beyond_its_size() {
    let rows = row("torch/b.py", b"").repeat(2000);
    let mut made = with_text(&(row("torch/a.py", b"a = 1\n") + &rows));
    made.set32_twice(&format!("{INFO}/RECORD"), 24, 10_000);
    let (_directory, wheel) = filed(&made.bytes);
    let found = fault(read(&wheel, &["torch/a.py"]));
    assert!(
        matches!(
            found,
            WheelFault::Size {
                expected: 10_000,
                ..
            }
        ),
        "{found}"
    );
}

#[test]
fn the_metadata_directory_is_that_of_the_distribution() {
    let file = |name: &str| (name.to_owned(), b"a = 1\n".to_vec());
    let decoy = (
        "other-1.0.dist-info/RECORD".to_owned(),
        row("torch/a.py", b"other").into_bytes(),
    );
    let text = row("torch/a.py", b"a = 1\n").into_bytes();
    for (info, expected) in [
        ("torch-1.0.dist-info", Verification::Digest),
        ("Torch-1.0.0.dist-info", Verification::Digest),
        ("torch-1.0.dist.info", Verification::Crc32),
        ("torch-1.1.dist-info", Verification::Crc32),
    ] {
        let record = (format!("{info}/RECORD"), text.clone());
        let files = [decoy.clone(), file("torch/a.py"), record];
        let (_directory, wheel) = filed(&make(&files, Form::Deflated).bytes);
        let found = read(&wheel, &["torch/a.py"]).unwrap();
        assert_eq!(
            found["torch/a.py"].as_ref().unwrap().verification,
            expected,
            "{info}"
        );
    }
    let both = [
        file("torch-1.0.dist-info/RECORD"),
        file("torch-1.0.0.dist-info/RECORD"),
    ];
    let (_directory, wheel) = filed(&make(&both, Form::Deflated).bytes);
    let found = fault(read(&wheel, &["torch-1.0.dist-info/RECORD"]));
    assert!(
        matches!(&found, WheelFault::MetadataDirectories { names } if names.len() == 2),
        "{found}"
    );
}

#[test]
fn a_stale_record_at_the_start_is_not_the_last_word() {
    let mut files = record_at(large(true), 4000);
    let stale = row(TARGET, b"stale");
    files.insert(0, (format!("{INFO}/RECORD"), stale.into_bytes()));
    files.insert(3000, ("torch/lib/torch.so".to_owned(), noise(3, 3 << 20)));
    let mut made = make(&files, Form::Mixed);
    // The first one is none of the directory's: its entry is that of another file.
    let hidden = made.directory + 46;
    let name = "torch-1.0.dist-info/RECORD";
    assert_eq!(&made.bytes[hidden..hidden + name.len()], name.as_bytes());
    made.bytes[hidden] = b'x';
    let (server, wheel) = served(&made.bytes);
    assert_eq!(target(&wheel), Verification::Digest);
    let asked: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|asked| asked.header("range").map(str::to_owned))
        .collect();
    assert!(
        asked.iter().any(|range| range.starts_with("bytes=0-")),
        "{asked:?}"
    );
}

#[test]
fn metadata_is_held_against_the_index() {
    let files = with_record(&[("torch/a.py", b"")]);
    let metadata = files
        .iter()
        .find(|(name, _)| name.ends_with("METADATA"))
        .unwrap();
    let digest = Digest::of(&metadata.1);
    let (_server, mut wheel) = served(&make(&files, Form::Deflated).bytes);
    wheel.metadata_digest = Some(digest);
    let found = read(&wheel, &[METADATA]).unwrap();
    assert_eq!(found[METADATA].as_ref().unwrap().digest, digest);
    wheel.metadata_digest = Some(Digest::of(b""));
    let found = fault(read(&wheel, &[METADATA]));
    assert!(
        matches!(
            found,
            WheelFault::Digest {
                by: "the index",
                ..
            }
        ),
        "{found}"
    );
    // Without a `RECORD` the index alone proves it.
    let name = format!("{INFO}/METADATA");
    let (_server, mut wheel) = served(&make(&[(name, metadata.1.clone())], Form::Stored).bytes);
    wheel.metadata_digest = Some(digest);
    let found = read(&wheel, &[METADATA]).unwrap();
    assert_eq!(
        found[METADATA].as_ref().unwrap().verification,
        Verification::Digest
    );
}

#[test]
fn a_record_itself_is_read_in_full() {
    let files = with_record(&[("torch/a.py", b"")]);
    let (_server, wheel) = served(&make(&files, Form::Deflated).bytes);
    let path = "*.dist-info/RECORD";
    let found = read(&wheel, &[path, "torch/a.py"]).unwrap();
    let record = found[path].as_ref().unwrap();
    assert_eq!(record.bytes, files.last().unwrap().1);
    assert_eq!(record.verification, Verification::Crc32);
    assert_eq!(
        found["torch/a.py"].as_ref().unwrap().verification,
        Verification::Digest
    );
}

#[test]
fn a_file_is_held_against_the_digest_of_the_index() {
    let made = with_text("");
    let (_directory, mut wheel) = filed(&made.bytes);
    wheel.digest = Some(Digest::of(&made.bytes));
    assert!(read(&wheel, &["torch/a.py"]).is_ok());
    wheel.digest = Some(Digest::of(b""));
    let found = fault(read(&wheel, &["torch/a.py"]));
    assert!(
        found
            .to_string()
            .contains("it is not the file of the index"),
        "{found}"
    );
    wheel.digest = None;
    wheel.size = Some(7);
    let found = fault(read(&wheel, &["torch/a.py"]));
    assert!(
        matches!(found, WheelFault::WheelSize { expected: 7, .. }),
        "{found}"
    );
    let (_directory, mut wheel) = filed(b"");
    assert_eq!(fault(read(&wheel, &["torch/a.py"])), WheelFault::NoEnd);
    let error = {
        wheel.location = torch_patch_upstream::Location::File("/nowhere/torch.whl".into());
        read(&wheel, &["torch/a.py"]).unwrap_err()
    };
    assert!(error.to_string().contains("/nowhere/torch.whl"), "{error}");
}

/// A wheel on a server that needs several requests.
fn remote() -> (Server, Wheel) {
    served(&make(&record_at(large(false), 10_000), Form::Mixed).bytes)
}

#[test]
fn a_wheel_that_changes_meanwhile_is_an_error() {
    let tag = |value: &str| Fault::Header("ETag".to_owned(), format!("\"{value}\""));
    let (server, wheel) = remote();
    server.fault("/torch.whl", tag("a"));
    assert_eq!(target(&wheel), Verification::Digest);
    server.heal("/torch.whl");
    // The first of two headers counts.
    server.fault("/torch.whl", tag("a").times(1));
    server.fault("/torch.whl", tag("b"));
    let found = fault(read(&wheel, &[TARGET]));
    assert!(
        matches!(
            found,
            WheelFault::Changed {
                what: "its validator"
            }
        ),
        "{found}"
    );
}

#[test]
fn a_member_that_is_too_large_is_not_asked_for() {
    let mut files = record_at(large(false), 10_000);
    files.push(("torch/lib/torch.so".to_owned(), noise(4, 4 << 20)));
    let mut made = make(&files, Form::Mixed);
    made.set32_twice(TARGET, 20, 1 << 30);
    let (server, wheel) = served(&made.bytes);
    let found = fault(read(&wheel, &[TARGET]));
    assert!(matches!(found, WheelFault::TooLarge { .. }), "{found}");
    assert!(server.sent() < 2 << 20, "{}", server.sent());
}

#[test]
fn a_server_that_ignores_ranges_is_refused_at_once() {
    let (server, wheel) = remote();
    server.fault("/torch.whl", Fault::IgnoreRange(900 << 20));
    let error = read(&wheel, &[TARGET]).unwrap_err();
    assert_eq!(error.code(), "range-ignored");
    assert_eq!(server.requests().len(), 1);
    assert!(server.sent() < 8 << 20, "{}", server.sent());
}

#[test]
fn faults_that_pass_do_no_harm_and_others_are_errors() {
    for fault in [
        Fault::Status(503),
        Fault::Truncate(1000),
        Fault::Reset(1000),
    ] {
        let (server, wheel) = remote();
        server.fault("/torch.whl", fault.clone().times(1));
        assert_eq!(target(&wheel), Verification::Digest, "{fault:?}");
        server.heal("/torch.whl");
        server.fault("/torch.whl", fault.clone());
        assert!(read(&wheel, &[TARGET]).is_err(), "{fault:?}");
    }
    for fault in [
        Fault::WrongRange,
        Fault::LiesAboutTotal(5),
        Fault::LiesAboutLength(5),
        Fault::Gzip,
    ] {
        let (server, wheel) = remote();
        server.fault("/torch.whl", fault.clone());
        let found = read(&wheel, &[TARGET]);
        assert!(found.is_err(), "{fault:?}");
    }
}

#[test]
fn no_changed_byte_of_a_partly_read_wheel_gives_wrong_bytes() {
    for record_place in [0, 10_000] {
        let made = make(&record_at(large(true), record_place), Form::Mixed);
        let (server, wheel) = served(&made.bytes);
        let name = made.members[TARGET].entry + 46;
        let name = name..name + TARGET.len();
        let record = made.members[&format!("{INFO}/RECORD")];
        let target = made.members[TARGET];
        let mut errors = 0;
        for start in [
            target.entry,
            target.local,
            record.entry,
            record.local,
            made.end,
        ] {
            for at in (start..made.bytes.len().min(start + 100)).step_by(11) {
                let mut bytes = made.bytes.clone();
                bytes[at] ^= 0x41;
                server.put("/torch.whl", bytes);
                match read(&wheel, &[TARGET]) {
                    Ok(found) => match &found[TARGET] {
                        Some(member) => assert_eq!(member.bytes, content(TARGET), "{at}"),
                        None => assert!(name.contains(&at), "{at}"),
                    },
                    Err(_) => errors += 1,
                }
            }
        }
        assert!(errors > 12, "{record_place}: {errors}");
    }
}
