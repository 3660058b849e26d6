//! What leads from one sequence to another. Sequences of anything are compared as sequences of numbers, so that the
//! algorithms of `similar` are in the program once, and not for each type; and only those that are used are.

use std::collections::BTreeMap;

use similar::DiffOp;
use similar::algorithms::{Capture, Compact, Replace, myers, patience};

/// How the operations are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// The fewest changes.
    Myers,
    /// Around items that are there once, which are more telling.
    Patience,
}

/// The operations that make `new` of `old`; a deletion beside an insertion is a replacement.
pub(crate) fn operations<T: Ord>(algorithm: Algorithm, old: &[T], new: &[T]) -> Vec<DiffOp> {
    let mut known = BTreeMap::new();
    let (old, new) = (numbered(old, &mut known), numbered(new, &mut known));
    let (old, new) = (old.as_slice(), new.as_slice());
    let mut hook = Compact::new(Replace::new(Capture::new()), old, new);
    let ranges = (0..old.len(), 0..new.len());
    let Ok(()) = match algorithm {
        Algorithm::Myers => myers::diff(&mut hook, old, ranges.0, new, ranges.1),
        Algorithm::Patience => patience::diff(&mut hook, old, ranges.0, new, ranges.1),
    };
    hook.into_inner().into_inner().into_ops()
}

/// A number for each item, which is the same for equal ones.
fn numbered<'t, T: Ord>(items: &'t [T], known: &mut BTreeMap<&'t T, usize>) -> Vec<usize> {
    let number = |item| {
        let next = known.len();
        *known.entry(item).or_insert(next)
    };
    items.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use similar::capture_diff_slices;

    use super::*;

    proptest! {
        #[test]
        fn numbers_differ_as_the_items_do(
            old in proptest::collection::vec("[a-d]{0,2}", 0..30),
            new in proptest::collection::vec("[a-d]{0,2}", 0..30),
        ) {
            for (own, algorithm) in [
                (Algorithm::Myers, similar::Algorithm::Myers),
                (Algorithm::Patience, similar::Algorithm::Patience),
            ] {
                let expected = capture_diff_slices(algorithm, &old, &new);
                prop_assert_eq!(operations(own, &old, &new), expected);
            }
        }
    }
}
