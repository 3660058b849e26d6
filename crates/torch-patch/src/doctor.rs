//! Walks through what training with torch needs, in the order in which one sets it up, and says of each thing whether it
//! is in order, what it means if not, and the one command that helps.
//!
//! Everything is told from files; torch is not imported. What is run is `nvcc -V`, for a bounded time, and, only if
//! asked for, probes in the environment's own Python (`probe.rs`).

mod colossalai;
mod files;
mod library;
mod nccl;
mod patches;
mod probe;
mod python;
mod requirement;
mod toolkit;
mod torch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::context::Context;
use crate::diagnosis::{Diagnosis, DoctorFinding, Level, TorchBuild};
use crate::error::Error;
use crate::report::{Command, PatchReport, Report};
use crate::request::{Selection, StatusRequest};
use crate::status::status;

/// How long `nvcc -V` may take by default.
pub(crate) const NVCC_TIMEOUT: Duration = Duration::from_secs(10);
/// How long each probe may take by default: the first import of a torch from a slow disk takes a minute.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_mins(2);

/// What is looked at besides the environment itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorRequest {
    /// Where a CUDA toolkit may be.
    pub tools: Tools,
    /// Files of which one is there if an NVIDIA driver is installed.
    pub driver_files: Vec<PathBuf>,
    /// Where caches of uv may be; those that do not exist are passed over.
    pub uv_caches: Vec<PathBuf>,
    /// How long `nvcc -V` may take.
    pub nvcc_timeout: Duration,
    /// How long each probe in the environment's own Python may take; `None`: nothing is run in it.
    pub probe_timeout: Option<Duration>,
}

/// Where a CUDA toolkit may be, in the order in which torch looks for one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tools {
    /// The variable `CUDA_HOME`.
    pub cuda_home: Option<OsString>,
    /// The variable `CUDA_PATH`, which the toolkit's installer sets on Windows.
    pub cuda_path: Option<OsString>,
    /// The directories of `PATH`.
    pub path: Vec<PathBuf>,
    /// Where toolkits are installed by default.
    pub defaults: Vec<PathBuf>,
}

impl Default for DoctorRequest {
    fn default() -> Self {
        Self {
            tools: Tools::default(),
            driver_files: Vec::new(),
            uv_caches: Vec::new(),
            nvcc_timeout: NVCC_TIMEOUT,
            probe_timeout: None,
        }
    }
}

impl DoctorRequest {
    /// How long each probe may take where nobody says otherwise.
    pub const PROBE_TIMEOUT: Duration = PROBE_TIMEOUT;
}

/// Looks at one environment. The report is `ok` if nothing needs attention.
///
/// # Errors
///
/// A patch file is not one, or the records of an environment cannot be read.
pub fn doctor(context: &Context, request: &DoctorRequest) -> Result<Report, Error> {
    let status_request = StatusRequest {
        patches: Selection::All,
        lines: false,
    };
    let states = status(context, &status_request)?.results;
    let mut diagnosis = Diagnosis::default();
    diagnosis.findings.extend(python::findings(context));
    let torch = torch::findings(context, request, &mut diagnosis);
    let toolkit = toolkit::find(&request.tools, request.nvcc_timeout);
    let seen = Seen {
        context,
        request,
        states: &states,
        torch: diagnosis.torch.clone(),
    };
    let found = toolkit::findings(&seen, toolkit.as_ref())?;
    diagnosis.findings.extend(found);
    diagnosis.toolkit = toolkit.map(|asked| asked.toolkit);
    diagnosis.findings.extend(nccl::findings(&seen)?);
    diagnosis.findings.extend(patches::findings(&seen)?);
    diagnosis.findings.extend(files::findings(&seen));
    diagnosis.findings.extend(colossalai::findings(&seen));
    if let (Some(timeout), Some(torch)) = (request.probe_timeout, &torch) {
        let (probes, found) = probe::run(&seen, torch, timeout);
        diagnosis.probes = probes;
        diagnosis.findings.extend(found);
    }
    let environment = context.environment_report_of(torch.as_ref());
    let mut report = Report::new(Command::Doctor, environment, Vec::new());
    report.ok = is_in_order(&diagnosis.findings);
    report.diagnosis = Some(diagnosis);
    Ok(report)
}

fn is_in_order(findings: &[DoctorFinding]) -> bool {
    findings.iter().all(|own| own.level != Level::Attention)
}

/// What is known by now, for the parts that need it.
pub(crate) struct Seen<'s> {
    context: &'s Context,
    request: &'s DoctorRequest,
    /// Every patch for what is installed here, as `status` has it.
    states: &'s [PatchReport],
    torch: Option<TorchBuild>,
}
