//! Names of distributions, as PEP 503 compares them.

/// Normalises the name of a distribution: lower case, runs of `-`, `_` and `.` become one `-` (PEP 503).
///
/// ```
/// assert_eq!(torch_patch_env::normalize("Torch__Model.Archiver"), "torch-model-archiver");
/// ```
#[must_use]
pub fn normalize(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalized.ends_with('-') => {}
            '-' | '_' | '.' => normalized.push('-'),
            _ => normalized.push(character.to_ascii_lowercase()),
        }
    }
    normalized
}

/// Returns up to three of `names` that look like `wanted`: one contains the other, or a slip of one letter.
pub(crate) fn near(wanted: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found: Vec<(usize, String)> = names
        .into_iter()
        .filter(|name| {
            name.contains(wanted) || wanted.contains(name.as_str()) || slips(name, wanted) <= 2
        })
        .map(|name| (slips(&name, wanted), name))
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, name)| name).take(3).collect()
}

/// The Levenshtein distance in characters.
fn slips(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, character) in left.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_pep_503_says() {
        for (name, expected) in [
            ("torch", "torch"),
            ("TORCH", "torch"),
            ("torch_geometric", "torch-geometric"),
            ("torch.geometric", "torch-geometric"),
            ("torch-_.geometric", "torch-geometric"),
            ("zope.interface", "zope-interface"),
        ] {
            assert_eq!(normalize(name), expected, "{name}");
        }
    }

    #[test]
    fn near_names_come_nearest_first() {
        let names = ["numpy", "torchvision", "torhc", "pytorch", "torch-cpu"].map(str::to_owned);
        assert_eq!(near("torch", names), ["pytorch", "torhc", "torch-cpu"]);
        assert!(near("torch", ["requests".to_owned()]).is_empty());
    }
}
