//! `.pth` files: lines that add directories to `sys.path`. Their `import` lines are never run.

use std::path::{Path, PathBuf};

use crate::tree::Tree;

/// The directories that the `.pth` files in `site` add, in the order in which `site.py` takes them. Only directories that
/// exist count.
pub(crate) fn directories(tree: &dyn Tree, site: &Path) -> Vec<PathBuf> {
    let files = tree
        .names(site, &|name| {
            name.strip_suffix(".pth").is_some() && !name.starts_with('.')
        })
        .into_iter();
    let texts = files.filter_map(|name| tree.text(&tree.system().join(site, &[&name])));
    texts.flat_map(|text| added(tree, site, &text)).collect()
}

fn added(tree: &dyn Tree, site: &Path, text: &str) -> Vec<PathBuf> {
    let lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim_end);
    let paths = lines
        .filter(|line| !line.trim_start().is_empty() && !line.starts_with('#') && !is_code(line));
    let paths = paths.map(|line| tree.absolute(site, Path::new(line)));
    paths.filter(|path| tree.is_directory(path)).collect()
}

fn is_code(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("import\t")
}
