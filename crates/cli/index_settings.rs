//! Which package indexes are asked, and how: options, then the variables of pip and uv, then pip's configuration files.
//! Every value remembers where it came from.

mod certificates;
mod pip_config;
mod system;
mod values;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use torch_patch::{Client, ClientSettings, Error, IndexSettings, Netrc};

use crate::process;
pub(crate) use system::System;
use values::{Value, Values};

/// Where packages are looked for.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Package index")]
pub(crate) struct IndexOptions {
    /// The package index, in the place of `https://pypi.org/simple/`
    #[arg(long, short, value_name = "URL")]
    pub(crate) index_url: Option<String>,
    /// One more package index
    #[arg(long, value_name = "URL")]
    pub(crate) extra_index_url: Vec<String>,
    /// A folder of wheels, or a page with links to wheels
    #[arg(long, short, value_name = "PATH|URL")]
    pub(crate) find_links: Vec<String>,
    /// Ask no index, only what `--find-links` names
    #[arg(long)]
    pub(crate) no_index: bool,
    /// The proxy, as `http://user:password@host:port`
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Trust the certificates in this file, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
}

impl fmt::Debug for IndexOptions {
    /// Shows nothing, since addresses may carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexOptions(…)")
    }
}

/// What options, variables and files come to.
#[derive(Debug)]
pub(crate) struct Settings {
    /// How servers are talked to.
    pub(crate) client: ClientSettings,
    /// Where packages are looked for.
    pub(crate) indexes: IndexSettings,
    /// Where each of these came from, without credentials.
    pub(crate) notes: Vec<String>,
}

/// Reads variables and files.
///
/// # Errors
///
/// If a value makes no sense; names where the value came from.
pub(crate) fn resolve(options: &IndexOptions) -> anyhow::Result<Settings> {
    resolve_with(options, System::HOST, process::variable)
}

fn resolve_with(
    options: &IndexOptions,
    system: System,
    variable: impl Fn(&str) -> Option<std::ffi::OsString>,
) -> anyhow::Result<Settings> {
    let values = Values::read(system, &variable)?;
    let mut notes = Vec::new();
    let indexes = indexes(options, &values, &mut notes)?;
    let client = client(options, &values, &mut notes)?;
    Ok(Settings {
        client,
        indexes,
        notes,
    })
}

fn indexes(
    options: &IndexOptions,
    values: &Values<'_>,
    notes: &mut Vec<String>,
) -> anyhow::Result<IndexSettings> {
    let mut indexes = Vec::new();
    match no_index(options, values)? {
        Some(source) => notes.push(format!("no index is asked: {source}")),
        None => indexes = index_urls(options, values),
    }
    for index in &indexes {
        let checked = IndexSettings::check(&index.text).map_err(Error::from);
        checked.with_context(|| format!("{} names no package index", index.source))?;
    }
    let links = find_links(options, values);
    let text = |values: &[Value]| values.iter().map(|value| value.text.clone()).collect();
    let settings = IndexSettings {
        index_urls: text(&indexes),
        find_links: text(&links),
    };
    for (place, value) in settings.places().iter().zip(indexes.iter().chain(&links)) {
        notes.push(format!(
            "packages are looked for in `{place}` ({})",
            value.source
        ));
    }
    Ok(settings)
}

/// Returns where it is said that no index is to be asked, if it is.
fn no_index(options: &IndexOptions, values: &Values<'_>) -> anyhow::Result<Option<String>> {
    if options.no_index {
        return Ok(Some("`--no-index`".to_owned()));
    }
    let value = values.first(&["PIP_NO_INDEX", "UV_NO_INDEX"], &["no-index"]);
    let Some(value) = value else { return Ok(None) };
    match value.text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(Some(value.source)),
        "n" | "no" | "f" | "false" | "off" | "0" => Ok(None),
        _ => bail!(
            "{} is neither true nor false: `{}`",
            value.source,
            value.text
        ),
    }
}

fn index_urls(options: &IndexOptions, values: &Values<'_>) -> Vec<Value> {
    let main = Value::option("--index-url", options.index_url.as_ref())
        .or_else(|| {
            let variables = [
                "PIP_INDEX_URL",
                "PIP_PYPI_URL",
                "UV_DEFAULT_INDEX",
                "UV_INDEX_URL",
            ];
            values.first(&variables, &["index-url", "pypi-url"])
        })
        .unwrap_or_else(|| Value {
            text: IndexSettings::default().index_urls.concat(),
            source: "by default".to_owned(),
        });
    let mut all = vec![main];
    let extra = options.extra_index_url.iter();
    all.extend(extra.filter_map(|url| Value::option("--extra-index-url", Some(url))));
    let pip = values.first(&["PIP_EXTRA_INDEX_URL"], &["extra-index-url"]);
    let uv = ["UV_INDEX", "UV_EXTRA_INDEX_URL"].map(|name| values.first(&[name], &[]));
    for value in [pip].into_iter().chain(uv).flatten() {
        all.extend(value.split(char::is_whitespace));
    }
    all.into_iter().map(Value::without_name).collect()
}

fn find_links(options: &IndexOptions, values: &Values<'_>) -> Vec<Value> {
    let given = options.find_links.iter();
    let given = given.filter_map(|place| Value::option("--find-links", Some(place)));
    let pip = values.first(&["PIP_FIND_LINKS"], &["find-links"]);
    let pip = pip
        .into_iter()
        .flat_map(|value| value.split(char::is_whitespace));
    let uv = values.first(&["UV_FIND_LINKS"], &[]);
    let uv = uv
        .into_iter()
        .flat_map(|value| value.split(|char| char == ','));
    given.chain(pip).chain(uv).collect()
}

fn client(
    options: &IndexOptions,
    values: &Values<'_>,
    notes: &mut Vec<String>,
) -> anyhow::Result<ClientSettings> {
    let mut settings = ClientSettings {
        netrc: netrc(values, notes),
        ..ClientSettings::default()
    };
    if let Some(value) = values.first(
        &["PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"],
        &["timeout", "default-timeout"],
    ) {
        let seconds = value
            .text
            .trim()
            .parse()
            .ok()
            .filter(|seconds: &f64| *seconds > 0.0);
        let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        settings.timeout = timeout.with_context(|| value.is_no("number of seconds"))?;
    }
    if let Some(value) = values.first(&["PIP_RETRIES"], &["retries"]) {
        let retries = value.text.trim().parse();
        settings.retries = retries.with_context(|| value.is_no("number of repetitions"))?;
    }
    certify(options, values, &mut settings, notes)?;
    relay(options, values, &mut settings, notes)?;
    Ok(settings)
}

fn certify(
    options: &IndexOptions,
    values: &Values<'_>,
    settings: &mut ClientSettings,
    notes: &mut Vec<String>,
) -> anyhow::Result<()> {
    let found = certificates::read(options.cert.as_deref(), values)?;
    let Some((bundle, source)) = found else {
        return Ok(());
    };
    settings.certificates = Some(bundle);
    check(settings).with_context(|| format!("{source} names no certificates"))?;
    notes.push(format!(
        "only the certificates that {source} names are trusted"
    ));
    Ok(())
}

fn relay(
    options: &IndexOptions,
    values: &Values<'_>,
    settings: &mut ClientSettings,
    notes: &mut Vec<String>,
) -> anyhow::Result<()> {
    let both = Value::option("--proxy", options.proxy.as_ref());
    let both = both.or_else(|| values.first(&["PIP_PROXY"], &["proxy"]));
    // `HTTP_PROXY` in capitals can be a header of a request where this runs for a web server: curl does not read it either.
    let http = both
        .clone()
        .or_else(|| values.first(&["http_proxy", "all_proxy", "ALL_PROXY"], &[]));
    let https = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let https = both.or_else(|| values.first(&https, &[]));
    settings.no_proxy = values
        .first(&["no_proxy", "NO_PROXY"], &[])
        .map(|value| value.text);
    for value in [&http, &https].into_iter().flatten() {
        let proxy = ClientSettings {
            https_proxy: Some(value.text.clone()),
            ..ClientSettings::default()
        };
        check(&proxy).with_context(|| format!("{} names no proxy", value.source))?;
        let note = format!("requests go through the proxy that {} names", value.source);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    settings.http_proxy = http.map(|value| value.text);
    settings.https_proxy = https.map(|value| value.text);
    Ok(())
}

/// Tells whether a client can be made of these settings.
fn check(settings: &ClientSettings) -> anyhow::Result<()> {
    Client::new(settings.clone())
        .map(drop)
        .map_err(|error| Error::from(error).into())
}

/// Reads the netrc file, if there is one that can be read.
fn netrc(values: &Values<'_>, notes: &mut Vec<String>) -> Netrc {
    for path in values.netrc_files() {
        match fs_err::read_to_string(&path) {
            Ok(text) => {
                notes.push(format!(
                    "credentials are looked for in `{}`",
                    path.display()
                ));
                return Netrc::parse(&text);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => notes.push(format!("no credentials from netrc: {error}")),
        }
    }
    Netrc::default()
}

#[cfg(test)]
mod tests;
