//! Real processes that are killed at every step of a change: by SIGKILL, or by `TerminateProcess` on Windows.
//!
//! `crash` lets a process die in its imagination, and loses bytes too; here the system takes the lock and the open files
//! away.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use torch_patch_store::{Observer, Step, Store, Verdict};

use crate::crash::{CASES, Case, Ends};
use crate::world::{World, change, options};

/// Stops the process before a step, until it is killed.
#[derive(Debug)]
struct StopAt {
    step: usize,
    seen: AtomicUsize,
}

impl Observer for StopAt {
    #[expect(clippy::print_stdout, reason = "the parent reads it")]
    fn before(&self, _: &Step) -> Verdict {
        if self.seen.fetch_add(1, Ordering::SeqCst) == self.step {
            println!("reached");
            line();
        }
        Verdict::Proceed
    }

    fn after(&self, _: &Step) {}
}

fn line() -> String {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Makes a change; the root, the case and the step to stop at come by standard input.
#[test]
#[ignore = "a part of `a_process_that_is_killed_at_any_step_is_healed`"]
fn changing_child() {
    let root = line();
    if root.is_empty() {
        return;
    }
    let (case, step) = (line().parse::<usize>().unwrap(), line().parse().unwrap());
    let seen = AtomicUsize::new(0);
    let store = Store::observed(root, Arc::new(StopAt { step, seen }));
    let mut locked = store.lock(&options()).unwrap();
    locked.commit(change((CASES[case].files)())).unwrap();
    locked.release().unwrap();
    println!("ended");
}

/// Says whether the process was killed, and had not ended before that.
fn is_killed_at(world: &World, case: usize, step: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "killed::changing_child",
        "--ignored",
        "--nocapture",
    ]);
    let child = child.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}\n{case}\n{step}", world.root().display()).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let last = lines.find_map(|line| {
        let line = line.unwrap();
        // The harness may have written the name of the test before it.
        let is_last = line.ends_with("reached") || line.ends_with("ended");
        is_last.then_some(line)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    last.unwrap().ends_with("reached")
}

fn killed_at_any_step(index: usize) {
    let case: &Case = &CASES[index];
    let ends = Ends::of(case);
    for step in 0.. {
        let world = (case.prepare)();
        if !is_killed_at(&world, index, step) {
            assert!(step > 10, "{}: {step} steps", case.name);
            return;
        }
        ends.check(&world, &format!("{}, killed at step {step}", case.name));
    }
}

#[test]
fn a_process_that_is_killed_at_any_step_is_healed() {
    killed_at_any_step(0);
}

#[test]
fn the_last_one_out_that_is_killed_at_any_step_is_healed() {
    killed_at_any_step(2);
}
