//! Which keys of an edit go with which verb. Both the parser and the schema read this table.

/// A verb and the keys that stand beside it.
pub(crate) struct VerbKeys {
    pub(crate) verb: &'static str,
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
}

const fn verb(
    verb: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
) -> VerbKeys {
    VerbKeys {
        verb,
        required,
        optional,
    }
}

const AT_ANCHOR: &[&str] = &["within", "near", "expect", "occurrence", "by-hand"];
const OVER_RANGE: &[&str] = &["until", "within", "near", "expect", "occurrence", "by-hand"];
const OVER_WRAP: &[&str] = &[
    "footer",
    "until",
    "within",
    "near",
    "expect",
    "occurrence",
    "by-hand",
];

/// All verbs.
pub(crate) const VERBS: [VerbKeys; 10] = [
    verb("after", &["insert"], AT_ANCHOR),
    verb("before", &["insert"], AT_ANCHOR),
    verb("replace", &["with"], OVER_RANGE),
    verb("delete", &[], OVER_RANGE),
    verb("comment-out", &[], OVER_RANGE),
    verb("wrap", &["header"], OVER_WRAP),
    verb("argument", &["in"], AT_ANCHOR),
    verb("import", &[], &[]),
    verb("append", &[], &[]),
    verb("create", &[], &[]),
];

impl VerbKeys {
    /// Every key of an edit with this verb, besides `file` and the verb itself.
    pub(crate) fn beside(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.required.iter().chain(self.optional).copied()
    }
}
