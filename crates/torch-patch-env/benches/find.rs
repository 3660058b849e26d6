//! What it costs to find a distribution: in one directory of many packages, from the prefix on.

use std::path::PathBuf;

use divan::Bencher;
use tempfile::TempDir;
use torch_patch_env::{Request, Surroundings, discover};

/// Packages beside torch, as in the environment of a model's web interface.
const PACKAGES: usize = 200;
/// Files of torch 2.5.1.
const ROWS: usize = 11_000;
const TARGET: &str = "torch/distributed/distributed_c10d.py";

fn main() {
    divan::main();
}

/// From `--env` to the installed version.
#[divan::bench]
fn discover_and_find(bencher: Bencher<'_, '_>) {
    let (_folder, request, surroundings) = environment();
    bencher.bench(|| {
        let environment = discover(&request, &surroundings).expect("an environment");
        environment.distribution("torch").expect("torch")
    });
}

/// One row of a `RECORD` of 1 MB.
#[divan::bench]
fn recorded_digest(bencher: Bencher<'_, '_>) {
    let (_folder, request, surroundings) = environment();
    let environment = discover(&request, &surroundings).expect("an environment");
    let torch = environment.distribution("torch").expect("torch");
    bencher.bench(|| torch.recorded(TARGET).expect("a row"));
}

fn environment() -> (TempDir, Request, Surroundings) {
    let folder = tempfile::tempdir().expect("a directory");
    let prefix = folder.path().join("venv");
    let site = prefix.join("lib/python3.11/site-packages");
    let put = |path: PathBuf, content: &str| {
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(path, content).expect("a file");
    };
    put(
        prefix.join("pyvenv.cfg"),
        "home = /usr/bin\nversion = 3.11.2\n",
    );
    for index in 0..PACKAGES {
        let info = site.join(format!("package_{index}-1.0.dist-info/METADATA"));
        put(
            info,
            &format!("Metadata-Version: 2.1\nName: package-{index}\nVersion: 1.0\n\n"),
        );
        put(site.join(format!("package_{index}/__init__.py")), "");
    }
    let info = site.join("torch-2.5.1.dist-info");
    put(
        info.join("METADATA"),
        "Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n\n",
    );
    put(info.join("RECORD"), &record());
    put(site.join(TARGET), "");
    put(site.join("torch/__init__.py"), "");
    let request = Request {
        env: Some(prefix),
        ..Request::default()
    };
    let surroundings = Surroundings::new(folder.path());
    (folder, request, surroundings)
}

/// The target's row is in the middle.
fn record() -> String {
    let digest = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let row = |path: &str| format!("{path},{digest},1234\n");
    let rows = (0..ROWS).map(|index| {
        if index == ROWS / 2 {
            row(TARGET)
        } else {
            row(&format!("torch/include/ATen/ops/operator_{index}_native.h"))
        }
    });
    rows.collect()
}
