//! Patches held against releases that are not installed, or against one package as it is.

mod conclusion;
mod history;
mod infer;
mod local;
mod proof;
mod releases;
mod row;
mod selection;
mod specimen;
mod suggest;
mod suggestions;
mod verdict;

use std::path::{Path, PathBuf};

use torch_patch_env::{Request, Surroundings, discover};
use torch_patch_set::{Catalogue, Patch, Platform, VersionRange};
use torch_patch_store::Digest;
use torch_patch_upstream::Listing;

pub use releases::Upstream;

use crate::cell::{CellReport, CellState};
use crate::context::{Context, word};
use crate::error::{Error, ErrorKind};
use crate::progress::{Amount, Progress, Step};
use crate::report::{Command, Report};
use crate::transfer::TrafficReport;
use crate::workers::in_parallel;
use local::Local;
pub(crate) use releases::Release;
use row::Row;
pub(crate) use row::{Rows, edits_of};
use specimen::by_version;
pub(crate) use specimen::{Contents, Specimen};

/// How many releases are looked at at once.
const THREADS: usize = 8;

/// Which patches are held against which releases, and what is to be told of it.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// The ids of the patches.
    pub patches: Vec<String>,
    /// The releases; `None`: all that the indexes have.
    pub versions: Option<VersionRange>,
    /// The platforms whose wheels are looked at.
    pub platforms: Vec<Platform>,
    /// Whether cells carry the diff of each file.
    pub diffs: bool,
    /// Whether a variant is proposed where none fits.
    pub suggest: bool,
    /// Whether the ranges are worked out that the edits really fit.
    pub infer: bool,
}

impl CheckRequest {
    /// All releases on all platforms, and nothing but their states.
    #[must_use]
    pub fn new(patches: impl IntoIterator<Item: Into<String>>) -> Self {
        Self {
            patches: patches.into_iter().map(Into::into).collect(),
            versions: None,
            platforms: Platform::ALL.to_vec(),
            diffs: false,
            suggest: false,
            infer: false,
        }
    }
}

/// What patches are held against.
#[derive(Debug, Clone, Copy)]
pub enum Material<'m> {
    /// The releases that package indexes have: one wheel for each release and platform.
    Indexes(&'m Upstream),
    /// Wheels in the file system.
    Wheels(&'m Upstream, &'m [PathBuf]),
    /// What is installed. With `Some`, a version with a local part (`2.0.1+cu118`) is compared with
    /// the release of the indexes that it was built from.
    Installed(&'m Context, Option<&'m Upstream>),
    /// Directories that sources were unpacked in, and the platform they are taken to be for.
    Sources(&'m [PathBuf], Platform),
}

/// Holds patches against releases. Every `ok` is proven: the patch was applied to the release's own
/// files, applied again without a change, and undone to the same bytes.
///
/// The report is `ok` unless a patch does not fit a release that it says it is for, or fits none at
/// all; with [`CheckRequest::infer`], also unless its ranges are what the releases show.
///
/// # Errors
///
/// A patch is not known, releases cannot be listed or read, or there is none to look at.
pub fn check(
    catalogue: &Catalogue,
    material: &Material<'_>,
    request: &CheckRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let mut report = Report::bare(Command::Check);
    if let Material::Installed(context, _) = material {
        report.environment = Some(context.environment_report());
    }
    let mut checked = Vec::new();
    for (distribution, patches) in by_distribution(catalogue, &request.patches)? {
        progress.step(&Step::List {
            distribution: distribution.to_owned(),
        });
        let subject = Subject {
            material,
            request,
            rows: Rows::new(patches, request),
        };
        subject.check(distribution, progress, &mut report)?;
        checked.push(distribution);
    }
    report.traffic = material.upstream().map(traffic);
    report.error = conclusion::error(&report, |id| {
        let patch = catalogue.find(id).and_then(Result::ok);
        patch.map_or_else(|| id.to_owned(), word)
    });
    report.ok = report.error.is_none();
    Ok(report)
}

/// What was moved over the network since the client was made.
#[must_use]
pub fn traffic(upstream: &Upstream) -> TrafficReport {
    let moved = upstream.client.traffic();
    TrafficReport {
        requests: moved.requests,
        bytes: moved.bytes,
    }
}

/// The patches that were asked for, by their distribution, in the order in which they were named.
fn by_distribution<'c>(
    catalogue: &'c Catalogue,
    ids: &[String],
) -> Result<Vec<(&'c str, Vec<&'c Patch>)>, Error> {
    let mut groups: Vec<(&str, Vec<&Patch>)> = Vec::new();
    for id in ids {
        let patch = catalogue
            .find(id)
            .ok_or_else(|| Error::unknown_patch(catalogue, id))??;
        let normal = torch_patch_env::normalize(&patch.distribution);
        let group = groups
            .iter_mut()
            .find(|(name, _)| torch_patch_env::normalize(name) == normal);
        match group {
            Some((_, patches)) if patches.iter().any(|known| known.id == patch.id) => {}
            Some((_, patches)) => patches.push(patch),
            None => groups.push((&patch.distribution, vec![patch])),
        }
    }
    Ok(groups)
}

impl Material<'_> {
    fn upstream(&self) -> Option<&Upstream> {
        match self {
            Self::Indexes(upstream) | Self::Wheels(upstream, _) => Some(upstream),
            Self::Installed(_, upstream) => *upstream,
            Self::Sources(..) => None,
        }
    }
}

/// The patches of one distribution, and what they are held against.
struct Subject<'s> {
    material: &'s Material<'s>,
    request: &'s CheckRequest,
    rows: Rows<'s>,
}

impl Subject<'_> {
    fn check(
        &self,
        distribution: &str,
        progress: &mut dyn Progress,
        report: &mut Report,
    ) -> Result<(), Error> {
        let listing = match self.material {
            Material::Indexes(upstream) => Some(upstream.listing(distribution)?),
            _ => None,
        };
        for note in listing.iter().flat_map(|listing| &listing.notes) {
            progress.step(&Step::Note { text: note.clone() });
        }
        let specimens = self.specimens(distribution, listing.as_ref())?;
        let mut rows = self.read(&specimens, progress)?;
        for index in 0..self.rows.patches.len() {
            self.date(index, &mut rows, listing.as_ref(), progress)?;
            self.conclude(index, &rows, report);
        }
        if let (Material::Installed(_, Some(upstream)), [row]) = (self.material, &mut rows[..]) {
            self.compare(distribution, upstream, row, progress);
        }
        let cells = (0..self.rows.patches.len())
            .flat_map(|index| rows.iter().map(move |row| row.cells[index].clone()));
        report.cells.extend(cells.collect::<Vec<_>>());
        Ok(())
    }

    fn specimens(
        &self,
        distribution: &str,
        listing: Option<&Listing>,
    ) -> Result<Vec<Box<dyn Specimen + '_>>, Error> {
        Ok(match self.material {
            Material::Indexes(upstream) => {
                let Some(listing) = listing else {
                    return Ok(Vec::new());
                };
                let versions = self.request.versions.as_ref();
                let chosen = upstream.select(listing, versions, &self.request.platforms);
                if chosen.is_empty() {
                    let versions = versions.map(ToString::to_string);
                    let platforms = &self.request.platforms;
                    return Err(no_release(
                        distribution,
                        versions.as_deref(),
                        platforms,
                        listing,
                    ));
                }
                chosen
                    .into_iter()
                    .map(|release| Box::new(release) as Box<dyn Specimen>)
                    .collect()
            }
            Material::Wheels(upstream, paths) => {
                let own = torch_patch_env::normalize(distribution);
                let releases = paths.iter().map(|path| upstream.wheel_file(path));
                let releases: Vec<Release<'_>> = releases.collect::<Result<_, _>>()?;
                let releases = releases.into_iter().filter(|release| {
                    torch_patch_env::normalize(&release.wheel.name.distribution) == own
                });
                let specimens: Vec<_> = releases
                    .map(|release| Box::new(release) as Box<dyn Specimen>)
                    .collect();
                if specimens.is_empty() {
                    return Err(ErrorKind::OtherWheels {
                        distribution: distribution.to_owned(),
                        paths: paths.to_vec(),
                    }
                    .into());
                }
                specimens
            }
            Material::Installed(context, _) => {
                let local = Local::installed(context.environment(), Platform::HOST, distribution)?;
                vec![Box::new(local)]
            }
            Material::Sources(directories, platform) => directories
                .iter()
                .map(|directory| {
                    let environment = as_environment(directory)?;
                    let local = Local::unpacked(&environment, *platform, distribution)?;
                    Ok(Box::new(local) as Box<dyn Specimen>)
                })
                .collect::<Result<_, Error>>()?,
        })
    }

    /// Holds the patches against releases, several at once.
    fn read(
        &self,
        specimens: &[Box<dyn Specimen + '_>],
        progress: &mut dyn Progress,
    ) -> Result<Vec<Row>, Error> {
        let total = specimens.len();
        in_parallel(
            total,
            THREADS,
            |index| self.rows.row(&*specimens[index]),
            |done| {
                let upstream = self.material.upstream();
                let bytes = upstream.map_or(0, |upstream| upstream.client.traffic().bytes);
                progress.amount(&Amount { done, total, bytes });
            },
        )
    }

    /// Says of one patch since when it does not fit. Where it does not fit the first release that
    /// was asked for, earlier ones are looked at until it fits.
    fn date(
        &self,
        index: usize,
        rows: &mut [Row],
        listing: Option<&Listing>,
        progress: &mut dyn Progress,
    ) -> Result<(), Error> {
        for platform in Platform::ALL {
            let own = rows.iter_mut().map(|row| &mut row.cells[index]);
            let mut cells: Vec<&mut CellReport> = own
                .filter(|cell| cell.platform == platform.as_str())
                .collect();
            cells.sort_by(|one, other| by_version(&one.release, &other.release));
            let mut relevant = cells
                .iter()
                .filter(|cell| cell.state != CellState::NotCovered);
            let earlier = match (relevant.next(), listing) {
                (Some(first), Some(listing)) if first.state.is_broken() => {
                    self.earlier(index, &first.release, platform, listing, progress)?
                }
                _ => Vec::new(),
            };
            history::date(&earlier, &mut cells);
        }
        Ok(())
    }

    /// The cells of the releases before one of them, back to the last one that the patch fits; the
    /// oldest first.
    fn earlier(
        &self,
        index: usize,
        release: &str,
        platform: Platform,
        listing: &Listing,
        progress: &mut dyn Progress,
    ) -> Result<Vec<CellReport>, Error> {
        let Some(upstream) = self.material.upstream() else {
            return Ok(Vec::new());
        };
        let mut before = upstream.select(listing, None, &[platform]);
        before.retain(|other| by_version(other.release(), release).is_lt());
        let mut cells = Vec::new();
        for batch in before.rchunks(THREADS) {
            let batch: Vec<Box<dyn Specimen + '_>> = batch
                .iter()
                .map(|release| Box::new(release.clone()) as Box<dyn Specimen>)
                .collect();
            let rows = self.read(&batch, progress)?;
            let own: Vec<CellReport> = rows
                .into_iter()
                .map(|mut row| row.cells.swap_remove(index))
                .collect();
            let is_found = own
                .iter()
                .any(|cell| matches!(cell.state, CellState::Ok | CellState::Already));
            cells.splice(0..0, own);
            if is_found {
                break;
            }
        }
        Ok(cells)
    }

    fn conclude(&self, index: usize, rows: &[Row], report: &mut Report) {
        let patch = self.rows.patches[index];
        if self.request.infer {
            report.ranges.push(infer::infer(patch, index, rows));
        }
        if self.request.suggest {
            report
                .suggestions
                .extend(suggestions::collect(patch, index, rows));
        }
    }

    /// Says whether the files of a build with a local version are those of the release it was built
    /// from. That they cannot be compared is no failure.
    fn compare(
        &self,
        distribution: &str,
        upstream: &Upstream,
        row: &mut Row,
        progress: &mut dyn Progress,
    ) {
        let Some(cell) = row.cells.first() else {
            return;
        };
        let Some((release, _)) = cell.release.split_once('+') else {
            return;
        };
        let release = release.to_owned();
        match self.upstream_digests(distribution, upstream, &release, cell) {
            Ok(notes) => {
                for cell in &mut row.cells {
                    cell.notes.extend(notes.iter().cloned());
                }
            }
            Err(error) => progress.step(&Step::Note {
                text: format!("the files were not compared with {distribution} {release}: {error}"),
            }),
        }
    }

    fn upstream_digests(
        &self,
        distribution: &str,
        upstream: &Upstream,
        release: &str,
        cell: &CellReport,
    ) -> Result<Vec<String>, Error> {
        let Material::Installed(context, _) = self.material else {
            return Ok(Vec::new());
        };
        let local = Local::installed(context.environment(), Platform::HOST, distribution)?;
        let listing = upstream.listing(distribution)?;
        let range = VersionRange::parse(&format!("=={release}")).ok();
        let chosen = upstream.select(&listing, range.as_ref(), &[local.platform()]);
        let is_same = |wheel: &&Release<'_>| wheel.release() == release;
        let Some(wheel) = chosen.iter().find(is_same) else {
            return Ok(vec![format!(
                "no index has {distribution} {release} for this platform to compare with"
            )]);
        };
        let mut paths: Vec<&str> = cell.files.iter().map(|file| file.path.as_str()).collect();
        paths.sort_unstable();
        let found = wheel.files(&paths)?;
        let notes = paths.iter().map(|path| {
            let theirs = found
                .contents
                .get(*path)
                .and_then(Option::as_deref)
                .map(Digest::of);
            let own = local.recorded(path)?.map(Digest::from);
            let relation = match (own, theirs) {
                (Some(own), Some(theirs)) if own == theirs => "is the file of",
                (Some(_), Some(_)) => "is not the file of",
                _ => "cannot be compared with",
            };
            Ok(format!(
                "`{path}` {relation} {distribution} {release} in {}",
                wheel.from()
            ))
        });
        notes.collect()
    }
}

/// Says which releases there are where none is meant.
pub(crate) fn no_release(
    distribution: &str,
    versions: Option<&str>,
    platforms: &[Platform],
    listing: &Listing,
) -> Error {
    let wheels = listing.wheels.iter();
    let mut known: Vec<String> = wheels.map(|wheel| wheel.name.version.clone()).collect();
    known.sort_by(|one, other| by_version(one, other));
    known.dedup();
    ErrorKind::NoRelease {
        distribution: distribution.to_owned(),
        versions: versions.map(str::to_owned),
        platforms: platforms.to_vec(),
        known,
    }
    .into()
}

/// A directory taken for a site-packages directory.
fn as_environment(directory: &Path) -> Result<torch_patch_env::Environment, Error> {
    // It counts from where the process is, as any path does; an environment has none but absolute ones.
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let request = Request {
        site_packages: Some(directory.clone()),
        ..Request::default()
    };
    Ok(discover(&request, &Surroundings::new(directory))?)
}
