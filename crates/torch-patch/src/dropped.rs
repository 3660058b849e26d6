//! Patches that an owner has asked for and asks for no more: what an `apply` that says all its owner wants takes back.

use torch_patch_env::Distribution;
use torch_patch_store::{Digest, FileEntry, Layer, RelativePath};

use crate::context::Context;
use crate::drift::drifted;
use crate::error::{Error, ErrorKind};
use crate::file_view::{Condition, FileView};
use crate::records::Records;
use crate::report::{FileReport, Outcome, PatchReport};
use crate::request::Mode;
use crate::restoration::{installed, stays};
use crate::revert::check_needed;

/// What is asked for no more below one site-packages directory.
#[derive(Default)]
pub(crate) struct Dropped {
    layers: Vec<DroppedLayer>,
}

/// A patch on a file.
struct DroppedLayer {
    path: RelativePath,
    found: Option<Digest>,
    /// What is recorded of the patch now.
    layer: Layer,
    /// Who has asked for it besides.
    others: Vec<String>,
    distribution: String,
    /// The installed version, if there is one.
    version: Option<String>,
}

/// A file of which something is taken back.
pub(crate) struct DroppedFile {
    pub(crate) view: FileView,
    pub(crate) distribution: String,
    pub(crate) version: String,
    /// The patches, each with the owners that do not want it any more.
    pub(crate) withdrawn: Vec<(String, Vec<String>)>,
}

impl Dropped {
    /// Looks for what is asked for no more: `gone` names the owners of a patch that do not want it any more.
    ///
    /// A record that does not hold any more is left as it is where it is somebody else's, too.
    pub(crate) fn find(
        context: &Context,
        records: &Records<'_>,
        gone: impl Fn(&Layer) -> Vec<String>,
    ) -> Result<(Self, Vec<DroppedFile>), Error> {
        let mut dropped = Self::default();
        let mut files = Vec::new();
        for (path, entry) in &records.ledger().files {
            let withdrawals = entry.patches.iter().map(|layer| (layer, gone(layer)));
            let own: Vec<(&Layer, Vec<String>)> =
                withdrawals.filter(|(_, gone)| !gone.is_empty()).collect();
            let Some((first, _)) = own.first() else {
                continue;
            };
            let distribution = installed(context, records, entry)?;
            let view = FileView::new(records, distribution.as_ref(), path)?;
            if view.condition == Condition::Changed {
                let patch = Some(first.id.clone());
                let files = vec![drifted(records, &view)?];
                return Err(ErrorKind::Drift { patch, files }.into());
            }
            let is_somebody_elses = entry.patches.iter().any(|layer| {
                let gone = gone(layer);
                layer.owners.iter().any(|owner| !gone.contains(owner))
            });
            if view.live_entry().is_none() && is_somebody_elses {
                continue;
            }
            for (layer, gone) in &own {
                dropped.add(&view, entry, layer, gone, distribution.as_ref());
            }
            let own = own
                .into_iter()
                .map(|(layer, gone)| (layer.id.clone(), gone));
            files.push(DroppedFile {
                distribution: entry.distribution.clone(),
                version: entry.version.clone(),
                withdrawn: own.collect(),
                view,
            });
        }
        dropped.check_needed(records)?;
        Ok((dropped, files))
    }

    fn add(
        &mut self,
        view: &FileView,
        entry: &FileEntry,
        layer: &Layer,
        gone: &[String],
        distribution: Option<&Distribution>,
    ) {
        let mut others = layer.owners.clone();
        others.retain(|owner| !gone.contains(owner));
        self.layers.push(DroppedLayer {
            path: view.path.clone(),
            found: view.on_disk(),
            layer: layer.clone(),
            others,
            distribution: entry.distribution.clone(),
            version: distribution.map(|distribution| distribution.version.clone()),
        });
    }

    /// Refuses that a patch goes which one that stays requires.
    fn check_needed(&self, records: &Records<'_>) -> Result<(), Error> {
        let patches = records.patches().into_iter();
        let staying: Vec<_> = patches.filter(|(id, _)| !self.is_going(id)).collect();
        let going = self.ids().into_iter().filter(|id| self.is_going(id));
        check_needed(records, &staying, going)
    }

    /// Whether a patch is taken out, since nobody asks for it any more.
    pub(crate) fn is_going(&self, id: &str) -> bool {
        let mut own = self.layers.iter().filter(|own| own.layer.id == id);
        own.next().is_some_and(|first| first.others.is_empty())
    }

    /// What became, or would become, of each patch.
    pub(crate) fn reports(
        &self,
        mode: Mode,
        file_report: impl Fn(&RelativePath, Option<Digest>) -> FileReport,
    ) -> Vec<PatchReport> {
        let ids = self.ids().into_iter();
        ids.filter_map(|id| self.report(id, mode, &file_report))
            .collect()
    }

    fn report(
        &self,
        id: &str,
        mode: Mode,
        file_report: impl Fn(&RelativePath, Option<Digest>) -> FileReport,
    ) -> Option<PatchReport> {
        let own = self.layers.iter().filter(|own| own.layer.id == id);
        let own: Vec<&DroppedLayer> = own.collect();
        let first = own.first()?;
        let outcome = match (self.is_going(id), mode) {
            (true, Mode::Write) => Outcome::Reverted,
            (true, Mode::DryRun) => Outcome::WouldRevert,
            (false, Mode::Write) => Outcome::Released,
            (false, Mode::DryRun) => Outcome::WouldRelease,
        };
        Some(PatchReport {
            version: first.version.clone(),
            variant: Some(first.layer.variant.clone()),
            outcome,
            files: own
                .iter()
                .map(|own| file_report(&own.path, own.found))
                .collect(),
            reason: (!self.is_going(id)).then(|| stays(&first.others)),
            owners: first.layer.owners.clone(),
            ..PatchReport::bare(id, &first.distribution)
        })
    }

    /// Each patch once, by its id.
    fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self
            .layers
            .iter()
            .map(|own| own.layer.id.as_str())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
