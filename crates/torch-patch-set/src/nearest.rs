//! The known word that a mistyped one is meant to be.

/// Returns the known word that takes the fewest changes of a letter, if it takes so few that it is likely meant.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let allowed = match word.chars().count() {
        0..=2 => 1,
        3..=8 => 2,
        length => length / 3,
    };
    let scored = known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    let best = scored
        .filter(|(changes, candidate)| *changes <= allowed && *changes < candidate.chars().count());
    best.min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

/// Letters to put in, take out, change or swap with their neighbour (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().take(64).collect();
    let right: Vec<char> = right.to_lowercase().chars().take(64).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let differs = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + differs);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_slip_and_leaves_another_word() {
        let known = ["title", "file", "when", "risk"];
        for (word, wanted) in [
            ("titel", Some("title")),
            ("Title", Some("title")),
            ("fiel", Some("file")),
            ("whne", Some("when")),
            ("describe", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known), wanted, "{word}");
        }
    }
}
