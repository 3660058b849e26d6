//! Runs the environment's own Python, for a bounded time, to see what really happens: a request for NCCL in one process
//! and in two on loopback, `torchrun`, and `ColossalAI`'s own command.
//!
//! What runs is `probe.py`, in a scratch directory; nothing is written into the environment.

mod answer;

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fs_err as fs;
use torch_patch_env::{BoundedRun, Distribution, run_bounded};

use super::patches::is_absent;
use super::{Seen, colossalai, python};
use crate::diagnosis::{DoctorFinding, Level, ProbeReport, Topic};
use crate::explain::explain;
use answer::{Answer, Gathered};

const SCRIPT: &str = include_str!("probe.py");
/// What tells a process that others started it for a group of theirs.
const LAUNCHER_VARIABLES: [&str; 7] = [
    "RANK",
    "WORLD_SIZE",
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "GROUP_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
];

/// Runs all that can be run; what came of each is a report and a finding.
pub(super) fn run(
    seen: &Seen<'_>,
    torch: &Distribution,
    timeout: Duration,
) -> (Vec<ProbeReport>, Vec<DoctorFinding>) {
    let not_run = |message: String, command: &str| {
        let found = DoctorFinding::new(Topic::Run, Level::Attention, message);
        (Vec::new(), vec![found.helped_by(command)])
    };
    let Some(python) = python::interpreter(seen.context.environment()) else {
        return not_run(
            "nothing was run: which Python this is for is not known".to_owned(),
            "torch-patch doctor --run --python PYTHON",
        );
    };
    let scratch = match tempfile::tempdir() {
        Ok(scratch) => scratch,
        Err(error) => {
            return not_run(
                format!("nothing was run: {error}"),
                "torch-patch doctor --run",
            );
        }
    };
    let script = scratch.path().join("probe.py");
    if let Err(error) = fs::write(&script, SCRIPT) {
        return not_run(
            format!("nothing was run: {error}"),
            "torch-patch doctor --run",
        );
    }
    let runner = Runner {
        python,
        scratch: scratch.path().to_owned(),
        script,
        timeout,
        seen,
        torch,
    };
    let mut probes = vec![runner.ranks("one-process", 1)];
    probes.push(runner.ranks("two-processes", 2));
    probes.extend(runner.torchrun());
    probes.extend(runner.colossalai());
    let findings = probes.iter().map(|probe| runner.finding(probe)).collect();
    (
        probes.into_iter().map(|probe| probe.report).collect(),
        findings,
    )
}

/// A probe that was run.
struct Probe {
    report: ProbeReport,
    /// Everything it printed.
    text: String,
}

struct Runner<'p> {
    python: PathBuf,
    scratch: PathBuf,
    script: PathBuf,
    timeout: Duration,
    seen: &'p Seen<'p>,
    torch: &'p Distribution,
}

impl Runner<'_> {
    /// The script in so many processes of our own.
    fn ranks(&self, name: &str, ranks: usize) -> Probe {
        let port = free_port();
        let arguments = vec![self.script.clone().into_os_string()];
        let start = Instant::now();
        let runs: Vec<std::io::Result<BoundedRun>> = std::thread::scope(|scope| {
            let rank = |rank: usize| {
                let mut command = self.command(&arguments);
                command
                    .env("RANK", rank.to_string())
                    .env("WORLD_SIZE", ranks.to_string())
                    .env("MASTER_ADDR", "127.0.0.1")
                    .env("MASTER_PORT", port.to_string());
                scope.spawn(move || run_bounded(command, self.timeout))
            };
            let threads: Vec<_> = (0..ranks).map(rank).collect();
            let joined = threads.into_iter().map(|thread| {
                let lost = || Err(std::io::Error::other("its thread ended"));
                thread.join().unwrap_or_else(|_| lost())
            });
            joined.collect()
        });
        self.probe(name, &arguments, start, runs, Some(ranks))
    }

    /// `torchrun --nproc-per-node 2`, if torch has it (since 1.9).
    fn torchrun(&self) -> Option<Probe> {
        let module = self.torch.site_packages.join("torch/distributed/run.py");
        if !module.is_file() {
            return None;
        }
        let logs = self.scratch.join("logs");
        let words = ["-m", "torch.distributed.run", "--nproc_per_node", "2"];
        let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        // Each rank's standard output into a file and on: what torch 1.13 does without these fails on Python 3.11
        // before it starts anything.
        for word in ["-r", "1", "-t", "1", "--log_dir"] {
            arguments.push(word.into());
        }
        arguments.push(logs.into());
        for word in ["--master_addr", "127.0.0.1", "--master_port"] {
            arguments.push(word.into());
        }
        arguments.push(free_port().to_string().into());
        arguments.push(self.script.clone().into());
        let start = Instant::now();
        let run = run_bounded(self.command(&arguments), self.timeout);
        Some(self.probe("torchrun", &arguments, start, vec![run], Some(2)))
    }

    /// `ColossalAI`'s own command, if it is installed.
    fn colossalai(&self) -> Option<Probe> {
        let environment = self.seen.context.environment();
        let colossalai = environment.distribution("colossalai").ok()?;
        let words: &[&str] = if colossalai::has_benchmark(&colossalai) {
            &["benchmark", "--gpus", "1"]
        } else {
            &["check", "-i"]
        };
        let call = "from colossalai.cli import cli; cli(prog_name='colossalai')";
        let mut arguments: Vec<OsString> = vec!["-c".into(), call.into()];
        arguments.extend(words.iter().map(OsString::from));
        let start = Instant::now();
        let run = run_bounded(self.command(&arguments), self.timeout);
        Some(self.probe("colossalai", &arguments, start, vec![run], None))
    }

    fn command(&self, arguments: &[OsString]) -> Command {
        let mut command = Command::new(&self.python);
        command
            .args(arguments)
            .current_dir(&self.scratch)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONIOENCODING", "utf-8");
        for variable in LAUNCHER_VARIABLES {
            command.env_remove(variable);
        }
        // Else gloo takes the interface that the name of the host leads to, which may be behind a firewall.
        if cfg!(target_os = "linux") {
            command.env("GLOO_SOCKET_IFNAME", "lo");
        } else if cfg!(target_os = "macos") {
            command.env("GLOO_SOCKET_IFNAME", "lo0");
        }
        command
    }

    /// Says what came of a run: with `ranks`, each of them has to give the right answer.
    fn probe(
        &self,
        name: &str,
        arguments: &[OsString],
        start: Instant,
        runs: Vec<std::io::Result<BoundedRun>>,
        ranks: Option<usize>,
    ) -> Probe {
        let seconds = (start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let gathered = Gathered::of(runs, self.timeout);
        let wrong = || self.wrong(&gathered.answers, ranks?);
        let (ok, said) = match gathered.failure().or_else(wrong) {
            Some(failure) => (false, failure),
            None => (true, gathered.told()),
        };
        let words = arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned());
        let python = self.python.to_string_lossy().into_owned();
        Probe {
            report: ProbeReport {
                name: name.to_owned(),
                command: std::iter::once(python).chain(words).collect(),
                ok,
                code: gathered.code,
                seconds,
                said,
            },
            text: gathered.text,
        }
    }

    /// What is wrong with the answers of the ranks.
    fn wrong(&self, found: &[Answer], ranks: usize) -> Option<String> {
        if found.len() != ranks {
            let count = found.len();
            return Some(format!(
                "expected the answers of {ranks} ranks, found {count}"
            ));
        }
        let mut wrong = found.iter().filter(|own| !own.is_right());
        if let Some(own) = wrong.next() {
            let (expected, sum) = (own.expected, own.sum);
            return Some(format!(
                "expected the sum {expected} on each rank, found {sum}"
            ));
        }
        let package = self.torch.site_packages.join("torch");
        let mut others = found.iter().filter(|own| !is_same(&own.torch, &package));
        others.next().map(|own| {
            let imported = own.torch.display();
            format!(
                "Python has imported the torch in `{imported}`, not `{}`",
                package.display()
            )
        })
    }

    fn finding(&self, probe: &Probe) -> DoctorFinding {
        let ProbeReport {
            name,
            ok,
            said,
            seconds,
            ..
        } = &probe.report;
        let what = match name.as_str() {
            "one-process" => "a request for NCCL in one process",
            "two-processes" => "a request for NCCL in two processes",
            "torchrun" => "the same under torchrun, two processes",
            _ => "ColossalAI's own command",
        };
        if *ok {
            let message = format!("{what}: {said} ({seconds} s)");
            return DoctorFinding::new(Topic::Run, Level::Ok, message);
        }
        let message = format!("{what} failed: {said}");
        let found = DoctorFinding::new(Topic::Run, Level::Attention, message);
        let catalogue = self.seen.context.catalogue();
        let explained = explain(catalogue, Some(self.seen.context), &probe.text).ok();
        let first = explained.and_then(|report| report.explanations.into_iter().next());
        match first.filter(|own| own.certain) {
            Some(own) => {
                let id = &own.patch;
                let mut states = self.seen.states.iter().filter(|state| state.patch == *id);
                let command = match states.next() {
                    Some(state) if is_absent(state) => format!("torch-patch apply {id}"),
                    _ => format!("torch-patch explain {id}"),
                };
                found
                    .means(format!("`{id}` is for this error"))
                    .helped_by(command)
                    .about(id)
            }
            None => found,
        }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// A port that nobody listens at now.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let port = listener.and_then(|listener| listener.local_addr());
    port.map_or(29_500, |address| address.port())
}
