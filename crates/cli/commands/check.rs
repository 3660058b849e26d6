//! `torch-patch check`.

use torch_patch::{Catalogue, CheckRequest, Description, Material, Platform, Report, VersionRange};

use crate::args::{Check, CheckFormat, Options, PlatformWord};
use crate::formats::advice::{fenced, ranges, suggestion};
use crate::formats::{html, junit, markdown, table};
use crate::language::say;
use crate::output_file::write;
use crate::session::{cache_problem, catalogue, context, ids, upstream};
use crate::ui::{Format, Ui};

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
    let checked = torch_patch::check(&catalogue, &material, request, ui);
    cache_problem(&upstream, ui);
    Ok(checked?)
}

fn rendered(
    report: &Report,
    patches: &[Description],
    format: CheckFormat,
) -> anyhow::Result<String> {
    Ok(match format {
        CheckFormat::Text => {
            let mut text = table::render(&report.cells, patches);
            text.extend(
                report
                    .ranges
                    .iter()
                    .map(|own| say(&ranges(own)).into_owned()),
            );
            text.extend(report.suggestions.iter().map(|own| said(&suggestion(own))));
            text
        }
        CheckFormat::Json => serde_json::to_string_pretty(report)? + "\n",
        CheckFormat::Html => {
            let made = concat!("torch-patch ", env!("CARGO_PKG_VERSION"));
            html::render(&report.cells, patches, made)
        }
        CheckFormat::Junit => junit::render(&report.cells, patches),
        CheckFormat::Markdown => {
            let mut text = markdown::render(&report.cells, patches);
            text.extend(report.ranges.iter().map(|own| fenced("text", &ranges(own))));
            text.extend(
                report
                    .suggestions
                    .iter()
                    .map(|own| fenced("toml", &suggestion(own))),
            );
            text
        }
    })
}

/// A suggestion whose comments are said in words; its TOML is what a patch file has.
fn said(suggestion: &str) -> String {
    let lines = suggestion.split_inclusive('\n');
    let lines = lines.map(|line| {
        if line.starts_with("# ") {
            say(line)
        } else {
            line.into()
        }
    });
    lines.collect()
}

/// Says what all cells together say, and what was moved.
fn tell(report: &Report, ui: &mut Ui) {
    if let Some(traffic) = report.traffic.filter(|traffic| traffic.requests > 0) {
        let (requests, bytes) = (traffic.requests, traffic.bytes);
        let noun = if requests == 1 { "request" } else { "requests" };
        let megabytes = format!("{}.{:02}", bytes / 1_000_000, bytes / 10_000 % 100);
        ui.note(&format!("{requests} {noun}, {megabytes} MB received"));
    }
    let Some(error) = &report.error else { return };
    ui.error(&error.message);
    for hint in &error.hints {
        ui.hint(hint);
    }
}

/// Reads a range of versions.
pub(crate) fn version_range(text: &str) -> Result<VersionRange, String> {
    VersionRange::parse(text).map_err(|error| error.to_string())
}
