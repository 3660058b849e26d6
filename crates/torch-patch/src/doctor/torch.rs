//! Which torch there is, and how it was built.

use std::path::PathBuf;

use torch_patch_env::{Assigned, Distribution, assigned_in_version_file};
use torch_patch_set::Platform;

use super::{DoctorRequest, library, python};
use crate::context::Context;
use crate::diagnosis::{Diagnosis, DoctorFinding, Level, Topic, TorchBuild};

/// Adds what there is to tell of torch, and returns it if it can be used.
pub(super) fn findings(
    context: &Context,
    request: &DoctorRequest,
    diagnosis: &mut Diagnosis,
) -> Option<Distribution> {
    let finding = |level, message: String| DoctorFinding::new(Topic::Torch, level, message);
    let torch = match context.environment().distribution("torch") {
        Ok(torch) => torch,
        Err(error) => {
            let is_absent = error.is_distribution_not_found();
            let message = if is_absent {
                "torch is not installed here".to_owned()
            } else {
                error.to_string()
            };
            let found = finding(Level::Attention, message);
            diagnosis.findings.push(if is_absent {
                found.helped_by(python::install(context.environment(), "torch"))
            } else {
                found
            });
            return None;
        }
    };
    let build = build(context, &torch);
    let message = match (&build.cuda, &build.hip) {
        (Some(cuda), _) => format!("torch {}, built with CUDA {cuda}", build.version),
        (None, Some(hip)) => format!("torch {}, built for ROCm {hip}", build.version),
        (None, None) => format!("torch {}, built without CUDA", build.version),
    };
    let found = &mut diagnosis.findings;
    found.push(finding(Level::Ok, message));
    found.extend(half_upgraded(context, &torch, &build));
    found.extend(others(context));
    let is_for_gpu = build.cuda.is_some() || build.hip.is_some();
    let mut drivers = request.driver_files.iter();
    if let Some(driver) = drivers.find(|file| file.exists()).filter(|_| !is_for_gpu) {
        found.push(
            finding(
                Level::Note,
                format!(
                    "this machine has an NVIDIA driver (`{}`), and this torch cannot use it",
                    driver.display()
                ),
            )
            .means("a build with CUDA is found at https://pytorch.org/get-started/locally/"),
        );
    }
    diagnosis.torch = Some(build);
    Some(torch)
}

/// What the files of a torch say about it.
fn build(context: &Context, torch: &Distribution) -> TorchBuild {
    let package = torch.site_packages.join("torch");
    let text = |name: &str| match assigned_in_version_file(&package, name) {
        Some(Assigned::Text(text)) => Some(text),
        Some(Assigned::None) | None => None,
    };
    let version = text("__version__").unwrap_or_else(|| torch.version.clone());
    let cuda = match assigned_in_version_file(&package, "cuda") {
        Some(Assigned::Text(cuda)) => Some(cuda),
        Some(Assigned::None) => None,
        None => cuda_of(&version),
    };
    let hip = text("hip");
    let bound = library::bound(&torch.site_packages);
    let is_for_gpu = cuda.is_some() || hip.is_some();
    // What torch's build says of `USE_NCCL`: only with CUDA or ROCm, only on Unix, and not on macOS
    // (<https://github.com/pytorch/pytorch/blob/main/CMakeLists.txt>).
    let can_have_nccl = is_for_gpu && context.platform() == Platform::Linux;
    TorchBuild {
        nccl: match bound {
            Some(bound) => Some(bound.nccl),
            None => (!can_have_nccl).then_some(false),
        },
        gloo: bound.map(|bound| bound.gloo),
        cuda,
        hip,
        version,
    }
}

/// The CUDA of a build variant such as `+cu117`, for a `version.py` that does not say it.
fn cuda_of(version: &str) -> Option<String> {
    let (_, local) = version.split_once('+')?;
    let digits = local.strip_prefix("cu")?;
    let is_number = digits.len() >= 2 && digits.chars().all(|letter| letter.is_ascii_digit());
    is_number.then(|| {
        let (major, minor) = digits.split_at(digits.len() - 1);
        format!("{major}.{minor}")
    })
}

/// Says so if the metadata and the files are of two releases.
fn half_upgraded(
    context: &Context,
    torch: &Distribution,
    build: &TorchBuild,
) -> Option<DoctorFinding> {
    let public = |version: &str| version.split('+').next().unwrap_or_default().to_owned();
    let (metadata, files) = (public(&torch.version), public(&build.version));
    (metadata != files).then(|| {
        let message = format!("its metadata says {metadata}, and its `version.py` says {files}");
        DoctorFinding::new(Topic::Torch, Level::Attention, message)
            .means("an upgrade was interrupted, or two installations share the directory")
            .helped_by(python::install(
                context.environment(),
                &format!("--force-reinstall --no-deps torch=={metadata}"),
            ))
    })
}

/// Other torches that may be taken for this one.
fn others(context: &Context) -> Vec<DoctorFinding> {
    let environment = context.environment();
    let mut found = Vec::new();
    if let Some(module) = environment.module_in_working_directory("torch") {
        let message = format!("`{}` is imported in its place here", module.display());
        found.push(
            DoctorFinding::new(Topic::Torch, Level::Attention, message)
                .means("Python looks into the working directory first where it is started with `-c` or `-m`")
                .helped_by("cd .."),
        );
    }
    for other in environment.installations("torch").into_iter().skip(1) {
        let place: PathBuf = other.directory.path;
        let version = other
            .found
            .map_or_else(|_| String::new(), |found| format!(" {}", found.version));
        let message = format!(
            "another torch{version} in `{}` is not imported",
            place.display()
        );
        found.push(DoctorFinding::new(Topic::Torch, Level::Note, message));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::cuda_of;

    #[test]
    fn a_build_variant_names_its_cuda() {
        for (version, expected) in [
            ("1.13.1+cu117", Some("11.7")),
            ("2.15.0+cu130", Some("13.0")),
            ("1.4.0+cu92", Some("9.2")),
            ("2.5.1+cpu", None),
            ("2.5.1+cu", None),
            ("2.5.1+cux1", None),
            ("2.5.1+rocm6.2", None),
            ("1.13.1", None),
        ] {
            assert_eq!(cuda_of(version).as_deref(), expected, "{version}");
        }
    }
}
