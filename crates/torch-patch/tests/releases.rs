//! Folders and indexes with wheels, and patches for them.

use std::fmt::Write as _;

use torch_patch::{
    Catalogue, CheckRequest, Client, ClientSettings, IndexSettings, Material, Origin, Patch,
    Report, Silent, Upstream, check,
};
use torch_patch_testing::{Package, Server};

pub(crate) const WINDOWS: &str = "cp312-cp312-win_amd64";
pub(crate) const LINUX: &str = "cp312-cp312-manylinux_2_28_x86_64";
pub(crate) const MACOS: &str = "cp312-cp312-macosx_14_0_arm64";

/// A module with one function, whose lines are given.
pub(crate) fn package(version: &str, lines: &str) -> Package {
    let body = lines.replace('\n', "\n    ");
    Package::new("torch", version)
        .file("torch/__init__.py", "")
        .file(
            "torch/m.py",
            &format!("def f(a):\n    {body}\n    return a\n"),
        )
}

/// A folder with wheels, and patches for them.
pub(crate) struct Releases {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) catalogue: Catalogue,
}

impl Releases {
    pub(crate) fn new(releases: &[(&str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (version, tags, lines) in releases {
            package(version, lines).write_wheel(folder.path(), tags);
        }
        Self {
            folder,
            catalogue: Catalogue::empty(),
        }
    }

    /// Adds a patch; `rest` is what comes after the head of the file.
    pub(crate) fn patch(mut self, id: &str, head: &str, variants: &[(&str, &str)]) -> Self {
        let variants = variants.iter().map(|(versions, edit)| {
            let edit = match *edit {
                "" => "fixed-upstream = \"https://example.org/fixed\"".to_owned(),
                edit => format!("[[variant.edit]]\nfile = \"torch/m.py\"\n{edit}"),
            };
            format!("[[variant]]\nversions = \"{versions}\"\n{edit}\n")
        });
        let variants: String = variants.collect();
        let text = format!(
            "format = 1\nid = \"{id}\"\ntitle = \"t\"\ndistribution = \"torch\"\n{head}\n{variants}"
        );
        let patch = Patch::parse(text.as_bytes(), Origin::File("p.toml".into()));
        let patch = patch.unwrap_or_else(|error| panic!("{error}: {}", error.excerpt()));
        self.catalogue.add(patch).unwrap();
        self
    }

    pub(crate) fn upstream(&self) -> Upstream {
        upstream(IndexSettings {
            index_urls: Vec::new(),
            find_links: vec![self.folder.path().display().to_string()],
        })
    }

    pub(crate) fn check(&self, request: &CheckRequest) -> Report {
        let upstream = self.upstream();
        let material = Material::Indexes(&upstream);
        check(&self.catalogue, &material, request, &mut Silent).unwrap()
    }

    pub(crate) fn states(&self, id: &str) -> Vec<String> {
        states(&self.check(&CheckRequest::new([id])))
    }
}

pub(crate) fn upstream(indexes: IndexSettings) -> Upstream {
    Upstream {
        client: Client::new(ClientSettings::default()).unwrap(),
        indexes,
        cache: None,
    }
}

pub(crate) fn states(report: &Report) -> Vec<String> {
    let cells = report.cells.iter();
    cells
        .map(|cell| format!("{} {} {}", cell.release, cell.platform, cell.state))
        .collect()
}

pub(crate) const INSERT: &str = "within = \"def f\"\nafter = \"x = 1\"\ninsert = \"y = 2\"";

/// An index with wheels of the built-in patches' torch behind HTTP.
pub(crate) fn served(versions: &[&str]) -> (Server, IndexSettings) {
    let server = Server::start();
    let mut page = String::new();
    for version in versions {
        let (name, bytes) = Package::torch(version).with_crlf().wheel(WINDOWS);
        server.put(&format!("/files/{name}"), bytes);
        let _ = writeln!(page, "<a href=\"../../files/{name}\">{name}</a>");
    }
    server.put_as("/simple/torch/", "text/html", page);
    let indexes = IndexSettings {
        index_urls: vec![server.url("/simple/")],
        find_links: Vec::new(),
    };
    (server, indexes)
}
