//! The certificates that take the place of the system's.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::values::Values;

/// The beginning of a certificate in PEM (RFC 7468).
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Reads the certificates that an option, a variable or a configuration file names: a file, or a directory of files.
/// Returns them with where they came from; none if nothing names any.
pub(crate) fn read(
    option: Option<&Path>,
    values: &Values<'_>,
) -> anyhow::Result<Option<(Vec<u8>, String)>> {
    let Some((paths, source)) = named(option, values) else {
        return Ok(None);
    };
    let mut bundle = Vec::new();
    for path in &paths {
        let read = if path.is_dir() {
            directory(path)
        } else {
            fs_err::read(path)
        };
        let read =
            read.with_context(|| format!("failed to read the certificates that {source} names"))?;
        bundle.extend(read);
        bundle.push(b'\n');
    }
    Ok(Some((bundle, source)))
}

fn named(option: Option<&Path>, values: &Values<'_>) -> Option<(Vec<PathBuf>, String)> {
    if let Some(path) = option {
        return Some((vec![path.to_owned()], "`--cert`".to_owned()));
    }
    let variables = ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
    let value = values
        .first(&variables[..1], &["cert"])
        .or_else(|| values.first(&variables[1..], &[]));
    if let Some(value) = value {
        return Some((vec![PathBuf::from(value.text)], value.source));
    }
    // OpenSSL takes both.
    let file = values.variable("SSL_CERT_FILE").map(PathBuf::from);
    let directories = values.variable("SSL_CERT_DIR");
    let sources = [
        file.as_ref().map(|_| "`SSL_CERT_FILE`"),
        directories.as_ref().map(|_| "`SSL_CERT_DIR`"),
    ];
    let sources: Vec<&str> = sources.into_iter().flatten().collect();
    let directories = directories.iter().flat_map(std::env::split_paths);
    let paths: Vec<PathBuf> = file.into_iter().chain(directories).collect();
    (!paths.is_empty()).then(|| (paths, sources.join(" or ")))
}

/// Reads the files of a directory that hold certificates.
fn directory(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(path)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut bundle = Vec::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        let bytes = fs_err::read(path)?;
        if bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
            bundle.extend(bytes);
            bundle.push(b'\n');
        }
    }
    Ok(bundle)
}
