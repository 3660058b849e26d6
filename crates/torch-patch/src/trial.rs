//! A patch tried on a release in a scratch environment that has just the files it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fs_err as fs;
use torch_patch_env::{Request, Surroundings, discover};
use torch_patch_set::{Catalogue, Patch, Platform, VersionRange};
use torch_patch_store::Digest;

use crate::apply::{apply, plan};
use crate::check::{
    CheckRequest, Contents, Release, Rows, Specimen, Upstream, edits_of, no_release, traffic,
};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::progress::{Progress, Silent, Step};
use crate::report::{Command, Report};
use crate::request::{ApplyRequest, RevertRequest};
use crate::revert::revert;

/// Which patch is tried on which release.
#[derive(Debug, Clone)]
pub struct TryRequest {
    /// The id of the patch.
    pub patch: String,
    /// The version of its distribution.
    pub version: String,
    /// The platform whose wheel is taken.
    pub platform: Platform,
    /// Where the environment is left; it must be empty or absent. `None`: it is removed.
    pub keep: Option<PathBuf>,
}

/// Fetches the files of a patch from a release's wheel, makes an environment of them, applies the
/// patch, takes it out again, and checks that every byte is as before.
///
/// The report is that of the application, with diffs; its one cell says which wheel it was.
///
/// # Errors
///
/// There is no such release, it cannot be read, the patch does not fit it, or the round trip fails.
pub fn try_release(
    catalogue: Catalogue,
    upstream: &Upstream,
    request: &TryRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let patch = known(&catalogue, &request.patch)?;
    progress.step(&Step::List {
        distribution: patch.distribution.clone(),
    });
    let release = find(upstream, patch, request, progress)?;
    let cell_request = CheckRequest::new([&request.patch]);
    let paths = paths(&catalogue, patch, &request.version);
    let found = release.files(&paths.iter().map(String::as_str).collect::<Vec<_>>())?;
    let row = Rows::new(vec![patch], &cell_request).row_of(&release, &found);
    let scratch = Scratch::new(request.keep.as_deref(), &release.python())?;
    scratch.fill(&patch.distribution, release.release(), &found.contents)?;
    let before = picture(&scratch.root)?;
    let mut report = round_trip(&scratch, catalogue, request, progress)?;
    let after = picture(&scratch.root)?;
    if before != after {
        return Err(ErrorKind::RoundTrip {
            patch: request.patch.clone(),
            files: differing(&before, &after),
        }
        .into());
    }
    report.cells = row.cells;
    report.traffic = Some(traffic(upstream));
    Ok(report)
}

fn known<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Patch, Error> {
    let known = catalogue.find(id);
    Ok(known.ok_or_else(|| Error::unknown_patch(catalogue, id))??)
}

/// The wheel of the release.
fn find<'u>(
    upstream: &'u Upstream,
    patch: &Patch,
    request: &TryRequest,
    progress: &mut dyn Progress,
) -> Result<Release<'u>, Error> {
    let listing = upstream.listing(&patch.distribution)?;
    for note in &listing.notes {
        progress.step(&Step::Note { text: note.clone() });
    }
    let range = VersionRange::parse(&format!("=={}", request.version)).ok();
    let chosen = upstream.select(&listing, range.as_ref(), &[request.platform]);
    // `==2.0.1` has `2.0.1+cu118` too.
    let is_exact = |release: &Release<'_>| release.release() == request.version;
    let index = chosen.iter().position(is_exact).unwrap_or_default();
    let found = range.and_then(|_| chosen.into_iter().nth(index));
    found.ok_or_else(|| {
        let platforms = [request.platform];
        no_release(
            &patch.distribution,
            Some(&request.version),
            &platforms,
            &listing,
        )
    })
}

/// The files that the patch changes, and those that the patches it requires change.
fn paths(catalogue: &Catalogue, patch: &Patch, version: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![patch];
    while let Some(patch) = open.pop() {
        if !seen.insert(&patch.id) {
            continue;
        }
        // Of a release that no range has, all files: whether they would fit is told then.
        let variants = match patch.variant_for(version) {
            Ok(variant) => vec![variant],
            Err(_) => patch.variants.iter().collect(),
        };
        let edits = variants.into_iter().flat_map(edits_of);
        paths.extend(edits.map(|edits| edits.file.clone()));
        let required = patch.requires.iter().filter_map(|id| catalogue.find(id));
        open.extend(required.filter_map(Result::ok));
    }
    paths
}

/// Applies and reverts; the report is that of the application. For a repair, its bad edits are made first.
fn round_trip(
    scratch: &Scratch,
    catalogue: Catalogue,
    request: &TryRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let place = Request {
        site_packages: Some(scratch.site_packages.clone()),
        ..Request::default()
    };
    let environment = discover(&place, &Surroundings::new(&scratch.root))?;
    let context = Context::new(environment, catalogue, request.platform);
    let applying = ApplyRequest {
        accept_risk: true,
        lines: true,
        ..ApplyRequest::new([&request.patch])
    };
    let patch = known(context.catalogue(), &request.patch)?;
    if patch.repairs {
        scratch.damage(patch, &request.version)?;
    }
    let planned = plan(&context, &applying, &mut Silent)?;
    let mut report = apply(&context, &applying, progress)?;
    for (result, planned) in report.results.iter_mut().zip(planned.results) {
        for (file, planned) in result.files.iter_mut().zip(planned.files) {
            file.diff = planned.diff;
        }
    }
    revert(&context, &RevertRequest::all(), progress)?;
    // The copies of the damaged files are no part of the round trip.
    let kept = scratch.site_packages.join(".torch-patch");
    if patch.repairs && kept.exists() {
        fs::remove_dir_all(&kept).map_err(|source| failed(&kept, source))?;
        let files = report.results.iter_mut().flat_map(|own| &mut own.files);
        files.for_each(|file| file.kept = None);
    }
    report.command = Command::Try;
    Ok(report)
}

/// An environment with a few files of one wheel.
struct Scratch {
    root: PathBuf,
    site_packages: PathBuf,
    /// Removes it in the end.
    _temporary: Option<tempfile::TempDir>,
}

impl Scratch {
    /// Where an environment of this system has its packages, whatever system the wheel is for.
    /// `python` is the version of Python, such as `3.12`.
    fn new(keep: Option<&Path>, python: &str) -> Result<Self, Error> {
        let packages = if cfg!(windows) {
            "Lib/site-packages".to_owned()
        } else {
            format!("lib/python{python}/site-packages")
        };
        let Some(keep) = keep else {
            let made = tempfile::Builder::new()
                .prefix("torch-patch-try-")
                .tempdir();
            let temporary =
                made.map_err(|source| failed(Path::new("the temporary directory"), source))?;
            return Ok(Self {
                root: temporary.path().to_owned(),
                site_packages: temporary.path().join(packages),
                _temporary: Some(temporary),
            });
        };
        fs::create_dir_all(keep).map_err(|source| failed(keep, source))?;
        let root = std::path::absolute(keep).map_err(|source| failed(keep, source))?;
        let mut entries = fs::read_dir(&root).map_err(|source| failed(keep, source))?;
        if entries.next().is_some() {
            return Err(ErrorKind::ScratchNotEmpty {
                path: keep.to_owned(),
            }
            .into());
        }
        Ok(Self {
            site_packages: root.join(packages),
            root,
            _temporary: None,
        })
    }

    /// Puts the files there, with metadata that says which distribution they are of. It is our own: the wheel's has more
    /// than that, and its digest in `RECORD` is wrong in some releases of torch.
    fn fill(&self, distribution: &str, version: &str, contents: &Contents) -> Result<(), Error> {
        let metadata = format!("Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n");
        let name = torch_patch_env::normalize(distribution).replace('-', "_");
        let info = format!("{name}-{version}.dist-info");
        let mut record = String::new();
        let files = contents
            .iter()
            .filter_map(|(path, bytes)| Some((path.clone(), bytes.as_deref()?)));
        let metadata = [(format!("{info}/METADATA"), metadata.as_bytes())];
        for (path, bytes) in files.chain(metadata) {
            self.write(&path, bytes)?;
            let digest = URL_SAFE_NO_PAD.encode(Digest::of(bytes).as_bytes());
            // Writing into a string does not fail.
            let _ = writeln!(record, "{path},sha256={digest},{}", bytes.len());
        }
        let _ = writeln!(record, "{info}/RECORD,,");
        self.write(&format!("{info}/RECORD"), record.as_bytes())?;
        let config = self.root.join("pyvenv.cfg");
        let text = "include-system-site-packages = false\n";
        fs::write(&config, text).map_err(|source| failed(&config, source))
    }

    /// Makes the bad edits that a repair takes out.
    fn damage(&self, repair: &Patch, version: &str) -> Result<(), Error> {
        let Ok(variant) = repair.variant_for(version) else {
            return Ok(());
        };
        for edits in edits_of(variant) {
            let file = self.site_packages.join(&edits.file);
            let bytes = fs::read(&file).map_err(|source| failed(&file, source))?;
            // Of a file that the edit does not fit, the report of the check tells.
            if let Ok(made) = edits.compiled.apply(Some(&bytes)) {
                self.write(&edits.file, &made.bytes)?;
            }
        }
        Ok(())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.site_packages.join(path);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, bytes));
        written.map_err(|source| failed(&path, source))
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    ErrorKind::Scratch {
        path: path.to_owned(),
        source,
    }
    .into()
}

/// Every file below a directory with its digest; a directory has none.
fn picture(root: &Path) -> Result<BTreeMap<PathBuf, Option<Digest>>, Error> {
    let mut picture = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        let entries = fs::read_dir(&directory).map_err(|source| failed(&directory, source))?;
        for entry in entries {
            let path = entry.map_err(|source| failed(&directory, source))?.path();
            if path.is_dir() {
                picture.insert(path.clone(), None);
                open.push(path);
            } else {
                let bytes = fs::read(&path).map_err(|source| failed(&path, source))?;
                picture.insert(path, Some(Digest::of(&bytes)));
            }
        }
    }
    Ok(picture)
}

fn differing(
    before: &BTreeMap<PathBuf, Option<Digest>>,
    after: &BTreeMap<PathBuf, Option<Digest>>,
) -> Vec<PathBuf> {
    let all: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    all.into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .cloned()
        .collect()
}
