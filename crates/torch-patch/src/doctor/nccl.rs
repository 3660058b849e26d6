//! Whether torch is built with NCCL, and what helps if it is not.

use torch_patch_set::Occurs;

use super::Seen;
use super::patches::{Standing, needed};
use crate::diagnosis::{DoctorFinding, Level, Topic};
use crate::error::Error;

const ERROR: &str = "Distributed package doesn't have NCCL built in";

pub(super) fn findings(seen: &Seen<'_>) -> Result<Vec<DoctorFinding>, Error> {
    let Some(torch) = &seen.torch else {
        return Ok(Vec::new());
    };
    Ok(vec![match torch.nccl {
        Some(true) if torch.hip.is_some() => {
            finding(Level::Ok, "torch is built with RCCL, which is NCCL for ROCm")
        }
        Some(true) => finding(Level::Ok, "torch is built with NCCL"),
        None => finding(
            Level::Note,
            "whether torch is built with NCCL is not known: its library in `torch/lib` cannot be read",
        ),
        Some(false) if torch.gloo == Some(false) => finding(
            Level::Attention,
            "torch is built without NCCL and without gloo",
        )
        .means("nothing can be trained in several processes with it, and no patch helps: it takes another build of torch"),
        Some(false) => missing(needed(seen, Occurs::WithoutNccl)?),
    }])
}

fn finding(level: Level, message: &str) -> DoctorFinding {
    DoctorFinding::new(Topic::Nccl, level, message)
}

/// What is said of a torch without NCCL.
fn missing(patch: Option<(String, Standing)>) -> DoctorFinding {
    let error = format!("who asks for it gets \"{ERROR}\"");
    let Some((id, standing)) = patch else {
        return finding(Level::Attention, "NCCL is missing in this torch").means(error);
    };
    let found = match standing {
        Standing::InPlace => finding(
            Level::Ok,
            "NCCL is missing in this torch, and what asks for it runs on gloo",
        )
        .means(format!("`{id}` sees to that")),
        Standing::Absent => finding(Level::Attention, "NCCL is missing in this torch")
            .means(format!("{error}; with `{id}` that runs on gloo"))
            .helped_by(format!("torch-patch apply {id}")),
        Standing::InTheWay => finding(Level::Attention, "NCCL is missing in this torch")
            .means(format!("{error}; something is in the way of `{id}`"))
            .helped_by(format!("torch-patch status {id}")),
    };
    found.about(&id)
}
