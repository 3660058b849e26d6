//! What a command works with: the patches that are known, and the environment.

use std::path::Path;

use torch_patch::{
    Cache, Catalogue, Client, Context, Error, Platform, Project, Request, Surroundings, Upstream,
    discover, load_directory, load_file, names_file,
};

use crate::args::{Options, Place};
use crate::failure::Usage;
use crate::index_settings::{self, IndexOptions};
use crate::ui::Ui;
use crate::{cache_directory, process};

/// The built-in patches, with those of `--patches`.
pub(crate) fn catalogue(options: &Options) -> anyhow::Result<Catalogue> {
    let mut catalogue = Catalogue::built_in();
    for path in &options.patch_files {
        let patches = if path.is_dir() {
            load_directory(path)?
        } else {
            vec![load_file(path)?]
        };
        for patch in patches {
            catalogue.add(patch).map_err(Error::from)?;
        }
    }
    Ok(catalogue)
}

/// Turns the patches of a command line into ids; files among them are added to the catalogue.
pub(crate) fn ids(catalogue: &mut Catalogue, words: &[String]) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::with_capacity(words.len());
    for word in words {
        if names_file(word) {
            let patch = load_file(Path::new(word))?;
            ids.push(patch.id.clone());
            catalogue.add(patch).map_err(Error::from)?;
        } else {
            ids.push(word.clone());
        }
    }
    Ok(ids)
}

/// Finds the environment.
pub(crate) fn context(
    options: &Options,
    catalogue: Catalogue,
    ui: &mut Ui,
) -> anyhow::Result<Context> {
    context_of(&process::surroundings()?, options, catalogue, ui)
}

/// Finds the environment of a project: without options and variables, the one that is seen from its directory.
pub(crate) fn project_context(
    project: &Project,
    options: &Options,
    catalogue: Catalogue,
    ui: &mut Ui,
) -> anyhow::Result<Context> {
    let mut surroundings = process::surroundings()?;
    if !options.place.is_given() {
        surroundings.cwd = project.directory().to_path_buf();
    }
    context_of(&surroundings, options, catalogue, ui)
}

fn context_of(
    surroundings: &Surroundings,
    options: &Options,
    catalogue: Catalogue,
    ui: &mut Ui,
) -> anyhow::Result<Context> {
    let environment = discover(&request(&options.place), surroundings).map_err(Error::from)?;
    let context = Context::new(environment, catalogue, Platform::HOST);
    ui.environment = Some(context.environment_report());
    Ok(context)
}

/// The package indexes, and the cache of what is fetched from them.
pub(crate) fn upstream(options: &IndexOptions, ui: &mut Ui) -> anyhow::Result<Upstream> {
    let settings = index_settings::resolve(options).map_err(Usage)?;
    for note in &settings.notes {
        ui.detail(note);
    }
    let cache = cache_directory::find().map(Cache::new);
    if let Err(error) = &cache {
        ui.note(&format!("nothing is kept for the next time: {error}"));
    }
    Ok(Upstream {
        client: Client::new(settings.client).map_err(Error::from)?,
        indexes: settings.indexes,
        cache: cache.ok(),
    })
}

/// Says if nothing could be kept, which is no failure.
pub(crate) fn cache_problem(upstream: &Upstream, ui: &mut Ui) {
    let cache = upstream.cache.as_ref();
    if let Some(problem) = cache.and_then(Cache::problem) {
        ui.note(&format!("nothing is kept for the next time: {problem}"));
    }
}

fn request(place: &Place) -> Request {
    Request {
        site_packages: place.site_packages.clone(),
        env: place.env.first().cloned(),
        python: place.python.clone(),
        ..Request::default()
    }
}
