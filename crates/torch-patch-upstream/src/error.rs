//! Why something could not be had from upstream, with the evidence.

use std::fmt;
use std::path::PathBuf;

use crate::archive::WheelFault;

/// Why something could not be had from upstream.
#[derive(Debug)]
pub struct UpstreamError {
    kind: Box<UpstreamErrorKind>,
}

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpstreamErrorKind {
    /// No index and no folder has the project.
    ProjectNotFound {
        /// The project.
        project: String,
        /// Where it was looked for, without credentials.
        places: Vec<String>,
    },
    /// An address is not one that a file can be fetched from.
    BadAddress {
        /// The address, without credentials.
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The address of a proxy is none.
    BadProxy {
        /// The address, without credentials.
        proxy: String,
    },
    /// The given certificates are no PEM, or there is none among them.
    BadCertificates,
    /// There is no connection to a server, or it broke off.
    Unreachable {
        /// What was asked for.
        url: String,
        /// What happened.
        problem: String,
    },
    /// A server could not prove that it is the one that was asked for.
    Insecure {
        /// What was asked for.
        url: String,
        /// What is wrong with its certificate.
        problem: String,
    },
    /// A server does not have a file.
    NotFound {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A server wants credentials, or others than it got.
    Unauthorized {
        /// What was asked for.
        url: String,
        /// The server that said so.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// A server answers that it cannot answer.
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A server sends elsewhere, and nothing good is there.
    Redirect {
        /// What was asked for.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// A server sends the whole file where a part was asked for. Nothing of it was read.
    RangeIgnored {
        /// What was asked for.
        url: String,
        /// The size of the file in bytes, if the server says it.
        size: Option<u64>,
    },
    /// A file is too short for the part that was asked for.
    OutOfRange {
        /// What was asked for.
        url: String,
        /// The part, as a `Range` header says it.
        range: String,
        /// The size of the file in bytes, if the server says it.
        total: Option<u64>,
    },
    /// An answer is not what was asked for.
    UnexpectedAnswer {
        /// What was asked for.
        url: String,
        /// What the answer should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// An answer ended early, each time it was tried.
    Truncated {
        /// What was asked for.
        url: String,
        /// The number of bytes it should have.
        expected: u64,
        /// The number of bytes that came.
        found: u64,
    },
    /// Something is larger than it may be.
    TooLarge {
        /// What it is, or where.
        what: String,
        /// How large it may be, with a unit.
        limit: String,
    },
    /// A page is no list of a project's files.
    BadPage {
        /// Where it is.
        page: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file or directory cannot be read or written.
    FileSystem {
        /// What for.
        purpose: &'static str,
        /// What the system says; names the path.
        source: std::io::Error,
    },
    /// A wheel is not what it has to be.
    Wheel {
        /// Its file name.
        wheel: String,
        /// What is wrong.
        fault: Box<WheelFault>,
    },
    /// A directory that was named as the cache is none, and holds other files.
    NoCache {
        /// The directory.
        directory: PathBuf,
    },
}

impl UpstreamError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &UpstreamErrorKind {
        &self.kind
    }

    /// A word for it that does not change. `docs/json.md` lists them.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &*self.kind {
            UpstreamErrorKind::ProjectNotFound { .. } => "project-not-found",
            UpstreamErrorKind::BadAddress { .. } => "bad-address",
            UpstreamErrorKind::BadProxy { .. } => "bad-proxy",
            UpstreamErrorKind::BadCertificates => "bad-certificates",
            UpstreamErrorKind::Unreachable { .. } => "unreachable",
            UpstreamErrorKind::Insecure { .. } => "insecure",
            UpstreamErrorKind::NotFound { .. } => "not-found-upstream",
            UpstreamErrorKind::Unauthorized { .. } => "unauthorized",
            UpstreamErrorKind::Status { .. } => "server-error",
            UpstreamErrorKind::Redirect { .. } => "bad-redirect",
            UpstreamErrorKind::RangeIgnored { .. } => "range-ignored",
            UpstreamErrorKind::OutOfRange { .. } => "out-of-range",
            UpstreamErrorKind::UnexpectedAnswer { .. } => "unexpected-answer",
            UpstreamErrorKind::Truncated { .. } => "truncated",
            UpstreamErrorKind::TooLarge { .. } => "too-large",
            UpstreamErrorKind::BadPage { .. } => "bad-page",
            UpstreamErrorKind::FileSystem { .. } => "file-system",
            UpstreamErrorKind::Wheel { fault, .. } => fault.code(),
            UpstreamErrorKind::NoCache { .. } => "no-cache",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        hint(&self.kind).into_iter().collect()
    }

    /// Whether a server does not have what was asked for.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(*self.kind, UpstreamErrorKind::NotFound { .. })
    }
}

fn hint(kind: &UpstreamErrorKind) -> Option<String> {
    use UpstreamErrorKind as Kind;

    let hint = match kind {
        Kind::ProjectNotFound { .. } => {
            "name another index with `--index-url`, or a folder with `--find-links`"
        }
        Kind::BadProxy { .. } => "write it as `http://host:port`",
        Kind::BadCertificates => "give a file with `-----BEGIN CERTIFICATE-----` blocks",
        Kind::Unreachable { .. } => {
            "check the network, and the proxy that `HTTPS_PROXY` or `--proxy` names"
        }
        Kind::Insecure { .. } => {
            "if an authority of your own signs certificates here, name its file with `--cert` or `SSL_CERT_FILE`"
        }
        Kind::Unauthorized { host, .. } => {
            return Some(format!(
                "put a user and a password for `{host}` into netrc or into the address of the index"
            ));
        }
        Kind::Status { .. } | Kind::Truncated { .. } => "try again later",
        Kind::RangeIgnored { .. } => {
            "use an index or a mirror that answers range requests, or download the wheel and name it with `--wheel`"
        }
        Kind::NoCache { .. } => "name another directory with `TORCH_PATCH_CACHE`",
        Kind::Wheel { fault, .. } => return fault.hint().map(str::to_owned),
        _ => return None,
    };
    Some(hint.to_owned())
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for UpstreamErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProjectNotFound { project, places } if places.is_empty() => {
                write!(
                    f,
                    "`{project}` was not looked for: there is neither an index nor a folder"
                )
            }
            Self::ProjectNotFound { project, places } => {
                write!(f, "no index has `{project}` (asked: {})", places.join(", "))
            }
            Self::BadAddress { address, problem } => {
                write!(f, "`{address}` is no address: {problem}")
            }
            Self::BadProxy { proxy } => write!(f, "`{proxy}` is no address of a proxy"),
            Self::BadCertificates => f.write_str("the certificates are no PEM, or there are none"),
            Self::Unreachable { url, problem } => write!(f, "`{url}` cannot be reached: {problem}"),
            Self::Insecure { url, problem } => {
                write!(f, "the server of `{url}` cannot be trusted: {problem}")
            }
            Self::NotFound { url, status } => {
                write!(f, "`{url}` does not exist (HTTP status {status})")
            }
            Self::Unauthorized { url, host, status } => write!(
                f,
                "`{host}` refuses `{url}`: credentials are missing or wrong (HTTP status {status})"
            ),
            Self::Status { url, status } => {
                write!(f, "`{url}` was answered with HTTP status {status}")
            }
            Self::Redirect { url, problem } => write!(f, "`{url}` sends elsewhere: {problem}"),
            Self::RangeIgnored { url, size } => {
                write!(
                    f,
                    "the server of `{url}` ignores range requests: expected a part, found the whole file"
                )?;
                size.map_or(Ok(()), |size| write!(f, " of {size} bytes"))
            }
            Self::OutOfRange { url, range, total } => {
                write!(f, "`{url}` is shorter than expected: it has no `{range}`")?;
                total.map_or(Ok(()), |total| write!(f, ", it has {total} bytes"))
            }
            Self::UnexpectedAnswer {
                url,
                expected,
                found,
            } => {
                write!(
                    f,
                    "`{url}` was answered wrongly: expected {expected}, found {found}"
                )
            }
            Self::Truncated {
                url,
                expected,
                found,
            } => write!(
                f,
                "the answer for `{url}` ended early: expected {expected} bytes, found {found}"
            ),
            Self::TooLarge { what, limit } => write!(f, "{what} is larger than {limit}"),
            Self::BadPage { page, problem } => write!(f, "`{page}` lists no files: {problem}"),
            Self::FileSystem { purpose, source } => write!(f, "failed to {purpose}: {source}"),
            Self::Wheel { wheel, fault } => write!(f, "`{wheel}` cannot be used: {fault}"),
            Self::NoCache { directory } => write!(
                f,
                "`{}` is no cache of torch-patch: it holds other files",
                directory.display()
            ),
        }
    }
}

impl std::error::Error for UpstreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.kind {
            UpstreamErrorKind::FileSystem { source, .. } => source.source(),
            _ => None,
        }
    }
}

impl From<UpstreamErrorKind> for UpstreamError {
    fn from(kind: UpstreamErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
        }
    }
}
