//! The environments that are meant, each once.

use std::path::{Path, PathBuf};

use torch_patch_env::{EnvError, EnvErrorKind, Request, Surroundings, environments_under};

use super::Fleet;
use crate::error::Error;
use crate::report::MemberReport;

/// One environment that is meant.
pub(super) struct Member {
    pub(super) request: Request,
    /// What names it, absolute.
    pub(super) path: PathBuf,
}

impl Member {
    /// Whether nobody named it: it was found below a directory.
    pub(super) fn is_found(&self) -> bool {
        self.request.found.is_some()
    }
}

/// All of them, and the directories in which there may be more.
#[derive(Default)]
pub(super) struct Members {
    pub(super) all: Vec<Member>,
    unreadable: Vec<EnvError>,
    identities: Vec<PathBuf>,
}

impl Members {
    pub(super) fn of(fleet: &Fleet, surroundings: &Surroundings) -> Result<Self, Error> {
        let mut members = Self::default();
        for request in &fleet.named {
            members.add(request.clone(), &surroundings.cwd);
        }
        for directory in &fleet.under {
            let under = environments_under(&surroundings.cwd.join(directory))?;
            members.unreadable.extend(under.unreadable);
            for prefix in under.environments {
                let request = Request {
                    found: Some(prefix),
                    ..Request::default()
                };
                members.add(request, &surroundings.cwd);
            }
        }
        if members.all.is_empty() && members.unreadable.is_empty() {
            let directories = fleet.under.clone();
            return Err(EnvError::from(EnvErrorKind::NoneUnder { directories }).into());
        }
        Ok(members)
    }

    /// Adds an environment unless it is there already, under whatever name. An interpreter is not followed: it is a link
    /// to that of another environment as a rule.
    fn add(&mut self, request: Request, cwd: &Path) {
        let directories = [&request.site_packages, &request.env, &request.found];
        let directory = directories.into_iter().flatten().next();
        let path = directory.or(request.python.as_ref());
        let path = cwd.join(path.map_or(Path::new(""), PathBuf::as_path));
        let identity = match directory {
            Some(_) => fs_err::canonicalize(&path).unwrap_or_else(|_| path.clone()),
            None => path.clone(),
        };
        if !self.identities.contains(&identity) {
            self.identities.push(identity);
            self.all.push(Member { request, path });
        }
    }

    /// What is told of directories that could not be read: an environment in one of them would have been left out.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = MemberReport> {
        self.unreadable.iter().map(|error| {
            let path = match error.kind() {
                EnvErrorKind::Unreadable { path, .. } => path.to_string_lossy().into_owned(),
                _ => String::new(),
            };
            MemberReport::failed(path, None, &Error::from(error.clone()))
        })
    }
}
