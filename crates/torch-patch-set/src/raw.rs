//! The tables of a patch file as serde reads them, before anything is checked but their keys and types.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct At<T> {
    value: T,
    pub(crate) span: Range<usize>,
}

impl<T> At<T> {
    pub(crate) fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            span: spanned.span(),
            value: spanned.into_inner(),
        })
    }
}

/// The whole file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Patch", transform = crate::schema::patch))]
pub(crate) struct RawPatch {
    /// The version of the format. It is checked before the rest is read.
    #[expect(dead_code, reason = "here for its type and for the schema")]
    pub(crate) format: Option<At<i64>>,
    /// The name of the patch, by which it is applied and reverted.
    pub(crate) id: Option<At<String>>,
    /// What the patch does, on one line.
    pub(crate) title: Option<At<String>>,
    /// The installed package whose files are changed.
    pub(crate) distribution: Option<At<String>>,
    /// What breaks, with the text of the error, what the edit does and what it does not do.
    pub(crate) description: Option<At<String>>,
    /// The error texts by which it is found; `...` stands for any text.
    pub(crate) symptoms: Option<At<Vec<At<String>>>>,
    /// Where to read more.
    pub(crate) links: Option<At<Vec<At<String>>>>,
    /// How much it may harm those who rely on the original behaviour.
    pub(crate) risk: Option<At<String>>,
    /// Where the problem occurs, among the installations that it is for.
    pub(crate) occurs: Option<At<String>>,
    /// Whether its edits are bad ones that people make by hand, which it takes out of a file.
    pub(crate) repairs: Option<At<bool>>,
    /// The platforms it is for; none or an empty list: all.
    pub(crate) platforms: Option<At<Vec<At<String>>>>,
    /// The ids of patches that have to be applied with it.
    pub(crate) requires: Option<At<Vec<At<String>>>>,
    /// The ids of patches that exclude it.
    pub(crate) conflicts: Option<At<Vec<At<String>>>>,
    /// Other distributions and the ranges of their versions with which it is needed.
    pub(crate) when: Option<At<BTreeMap<String, At<String>>>>,
    /// The edits for each range of versions.
    pub(crate) variant: Option<At<Vec<At<RawVariant>>>>,
}

/// The edits for one range of versions.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Variant", transform = crate::schema::variant))]
pub(crate) struct RawVariant {
    /// The range, as PEP 440 writes it.
    pub(crate) versions: Option<At<String>>,
    /// Where it was fixed, if nothing has to be done for these versions.
    pub(crate) fixed_upstream: Option<At<String>>,
    /// Why nothing has to be done for these versions, if they never had the problem.
    pub(crate) unaffected: Option<At<String>>,
    /// The edits.
    pub(crate) edit: Option<At<Vec<At<RawEdit>>>>,
    /// Edits that people make by hand instead; a file that has one of them counts as one with all edits of the variant.
    pub(crate) by_hand: Option<At<Vec<At<RawEdit>>>>,
}

/// One change in one file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Edit", transform = crate::schema::edit))]
pub(crate) struct RawEdit {
    /// The file, as `RECORD` of the distribution names it.
    pub(crate) file: Option<At<String>>,
    /// The line after which `insert` is put.
    pub(crate) after: Option<At<RawAnchor>>,
    /// The line before which `insert` is put.
    pub(crate) before: Option<At<RawAnchor>>,
    /// The lines in whose place `with` is put.
    pub(crate) replace: Option<At<RawAnchor>>,
    /// The lines that are taken out.
    pub(crate) delete: Option<At<RawAnchor>>,
    /// The lines that become comments.
    pub(crate) comment_out: Option<At<RawAnchor>>,
    /// The lines that are indented under `header`.
    pub(crate) wrap: Option<At<RawAnchor>>,
    /// The keyword argument that is added to the call in `in`.
    pub(crate) argument: Option<At<String>>,
    /// The import that is added if it is not there.
    pub(crate) import: Option<At<String>>,
    /// The text that is put at the end of the file.
    pub(crate) append: Option<At<String>>,
    /// The text of a new file.
    pub(crate) create: Option<At<String>>,
    /// The text that is put in; its indentation is relative to the anchor's.
    pub(crate) insert: Option<At<String>>,
    /// The text that comes in the place of what `replace` matches.
    pub(crate) with: Option<At<String>>,
    /// The line with the call.
    #[serde(rename = "in")]
    pub(crate) in_line: Option<At<RawAnchor>>,
    /// The lines before the wrapped ones.
    pub(crate) header: Option<At<String>>,
    /// The lines after the wrapped ones.
    pub(crate) footer: Option<At<String>>,
    /// The last line of the range that the anchor begins.
    pub(crate) until: Option<At<RawAnchor>>,
    /// The part of the file in which the anchor is looked for.
    pub(crate) within: Option<At<RawScope>>,
    /// Lines around the anchor that tell it from equal ones.
    pub(crate) near: Option<At<RawNear>>,
    /// How often the anchor has to match.
    pub(crate) expect: Option<At<RawExpect>>,
    /// Which of the matches is changed, from 1.
    pub(crate) occurrence: Option<At<i64>>,
    /// Forms in which people make this edit by hand.
    pub(crate) by_hand: Option<At<Vec<At<String>>>>,
}

/// An anchor: a line, `{ regex = "…" }` or `{ any-of = ["…"] }`.
pub(crate) type RawAnchor = TextOr<AnchorTable>;
/// A scope: a path of definitions, or `{ from = "…", to = "…" }`.
pub(crate) type RawScope = TextOr<ScopeTable>;

/// A text or a table.
#[derive(Debug)]
pub(crate) enum TextOr<T> {
    Text(String),
    Table(T),
}

/// What a value may be, for messages.
pub(crate) trait Expected {
    const EXPECTED: &'static str;
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Anchor", transform = crate::schema::one_key))]
pub(crate) struct AnchorTable {
    /// A regular expression for one line.
    pub(crate) regex: Option<At<String>>,
    /// Spellings of a line, of which the first that occurs counts.
    pub(crate) any_of: Option<At<Vec<At<String>>>>,
}

impl Expected for AnchorTable {
    const EXPECTED: &'static str = "a string, `{ regex = \"…\" }` or `{ any-of = [\"…\"] }`";
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Scope", transform = crate::schema::all_keys))]
pub(crate) struct ScopeTable {
    /// The first line.
    pub(crate) from: Option<At<String>>,
    /// The last line.
    pub(crate) to: Option<At<String>>,
}

impl Expected for ScopeTable {
    const EXPECTED: &'static str = "a string such as `def f` or `{ from = \"…\", to = \"…\" }`";
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Near", transform = crate::schema::some_key))]
pub(crate) struct RawNear {
    /// A line that the anchor comes after.
    pub(crate) after: Option<At<String>>,
    /// A line that the anchor comes before.
    pub(crate) before: Option<At<String>>,
}

/// A number of matches, or `"all"`.
#[derive(Debug)]
pub(crate) enum RawExpect {
    Number(i64),
    Word(String),
}

impl<'de, T: Deserialize<'de> + Expected> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

struct TextOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Expected> Visitor<'de> for TextOrVisitor<T> {
    type Value = TextOr<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Table)
    }
}

impl<'de> Deserialize<'de> for RawExpect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExpectVisitor)
    }
}

struct ExpectVisitor;

impl Visitor<'_> for ExpectVisitor {
    type Value = RawExpect;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number from 1 or `\"all\"`")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(RawExpect::Number(number))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        Ok(RawExpect::Word(word.to_owned()))
    }
}

impl RawEdit {
    /// All anchors that are there.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = &At<RawAnchor>> {
        let anchors = [
            &self.after,
            &self.before,
            &self.replace,
            &self.delete,
            &self.comment_out,
            &self.wrap,
            &self.in_line,
            &self.until,
        ];
        anchors.into_iter().flatten()
    }

    /// Every key but `file` that is there, and where its value stands.
    pub(crate) fn keys(&self) -> Vec<(&'static str, &Range<usize>)> {
        fn at<'r, T>(
            key: &'static str,
            value: Option<&'r At<T>>,
        ) -> Option<(&'static str, &'r Range<usize>)> {
            value.map(|value| (key, &value.span))
        }
        let keys = [
            at("after", self.after.as_ref()),
            at("before", self.before.as_ref()),
            at("replace", self.replace.as_ref()),
            at("delete", self.delete.as_ref()),
            at("comment-out", self.comment_out.as_ref()),
            at("wrap", self.wrap.as_ref()),
            at("argument", self.argument.as_ref()),
            at("import", self.import.as_ref()),
            at("append", self.append.as_ref()),
            at("create", self.create.as_ref()),
            at("insert", self.insert.as_ref()),
            at("with", self.with.as_ref()),
            at("in", self.in_line.as_ref()),
            at("header", self.header.as_ref()),
            at("footer", self.footer.as_ref()),
            at("until", self.until.as_ref()),
            at("within", self.within.as_ref()),
            at("near", self.near.as_ref()),
            at("expect", self.expect.as_ref()),
            at("occurrence", self.occurrence.as_ref()),
            at("by-hand", self.by_hand.as_ref()),
        ];
        keys.into_iter().flatten().collect()
    }
}
