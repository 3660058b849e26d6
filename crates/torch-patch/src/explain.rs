//! Finds the patch for the text of an error.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use torch_patch_set::{Action, Catalogue, Patch};

use crate::context::Context;
use crate::description::Description;
use crate::error::{Error, ErrorKind};
use crate::overview::state_here;
use crate::report::{Command, Outcome, PatchReport, Report};

/// How many letters may stand for a `...` of a symptom: a path or two, and not another error.
const GAP: usize = 400;
/// A text of fewer letters is in too many symptoms.
const FRAGMENT: usize = 8;
/// The share of the words of a symptom that has to be there if the symptom itself is not.
const ALIKE: f64 = 0.7;
/// What it counts that a file which the patch changes is named, more than any symptom has letters.
const OWN_FILE: usize = 1000;
/// What it counts that the patch would change something here.
const NEEDED: usize = 50;

/// Why a patch may be the one that helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// The id of the patch.
    pub patch: String,
    /// What it does, in one line.
    pub title: String,
    /// Whether the text has a symptom of the patch; else it only has words of one.
    pub certain: bool,
    /// Why, each in words.
    pub because: Vec<String>,
    /// Whether the patch is no cure, but takes out a bad edit that is passed on against the error; absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repairs: bool,
}

/// A patch that fits a text, and how well.
struct Found<'p> {
    patch: &'p Patch,
    is_certain: bool,
    score: usize,
    because: Vec<String>,
}

/// Finds the patches for the text of an error, such as a whole traceback; the likeliest first.
///
/// The results are their states here, in the same order, if there is an environment.
///
/// # Errors
///
/// No patch is known for it, or a patch file is not one.
pub fn explain(
    catalogue: &Catalogue,
    context: Option<&Context>,
    text: &str,
) -> Result<Report, Error> {
    let text = plain(text);
    let patches = catalogue.patches()?;
    let mut found: Vec<Found<'_>> = patches
        .iter()
        .filter_map(|patch| Found::of(patch, &text))
        .collect();
    if found.iter().any(|own| own.is_certain) {
        found.retain(|own| own.is_certain);
    }
    let state = |patch: &Patch| context.map(|here| state_here(here, &Description::of(patch)));
    let mut found: Vec<(Found<'_>, Option<PatchReport>)> = found
        .into_iter()
        .map(|own| {
            let state = state(own.patch);
            (own, state)
        })
        .collect();
    for (own, state) in &mut found {
        own.weigh(state.as_ref());
    }
    found.sort_by(|(one, _), (other, _)| {
        let risks = one.patch.risk.cmp(&other.patch.risk);
        let by_score = other.score.cmp(&one.score);
        by_score.then(risks).then(one.patch.id.cmp(&other.patch.id))
    });
    if found.is_empty() {
        return Err(ErrorKind::Unexplained.into());
    }
    let mut report = Report::bare(Command::Explain);
    report.environment = context.map(Context::environment_report);
    for (own, state) in found {
        report.explanations.push(own.explanation());
        report.results.extend(state);
    }
    Ok(report)
}

impl<'p> Found<'p> {
    fn of(patch: &'p Patch, text: &str) -> Option<Self> {
        let symptoms = patch.symptoms.iter();
        let fits = symptoms.filter_map(|symptom| fit(symptom, text));
        let (score, is_certain, because) = fits.max_by_key(|(score, ..)| *score)?;
        let mut found = Self {
            patch,
            is_certain,
            score,
            because: vec![because],
        };
        let slashes = text.replace('\\', "/");
        let files = files(patch).into_iter();
        let named = files.filter(|file| slashes.contains(file));
        let named = named.map(|file| format!("it names `{file}`, which the patch changes"));
        found.because.extend(named);
        if found.because.len() > 1 {
            // Once: a patch that changes more files is no likelier for it.
            found.score += OWN_FILE;
        }
        Some(found)
    }

    /// Counts what is here.
    fn weigh(&mut self, state: Option<&PatchReport>) {
        let Some(state) = state.filter(|state| state.version.is_some()) else {
            return;
        };
        if !matches!(state.outcome, Outcome::NotNeeded) {
            self.score += NEEDED;
        }
    }

    fn explanation(self) -> Explanation {
        Explanation {
            patch: self.patch.id.clone(),
            title: self.patch.title.clone(),
            repairs: self.patch.repairs,
            certain: self.is_certain,
            because: self.because,
        }
    }
}

/// How well a symptom fits a text, whether it is there for certain, and why.
fn fit(symptom: &str, text: &str) -> Option<(usize, bool, String)> {
    let wanted = plain(symptom);
    if has(&wanted, text) {
        let letters = wanted.replace("...", "").len();
        return Some((letters, true, format!("the text has `{symptom}`")));
    }
    if text.len() >= FRAGMENT && wanted.contains(text) {
        let why = format!("the text is a part of `{symptom}`");
        return Some((text.len(), false, why));
    }
    let (own, found) = (words(&wanted), words(text));
    let common = own.intersection(&found).count();
    let share = f64::from(u32::try_from(common).ok()?) / f64::from(u32::try_from(own.len()).ok()?);
    let is_alike = common >= 3 && share >= ALIKE;
    is_alike.then(|| (common, false, format!("the text has words of `{symptom}`")))
}

/// Whether the parts of a symptom stand in a text one after the other.
fn has(symptom: &str, text: &str) -> bool {
    let parts: Vec<&str> = symptom.split("...").map(str::trim).collect();
    let starts = text.match_indices(parts[0]).map(|(at, _)| at);
    let follows = |start: usize| {
        let mut at = start + parts[0].len();
        parts[1..].iter().all(|part| {
            let mut end = (at + GAP + part.len()).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let found = text[at..end].find(part);
            at += found.map_or(0, |found| found + part.len());
            found.is_some()
        })
    };
    starts.into_iter().any(follows)
}

/// A text in lower case, without colours, and with one space for each run of white space.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // A sequence that colours: `ESC [ … m`.
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else if letter.is_whitespace() {
            if !plain.ends_with(' ') {
                plain.push(' ');
            }
        } else {
            plain.extend(letter.to_lowercase());
        }
    }
    plain.trim().to_owned()
}

fn words(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.filter(|word| word.len() > 2).collect()
}

/// The files that a patch changes, in any release, in lower case as the text is.
fn files(patch: &Patch) -> BTreeSet<String> {
    let actions = patch.variants.iter().map(|variant| &variant.action);
    let files = actions.filter_map(|action| match action {
        Action::Edits(files) => Some(files.iter().map(|file| file.file.to_lowercase())),
        _ => None,
    });
    files.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> String {
        let report = explain(&Catalogue::built_in(), None, text).expect("an explanation");
        report.explanations[0].patch.clone()
    }

    #[test]
    fn each_symptom_of_the_catalogue_leads_to_its_patch() {
        let catalogue = Catalogue::built_in();
        for patch in catalogue.patches().expect("a catalogue") {
            assert!(!patch.symptoms.is_empty(), "{} has no symptom", patch.id);
            for symptom in &patch.symptoms {
                let text = symptom.replace("...", "something else");
                let file = files(patch).into_iter().next().unwrap_or_default();
                let traceback = format!("File \"/v/site-packages/{file}\", line 1\n{text}");
                let report = explain(&catalogue, None, &traceback).expect("an explanation");
                let explanations = report.explanations.iter();
                let ids: Vec<&str> = explanations.map(|own| own.patch.as_str()).collect();
                assert!(report.explanations[0].certain);
                // `gloo-always` is for those who want it: the other one is told first. Some packages have the same files
                // under two names, which only an environment tells apart.
                let expected = match patch.id.as_str() {
                    id @ ("gloo-always"
                    | "mmcv-lite-get-stream"
                    | "weights-only-lightning-fabric"
                    | "weights-only-mmengine-lite"
                    | "weights-only-tts-coqui") => ids.contains(&id),
                    id => ids[0] == id,
                };
                assert!(expected, "{}: {symptom}: {ids:?}", patch.id);
            }
        }
    }

    #[test]
    fn the_guides_error_is_found_however_it_is_pasted() {
        let text = "Distributed package doesn't have NCCL built in";
        for pasted in [
            text.to_owned(),
            format!(
                "Traceback (most recent call last):\r\n  File \"x\"\r\nRuntimeError: {text}\r\n"
            ),
            text.to_uppercase(),
            text.replace(' ', "\n"),
            text.replace("NCCL", "\u{1b}[31mNCCL\u{1b}[0m"),
            "nccl built in".to_owned(),
            "the distributed package does not have nccl built in here".to_owned(),
        ] {
            assert_eq!(first(&pasted), "gloo-windows", "{pasted:?}");
        }
    }

    #[test]
    fn other_errors_are_not_explained() {
        for text in [
            "",
            "a",
            "ZeroDivisionError: division by zero",
            "NCCL error in: x.cpp",
        ] {
            assert!(
                explain(&Catalogue::built_in(), None, text).is_err(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_gap_does_not_span_two_errors() {
        assert!(has("a (...) mismatches", "x a (12.1) mismatches y"));
        let far = format!("a ({}) mismatches", "x ".repeat(GAP));
        assert!(!has("a (...) mismatches", &far));
        assert!(has("é...b", "éééb"));
    }
}
