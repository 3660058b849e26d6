//! Short ways to write an edit down.

use torch_patch_edit::{Anchor, AnchorRange, Edit, Expect, Scope, Verb};

pub(crate) fn line(text: &str) -> Anchor {
    Anchor::Lines(text.to_owned())
}

pub(crate) fn regex(text: &str) -> Anchor {
    Anchor::Regex(text.to_owned())
}

pub(crate) fn any_of(texts: &[&str]) -> Anchor {
    Anchor::AnyOf(texts.iter().map(|text| (*text).to_owned()).collect())
}

pub(crate) fn until(anchor: &str, until: &str) -> AnchorRange {
    AnchorRange {
        anchor: line(anchor),
        until: Some(line(until)),
    }
}

pub(crate) fn after(anchor: Anchor, text: &str) -> Edit {
    let text = text.to_owned();
    Edit::new(Verb::InsertAfter { anchor, text })
}

pub(crate) fn before(anchor: Anchor, text: &str) -> Edit {
    let text = text.to_owned();
    Edit::new(Verb::InsertBefore { anchor, text })
}

pub(crate) fn replace(range: impl Into<AnchorRange>, with: &str) -> Edit {
    Edit::new(Verb::Replace {
        range: range.into(),
        with: with.to_owned(),
    })
}

pub(crate) fn delete(range: impl Into<AnchorRange>) -> Edit {
    Edit::new(Verb::Delete {
        range: range.into(),
    })
}

pub(crate) fn comment_out(range: impl Into<AnchorRange>) -> Edit {
    Edit::new(Verb::CommentOut {
        range: range.into(),
    })
}

pub(crate) fn wrap(range: impl Into<AnchorRange>, header: &str, footer: &str) -> Edit {
    Edit::new(Verb::Wrap {
        range: range.into(),
        header: header.to_owned(),
        footer: footer.to_owned(),
    })
}

pub(crate) fn argument(argument: &str, call: Anchor) -> Edit {
    let argument = argument.to_owned();
    Edit::new(Verb::Argument { argument, call })
}

pub(crate) fn import(statement: &str) -> Edit {
    let statement = statement.to_owned();
    Edit::new(Verb::Import { statement })
}

pub(crate) fn append(text: &str) -> Edit {
    let text = text.to_owned();
    Edit::new(Verb::Append { text })
}

/// The keys that stand beside a verb.
pub(crate) trait With {
    fn within(self, scope: &str) -> Edit;
    fn between(self, from: &str, to: &str) -> Edit;
    fn near_after(self, line: &str) -> Edit;
    fn near_before(self, line: &str) -> Edit;
    fn expect(self, expect: Expect) -> Edit;
    fn by_hand(self, forms: &[&str]) -> Edit;
}

impl With for Edit {
    fn within(mut self, scope: &str) -> Edit {
        self.within = Some(Scope::Python(scope.to_owned()));
        self
    }

    fn between(mut self, from: &str, to: &str) -> Edit {
        self.within = Some(Scope::Between {
            from: from.to_owned(),
            to: to.to_owned(),
        });
        self
    }

    fn near_after(mut self, line: &str) -> Edit {
        self.near.after = Some(line.to_owned());
        self
    }

    fn near_before(mut self, line: &str) -> Edit {
        self.near.before = Some(line.to_owned());
        self
    }

    fn expect(mut self, expect: Expect) -> Edit {
        self.expect = expect;
        self
    }

    fn by_hand(mut self, forms: &[&str]) -> Edit {
        self.by_hand = forms.iter().map(|form| (*form).to_owned()).collect();
        self
    }
}
