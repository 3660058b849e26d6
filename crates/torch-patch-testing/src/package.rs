//! Fake distributions, as pip would install them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Where torch has the functions that choose a back end.
pub(crate) const DISTRIBUTED: &str = "torch/distributed/distributed_c10d.py";

/// The files of a distribution, without its metadata.
#[derive(Debug, Clone)]
pub struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Package {
    /// A distribution without files.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            files: Vec::new(),
        }
    }

    /// A torch of three small files, with every line that the built-in patches look for.
    #[must_use]
    pub fn torch(version: &str) -> Self {
        let is_old = version.starts_with("1.");
        let prefix = if is_old {
            "group_name"
        } else {
            "f\"{group_name}/\""
        };
        let module = DISTRIBUTED_C10D.replace("PREFIX", prefix);
        Self::new("torch", version)
            .file("torch/__init__.py", "")
            .file("torch/version.py", &format!("__version__ = '{version}'\n"))
            .file(DISTRIBUTED, &module)
    }

    /// Adds a file, or puts another content into one; `path` is relative to site-packages, `/`-separated.
    #[must_use]
    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.files.retain(|(own, _)| own != path);
        self.files
            .push((path.to_owned(), content.as_bytes().to_vec()));
        self
    }

    /// Gives every file the line endings of a Windows wheel.
    #[must_use]
    pub fn with_crlf(mut self) -> Self {
        for (_, content) in &mut self.files {
            let text = String::from_utf8_lossy(content).replace('\n', "\r\n");
            *content = text.into_bytes();
        }
        self
    }

    /// The folder of the metadata.
    #[must_use]
    pub fn dist_info(&self) -> String {
        format!("{}-{}.dist-info", self.name, self.version)
    }

    pub(crate) fn metadata(&self) -> String {
        format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
            self.name, self.version
        )
    }

    /// The rows of the files, and one without digest for itself, as the wheel format asks for.
    pub(crate) fn record(&self) -> String {
        let mut record = String::new();
        for (path, content) in &self.files {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
            let _ = writeln!(record, "{path},sha256={digest},{}", content.len());
        }
        let _ = writeln!(record, "{}/RECORD,,", self.dist_info());
        record
    }
}

/// In the shape of torch's module, in words of its own.
const DISTRIBUTED_C10D: &str = r#""""Chooses a back end, as torch does."""

from .constants import default_pg_timeout


class Backend(str):
    """The names of the back ends."""

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    MPI = "mpi"


def is_nccl_available():
    return False


def _new_process_group_helper(
    group_size, group_rank, global_ranks_in_group, backend, store, group_name, timeout=None, device_id=None
):
    # prefix_store = PrefixStore(PREFIX, store) is only mentioned here
    if backend == Backend.MPI:
        return None
    else:
        # one store for all groups
        prefix_store = PrefixStore(PREFIX, store)

        if backend == Backend.GLOO:
            return ("gloo", prefix_store)
        if not is_nccl_available():
            raise RuntimeError("Distributed package doesn't have NCCL built in")
        return ("nccl", prefix_store)


def barrier(group=None, async_op=False, device_ids=None):
    if device_ids is not None:
        if get_backend(group) != Backend.NCCL:
            raise RuntimeError("device_ids are for NCCL")
"#;
