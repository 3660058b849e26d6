//! One environment with a torch, some patches, and each request in one line.

use fs_err as fs;
use torch_patch::{
    ApplyRequest, Catalogue, Context, Error, Origin, Outcome, Patch, PatchReport, Platform, Report,
    Request, RevertRequest, Silent, StatusRequest, Surroundings, apply, discover, revert, status,
};
use torch_patch_testing::{Package, Picture, World, picture};

pub(crate) const TARGET: &str = "torch/distributed/distributed_c10d.py";

pub(crate) struct Setting {
    pub(crate) world: World,
    sources: Vec<String>,
    platform: Platform,
}

impl Setting {
    /// A venv with torch 2.5.1 as on Windows, with CRLF.
    pub(crate) fn new() -> Self {
        Self::with(&Package::torch("2.5.1").with_crlf())
    }

    pub(crate) fn with(package: &Package) -> Self {
        let world = World::new();
        world.install(package);
        Self {
            world,
            sources: Vec::new(),
            platform: Platform::Linux,
        }
    }

    /// Adds a patch of torch 2.5.1; `rest` is what comes after the head of the file.
    pub(crate) fn patch(self, id: &str, rest: &str) -> Self {
        self.patch_file(&patch_file(id, "", rest))
    }

    pub(crate) fn patch_file(mut self, source: &str) -> Self {
        self.sources.push(source.to_owned());
        self
    }

    /// Leaves only the built-in patches, as another program would know.
    pub(crate) fn without_patches(mut self) -> Self {
        self.sources.clear();
        self
    }

    pub(crate) fn on(mut self, platform: Platform) -> Self {
        self.platform = platform;
        self
    }

    pub(crate) fn context(&self) -> Context {
        self.context_with(&[])
    }

    /// The context with more patches.
    pub(crate) fn context_with(&self, more: &[String]) -> Context {
        let request = Request {
            env: Some(self.world.venv()),
            ..Request::default()
        };
        let surroundings = Surroundings::new(self.world.folder());
        let mut catalogue = Catalogue::built_in();
        for source in self.sources.iter().chain(more) {
            let origin = Origin::File("test.toml".into());
            let patch = Patch::parse(source.as_bytes(), origin);
            let patch = patch.unwrap_or_else(|error| panic!("{error}: {}", error.excerpt()));
            catalogue.add(patch).unwrap();
        }
        let environment = discover(&request, &surroundings).unwrap();
        Context::new(environment, catalogue, self.platform)
    }

    pub(crate) fn try_apply(&self, request: &ApplyRequest) -> Result<Report, Error> {
        apply(&self.context(), request, &mut Silent)
    }

    pub(crate) fn apply(&self, ids: &[&str]) -> Vec<PatchReport> {
        let request = ApplyRequest::new(ids.iter().copied());
        self.try_apply(&request).unwrap().results
    }

    pub(crate) fn try_revert(&self, request: &RevertRequest) -> Result<Report, Error> {
        revert(&self.context(), request, &mut Silent)
    }

    pub(crate) fn revert(&self, ids: &[&str]) -> Vec<PatchReport> {
        let request = RevertRequest::new(ids.iter().copied());
        self.try_revert(&request).unwrap().results
    }

    pub(crate) fn status(&self, id: &str) -> PatchReport {
        let report = status(&self.context(), &StatusRequest::new([id])).unwrap();
        report.results.into_iter().next().unwrap()
    }

    pub(crate) fn state(&self, id: &str) -> Outcome {
        self.status(id).outcome
    }

    pub(crate) fn read(&self) -> String {
        self.world.read(TARGET)
    }

    /// Changes the target as an editor does, and says what it holds now.
    pub(crate) fn edit(&self, from: &str, to: &str) -> String {
        let before = self.read();
        assert_eq!(before.matches(from).count(), 1, "`{from}` in the target");
        let after = before.replace(from, to);
        self.world.write(TARGET, &after);
        after
    }

    pub(crate) fn picture(&self) -> Picture {
        picture(self.world.site_packages())
    }

    pub(crate) fn modified(&self) -> std::time::SystemTime {
        let metadata = fs::metadata(self.world.target()).unwrap();
        metadata.modified().unwrap()
    }
}

/// A patch file for torch 2.5 with more lines in its head.
pub(crate) fn patch_file(id: &str, head: &str, rest: &str) -> String {
    format!(
        "format = 1\nid = \"{id}\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n{head}\n[[variant]]\nversions = \">=2.5,<2.6\"\n\
         [[variant.edit]]\nfile = \"{TARGET}\"\n{rest}\n"
    )
}

/// A patch that changes one line near the end of the module.
pub(crate) fn barrier_patch(id: &str) -> String {
    patch_file(id, "", BARRIER)
}

pub(crate) const BARRIER: &str = "within = \"def barrier\"\nreplace = 'raise RuntimeError(\"device_ids are for NCCL\")'\nwith = \"pass\"";
