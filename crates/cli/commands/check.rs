//! `torch-patch check`.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use torch_patch::{
    Catalogue, CheckRequest, Description, Material, Platform, RangeReport, Report,
    SuggestionReport, VersionRange,
};

use crate::args::{Check, CheckFormat, Options, PlatformWord};
use crate::formats::{html, junit, markdown, table};
use crate::session::{catalogue, context, ids, upstream};
use crate::text::BOLD;
use crate::ui::{Format, Ui, paint};

pub(super) fn run(check: &Check, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = if check.all {
        catalogue.ids().map(str::to_owned).collect()
    } else {
        ids(&mut catalogue, &check.patches)?
    };
    let format = match ui.format {
        Format::Json => CheckFormat::Json,
        Format::Text => check.format,
    };
    if format == CheckFormat::Json {
        ui.format = Format::Json;
    }
    let request = CheckRequest {
        versions: check.versions.clone(),
        platforms: PlatformWord::platforms(&check.platforms),
        diffs: format == CheckFormat::Html || options.verbose,
        suggest: check.suggest,
        infer: check.infer,
        ..CheckRequest::new(ids)
    };
    let patches: Vec<Description> = request
        .patches
        .iter()
        .filter_map(|id| catalogue.find(id)?.ok())
        .map(Description::of)
        .collect();
    let report = hold(check, options, catalogue, &request, ui)?;
    ui.finish_progress();
    match &check.output {
        Some(path) => {
            let text = rendered(&report, &patches, format)?;
            // A file is no terminal that shows colours.
            let plain = anstream::adapter::strip_str(&text).to_string();
            write(
                path,
                if format == CheckFormat::Text {
                    &plain
                } else {
                    &text
                },
            )?;
            ui.note(&format!("wrote {}", path.display()));
        }
        None => ui.data(&rendered(&report, &patches, format)?),
    }
    if format != CheckFormat::Json {
        tell(&report, ui);
    }
    Ok(report.error.map_or(0, |error| error.exit))
}

/// Holds the patches against what the words name.
fn hold(
    check: &Check,
    options: &Options,
    catalogue: Catalogue,
    request: &CheckRequest,
    ui: &mut Ui,
) -> anyhow::Result<Report> {
    if options.place.is_given() {
        let context = context(options, catalogue, ui)?;
        // Only to compare with: a package can be checked without any index.
        let upstream = upstream(&check.index, ui).ok();
        let material = Material::Installed(&context, upstream.as_ref());
        return Ok(torch_patch::check(
            context.catalogue(),
            &material,
            request,
            ui,
        )?);
    }
    if !check.sources.is_empty() {
        let only = <[Platform; 1]>::try_from(request.platforms.as_slice());
        let platform = only.map_or(Platform::HOST, |[platform]| platform);
        let material = Material::Sources(&check.sources, platform);
        return Ok(torch_patch::check(&catalogue, &material, request, ui)?);
    }
    let upstream = upstream(&check.index, ui)?;
    let material = if check.wheels.is_empty() {
        Material::Indexes(&upstream)
    } else {
        Material::Wheels(&upstream, &check.wheels)
    };
    Ok(torch_patch::check(&catalogue, &material, request, ui)?)
}

fn rendered(
    report: &Report,
    patches: &[Description],
    format: CheckFormat,
) -> anyhow::Result<String> {
    Ok(match format {
        CheckFormat::Text => {
            let mut text = table::render(&report.cells, patches);
            text.extend(report.ranges.iter().map(ranges));
            text.extend(report.suggestions.iter().map(suggestion));
            text
        }
        CheckFormat::Json => serde_json::to_string_pretty(report)? + "\n",
        CheckFormat::Html => {
            let made = concat!("torch-patch ", env!("CARGO_PKG_VERSION"));
            html::render(&report.cells, patches, made)
        }
        CheckFormat::Junit => junit::render(&report.cells, patches),
        CheckFormat::Markdown => markdown::render(&report.cells, patches),
    })
}

/// The ranges of a patch, as declared and as found.
fn ranges(report: &RangeReport) -> String {
    let mut text = format!("\n{}: ranges\n", paint(BOLD, &report.patch));
    for variant in &report.variants {
        let holds = match variant.holds.as_slice() {
            [] => "no release".to_owned(),
            ranges => ranges.join(" and "),
        };
        text.push_str(&format!("  declared {}  fits {holds}\n", variant.declared));
    }
    for (releases, what) in [
        (&report.wider, "covered, but does not fit"),
        (&report.narrower, "fits, but is not covered"),
    ] {
        if !releases.is_empty() {
            text.push_str(&format!("  {what}: {}\n", releases.join(", ")));
        }
    }
    text
}

/// A variant that would fit, as a patch file has it; what is not TOML is a comment.
fn suggestion(report: &SuggestionReport) -> String {
    let names = report.proven_on.iter();
    let names: Vec<String> = names
        .map(|name| format!("{} {}", name.release, name.platform))
        .collect();
    let mut text = format!(
        "\n# {}: from the variant for {}\n# proven on {}\n",
        report.patch,
        report.from_variant,
        names.join(", ")
    );
    for change in &report.changes {
        text.push_str(&format!("# {change}\n"));
    }
    text.push_str(&report.toml);
    text
}

/// Says what all cells together say, and what was moved.
fn tell(report: &Report, ui: &mut Ui) {
    if let Some(traffic) = report.traffic.filter(|traffic| traffic.requests > 0) {
        let (requests, bytes) = (traffic.requests, traffic.bytes);
        let megabytes = format!("{}.{:02}", bytes / 1_000_000, bytes / 10_000 % 100);
        ui.note(&format!("{requests} requests, {megabytes} MB received"));
    }
    let Some(error) = &report.error else { return };
    ui.complain(&format!(
        "{}: {}",
        paint(crate::text::ERROR, "error"),
        error.message
    ));
    for hint in &error.hints {
        ui.hint(hint);
    }
}

/// Writes the whole file or leaves the old one.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let written = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new("."))).and_then(
        |mut file| {
            file.write_all(text.as_bytes())?;
            Ok(file.persist(path)?)
        },
    );
    written.with_context(|| format!("failed to write `{}`", path.display()))?;
    Ok(())
}

/// Reads a range of versions.
pub(crate) fn version_range(text: &str) -> Result<VersionRange, String> {
    VersionRange::parse(text).map_err(|error| error.to_string())
}
