//! Any bytes and any edits: nothing panics, undo gives the bytes back, what was applied is found in
//! place and not applied again, and the order of patches does not matter.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::{Corpus, fuzz_target};
use torch_patch_edit::{
    Anchor, AnchorRange, Application, Edit, Expect, FilePatch, FileState, Near, Scope, Verb,
    compose, merge, undo, unified_diff,
};

#[derive(Debug, Arbitrary)]
struct Input {
    path: Path,
    file: Vec<Text>,
    edits: Vec<Change>,
    others: Vec<Change>,
}

#[derive(Debug, Arbitrary)]
enum Path {
    Python,
    Settings,
    Other,
}

/// Text that the file and the edits are likely to share, or any.
#[derive(Debug, Arbitrary)]
enum Text {
    Known(u8),
    Line(u8, u8),
    Any(Vec<u8>),
}

#[derive(Debug, Arbitrary)]
struct Change {
    verb: ChangeVerb,
    within: Option<Within>,
    after: Option<Text>,
    before: Option<Text>,
    expect: Option<(u8, u8)>,
    by_hand: Option<Text>,
}

#[derive(Debug, Arbitrary)]
enum ChangeVerb {
    After(Place, Vec<Text>),
    Before(Place, Vec<Text>),
    Replace(Place, Option<Place>, Vec<Text>),
    Delete(Place, Option<Place>),
    CommentOut(Place, Option<Place>),
    Wrap(Place, Option<Place>, Text, Option<Text>),
    Argument(Text, Place),
    Import(Text),
    Append(Vec<Text>),
    Create(Vec<Text>),
}

#[derive(Debug, Arbitrary)]
enum Place {
    Lines(Text),
    SeveralLines(Vec<Text>),
    Regex(Text),
    AnyOf(Vec<Text>),
}

#[derive(Debug, Arbitrary)]
enum Within {
    Python(Text),
    Between(Text, Text),
}

const KNOWN: &[&str] = &[
    "x = 1",
    "x = 2",
    "x = ...",
    "f(...)",
    "f(a, b)",
    "y = f(\n  a,\n  b,\n)",
    "pass",
    "a\nb",
    "n=0",
    "import os",
    "from a import b",
    "if a:",
    "else:",
    "try:",
    "finally:\n    pass",
    "def f",
    "def f(a):",
    "class C",
    "class C:",
    "class C > def f",
    "@d",
    "'''",
    "\"",
    "# x = 1",
    "# coding: latin-1",
    "\u{feff}",
    "\r",
    "\r\n",
    "\n",
    "\t",
    "    ",
    "\\\n",
    "f'{a}'",
    "f'",
    "{",
    "}",
    "(",
    ")",
    "...",
    r"x = (?P<n>\d+)",
    r"^\s*x",
    "$n",
    "$$",
    "x",
    "\u{fc}",
    "",
    "x = (",
    "    x = 1",
    "\n\nx = 1\n\n",
    "a; b",
    "from __future__ import a",
    "with b:\n    with c:",
];

impl Text {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Known(index) => KNOWN[usize::from(*index) % KNOWN.len()].into(),
            Self::Line(indent, index) => {
                let text = KNOWN[usize::from(*index) % KNOWN.len()];
                format!("{}{text}\n", "  ".repeat(usize::from(indent % 4))).into()
            }
            Self::Any(bytes) => bytes.clone(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

fn joined(texts: &[Text]) -> String {
    texts.iter().map(Text::text).collect()
}

impl Place {
    fn anchor(&self) -> Anchor {
        match self {
            Self::Lines(text) => Anchor::Lines(text.text()),
            Self::SeveralLines(texts) => Anchor::Lines(joined(texts)),
            Self::Regex(text) => Anchor::Regex(text.text()),
            Self::AnyOf(texts) => Anchor::AnyOf(texts.iter().map(Text::text).collect()),
        }
    }
}

fn range(anchor: &Place, until: Option<&Place>) -> AnchorRange {
    AnchorRange {
        anchor: anchor.anchor(),
        until: until.map(Place::anchor),
    }
}

impl ChangeVerb {
    fn verb(&self) -> Verb {
        match self {
            Self::After(place, text) => Verb::InsertAfter {
                anchor: place.anchor(),
                text: joined(text),
            },
            Self::Before(place, text) => Verb::InsertBefore {
                anchor: place.anchor(),
                text: joined(text),
            },
            Self::Replace(place, until, with) => Verb::Replace {
                range: range(place, until.as_ref()),
                with: joined(with),
            },
            Self::Delete(place, until) => Verb::Delete {
                range: range(place, until.as_ref()),
            },
            Self::CommentOut(place, until) => Verb::CommentOut {
                range: range(place, until.as_ref()),
            },
            Self::Wrap(place, until, header, footer) => Verb::Wrap {
                range: range(place, until.as_ref()),
                header: header.text(),
                footer: footer.as_ref().map(Text::text).unwrap_or_default(),
            },
            Self::Argument(argument, place) => Verb::Argument {
                argument: argument.text(),
                call: place.anchor(),
            },
            Self::Import(statement) => Verb::Import {
                statement: statement.text(),
            },
            Self::Append(text) => Verb::Append { text: joined(text) },
            Self::Create(text) => Verb::Create { text: joined(text) },
        }
    }
}

impl Change {
    fn edit(&self) -> Edit {
        Edit {
            verb: self.verb.verb(),
            within: self.within.as_ref().map(|within| match within {
                Within::Python(scope) => Scope::Python(scope.text()),
                Within::Between(from, to) => Scope::Between {
                    from: from.text(),
                    to: to.text(),
                },
            }),
            near: Near {
                after: self.after.as_ref().map(Text::text),
                before: self.before.as_ref().map(Text::text),
            },
            expect: match self.expect {
                None => Expect::default(),
                Some((0, _)) => Expect::All,
                Some((count, 0)) => Expect::Exactly(count.into()),
                Some((of, index)) => Expect::Occurrence {
                    index: index.into(),
                    of: of.into(),
                },
            },
            by_hand: self.by_hand.iter().map(Text::text).collect(),
        }
    }
}

/// Whether an edit can be found in place: a deletion only between its neighbours.
fn leaves_a_trace(edit: &Edit) -> bool {
    let is_deletion = match &edit.verb {
        Verb::Delete { .. } => true,
        Verb::Replace { with, .. } => with.trim().is_empty(),
        _ => false,
    };
    !is_deletion || (edit.near.after.is_some() && edit.near.before.is_some())
}

fuzz_target!(|input: Input| -> Corpus {
    let path = match input.path {
        Path::Python => "a.py",
        Path::Settings => "a.ini",
        Path::Other => "a",
    };
    let file: Vec<u8> = input.file.iter().flat_map(Text::bytes).collect();
    let edits: Vec<Edit> = input.edits.iter().map(Change::edit).collect();
    let Ok(patch) = FilePatch::compile(path, &edits) else {
        return Corpus::Reject;
    };
    let _ = patch.apply(None);
    assert_eq!(patch.classify(Some(&file)).edits.len(), edits.len());
    let _ = patch.originals(&file).take(9).count();
    let Ok(applied) = patch.apply(Some(&file)) else {
        return Corpus::Keep;
    };
    check(&patch, &file, &applied, edits.iter().all(leaves_a_trace));

    let others: Vec<Edit> = input.others.iter().map(Change::edit).collect();
    if let Ok(other) = FilePatch::compile(path, &others) {
        compose_both(&file, &patch, &other);
    }
    Corpus::Keep
});

fn check(patch: &FilePatch, file: &[u8], applied: &Application, leaves_a_trace: bool) {
    assert_eq!(
        undo(&applied.bytes, &applied.changes).as_deref(),
        Some(file)
    );
    assert!(applied.changes.is_sorted_by_key(|change| change.line));
    let found = patch.classify(Some(&applied.bytes)).state;
    if leaves_a_trace {
        assert_eq!(found, FileState::Applied);
        let again = patch.apply(Some(&applied.bytes)).expect("nothing to do");
        assert!(again.changes.is_empty() && again.bytes == applied.bytes);
    } else {
        assert_ne!(found, FileState::Pristine);
    }
    let _ = unified_diff(file, &applied.bytes, ("a", "b"), 3);
    assert_eq!(
        merge(&applied.bytes, &applied.bytes, file).as_deref(),
        Ok(file)
    );
}

fn compose_both(file: &[u8], one: &FilePatch, two: &FilePatch) {
    let forth = compose(Some(file), &[one, two]);
    let back = compose(Some(file), &[two, one]);
    for application in [&forth, &back].into_iter().flatten() {
        let undone = undo(&application.bytes, &application.changes);
        assert_eq!(undone.as_deref(), Some(file));
    }
    // What two patches put at one place comes in the order of the patches. In a file that does not parse,
    // a text that opens a bracket hides what comes after it, so that only one order can be proven.
    match (forth, back) {
        (Ok(forth), Ok(back)) => {
            assert!(shares_a_place(&forth) || forth.bytes == back.bytes);
        }
        (Ok(only), Err(_)) | (Err(_), Ok(only)) => assert!(shares_a_place(&only)),
        (Err(_), Err(_)) => {}
    }
}

/// Whether two changes are made at the same place.
fn shares_a_place(application: &Application) -> bool {
    let mut pairs = application.changes.windows(2);
    pairs.any(|pair| pair[0].original == pair[1].original)
}
