//! The order of the steps of one commit, and that the operating system really gets to see it.

use std::sync::Arc;

use torch_patch_store::{FileChange, Step, Store};

use crate::fault::FaultAt;
use crate::world::{World, apply, change, options, path, revert};

const OLD: &[u8] = b"a = 1\n";
const NEW: &[u8] = b"a = 1234\n";

/// Shortens digests and the root, so that the order reads as one list.
fn render(world: &World, step: &Step) -> String {
    let text = match step {
        Step::CreateDirectory(path) => format!("mkdir {}", path.display()),
        Step::Write(path) => format!("write {}", path.display()),
        Step::Sync(path) => format!("sync {}", path.display()),
        Step::Rename(_, to) => format!("rename to {}", to.display()),
        Step::Link(_, to) => format!("link to {}", to.display()),
        Step::SyncDirectory(path) => format!("sync entries of {}", path.display()),
        Step::Remove(path) => format!("remove {}", path.display()),
        Step::RemoveDirectory(path) => format!("rmdir {}", path.display()),
    };
    let root = world.root().display().to_string().replace('\\', "/");
    let text = text
        .replace('\\', "/")
        .replace(&format!("{root}/"), "")
        .replace(&root, "the root");
    text.split_inclusive('/')
        .map(|part| if part.len() > 60 { "…" } else { part })
        .collect()
}

#[test]
fn backups_then_intent_then_file_then_byte_code_then_ledger() {
    let world = World::new(&[("t/a.py", OLD), ("t/__pycache__/a.pyc", b"code")]);
    let recorder = Arc::new(FaultAt::never());
    let store = Store::observed(world.root(), recorder.clone());
    let file = FileChange {
        derived: vec![path("t/__pycache__/a.pyc")],
        ..apply("t/a.py", Some(OLD), Some(NEW))
    };
    store
        .lock(&options())
        .unwrap()
        .commit(change(vec![file]))
        .unwrap();
    let steps: Vec<String> = recorder
        .steps()
        .iter()
        .map(|step| render(&world, step))
        .collect();
    let temporary = steps
        .iter()
        .find_map(|step| step.strip_prefix("write t/"))
        .unwrap()
        .to_owned();
    assert!(temporary.starts_with(".torch-patch-"), "{temporary}");
    let kept = if cfg!(windows) {
        // A copy: a second name could not be flushed there without opening the original for writing.
        [
            "mkdir .torch-patch/backups",
            "mkdir .torch-patch/patches",
            "write .torch-patch/backups/…",
            "write .torch-patch/patches/…",
            "write .torch-patch/intent.json.tmp",
            "sync .torch-patch/backups/…",
            "sync .torch-patch/patches/…",
            "sync .torch-patch/intent.json.tmp",
            "rename to .torch-patch/backups/…",
            "rename to .torch-patch/patches/…",
            "rename to .torch-patch/intent.json",
        ]
        .as_slice()
    } else {
        &[
            "mkdir .torch-patch/backups",
            "link to .torch-patch/backups/…",
            "sync .torch-patch/backups/…",
            "mkdir .torch-patch/patches",
            "write .torch-patch/patches/…",
            "write .torch-patch/intent.json.tmp",
            "sync .torch-patch/patches/…",
            "sync .torch-patch/intent.json.tmp",
            "rename to .torch-patch/patches/…",
            "rename to .torch-patch/intent.json",
        ]
    };
    assert_eq!(
        steps,
        [
            &["mkdir .torch-patch"],
            kept,
            &[
                "sync entries of .torch-patch/backups",
                "sync entries of .torch-patch/patches",
                "sync entries of .torch-patch",
                "sync entries of the root",
                &format!("write t/{temporary}"),
                &format!("sync t/{temporary}"),
                "rename to t/a.py",
                "sync entries of t",
                "remove t/__pycache__/a.pyc",
                "sync entries of t/__pycache__",
                "rename to .torch-patch/ledger.json",
            ],
        ]
        .concat()
    );
}

/// The end of the change before needs not be durable until the next one begins.
#[test]
fn the_next_commit_begins_with_the_end_of_the_one_before() {
    let world = World::new(&[("t/a.py", OLD)]);
    world.commit(vec![apply("t/a.py", Some(OLD), Some(NEW))]);
    let recorder = Arc::new(FaultAt::never());
    let store = Store::observed(world.root(), recorder.clone());
    store
        .lock(&options())
        .unwrap()
        .commit(change(vec![revert("t/a.py", Some(NEW), Some(OLD))]))
        .unwrap();
    let steps = recorder.steps();
    let steps: Vec<String> = steps.iter().map(|step| render(&world, step)).collect();
    let synced = steps
        .iter()
        .position(|step| step == "sync entries of .torch-patch");
    let intended = steps.iter().position(|step| step.contains("intent.json"));
    assert!(synced.is_some() && synced < intended, "{steps:?}");
}

/// The store's directory may stay, and the next commit finds no ledger that tells it to sync this end.
#[test]
fn the_end_of_the_last_change_is_durable_before_its_backups_go() {
    let world = World::new(&[("t/a.py", OLD)]);
    world.commit(vec![apply("t/a.py", Some(OLD), Some(NEW))]);
    let recorder = Arc::new(FaultAt::never());
    let store = Store::observed(world.root(), recorder.clone());
    store
        .lock(&options())
        .unwrap()
        .commit(change(vec![revert("t/a.py", Some(NEW), Some(OLD))]))
        .unwrap();
    let steps = recorder.steps();
    let steps: Vec<String> = steps.iter().map(|step| render(&world, step)).collect();
    let end = steps
        .iter()
        .position(|step| step == "rename to .torch-patch/ledger.json")
        .unwrap();
    assert_eq!(
        steps[end..end + 4],
        [
            "rename to .torch-patch/ledger.json",
            "remove .torch-patch/ledger.json",
            "sync entries of .torch-patch",
            "remove .torch-patch/backups/…",
        ],
        "{steps:?}"
    );
}

/// Runs in a process of its own, under `strace`; the root comes by standard input.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a part of `the_operating_system_sees_a_sync_before_every_rename`"]
fn traced_child() {
    let mut root = String::new();
    std::io::stdin().read_line(&mut root).unwrap();
    if root.is_empty() {
        return;
    }
    let store = Store::new(root.trim_end());
    store
        .lock(&options())
        .unwrap()
        .commit(change(vec![apply("t/a.py", Some(OLD), Some(NEW))]))
        .unwrap();
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs strace"]
fn the_operating_system_sees_a_sync_before_every_rename() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let world = World::new(&[("t/a.py", OLD)]);
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-y",
            "-e",
            "trace=fsync,rename,renameat,renameat2",
            "-o",
        ])
        .arg(trace.path());
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--exact", "order::traced_child", "--ignored"]);
    let mut child = strace
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", world.root().display()).unwrap();
    assert!(child.wait().unwrap().success());

    let trace = fs_err::read_to_string(trace.path()).unwrap();
    let calls: Vec<&str> = trace.lines().filter(|line| line.ends_with("= 0")).collect();
    let mut renames = 0;
    let mut synced: Vec<String> = Vec::new();
    for (index, call) in calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.contains("rename"))
    {
        let (from, to) = renamed(call);
        let directory = std::path::Path::new(&to).parent().unwrap().display();
        let is_sync = |call: &&str, path: &str| {
            call.contains("fsync(") && call.contains(&format!("<{path}>"))
        };
        let is_synced = calls[..index].iter().any(|call| is_sync(call, &from));
        assert!(
            is_synced || synced.contains(&from),
            "no fsync of {from} before\n{trace}"
        );
        let is_durable = calls[index..]
            .iter()
            .any(|call| is_sync(call, &directory.to_string()));
        // The intent that becomes the ledger may come back: it is complete then.
        let is_end = to.ends_with("/ledger.json");
        assert!(
            is_durable || is_end,
            "no fsync of {directory} after\n{trace}"
        );
        synced.push(to);
        renames += 1;
    }
    assert_eq!(renames, 4, "{trace}");
}

/// The two paths of a rename: each name comes with the directory that it is looked up in.
#[cfg(target_os = "linux")]
fn renamed(call: &str) -> (String, String) {
    let names = call.split('"').skip(1).step_by(2);
    let directories = call.split('<').skip(1);
    let mut paths = directories
        .zip(names)
        .map(|(directory, name)| format!("{}/{name}", directory.split('>').next().unwrap()));
    (paths.next().unwrap(), paths.next().unwrap())
}
