//! The list of a project's files as HTML (PEP 503, PEP 592, PEP 629, PEP 658, PEP 714); also any page with links to files,
//! such as the listing of a directory.

use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};
use torch_patch_store::Digest;

use super::link::{Base, Link, sha256};
use super::{checked_count, checked_version};

/// Reads the links of a page.
pub(super) fn links(base: &Base, text: &[u8]) -> Result<Vec<Link>, String> {
    let text = String::from_utf8_lossy(text);
    let mut moved: Option<Base> = None;
    let mut links = Vec::new();
    let mut emitter = DefaultEmitter::default();
    // What is in a script is no element.
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(text.as_ref(), emitter) {
        let Ok(Token::StartTag(tag)) = token else {
            continue;
        };
        match tag.name.as_slice() {
            b"base" if moved.is_none() => {
                moved = attribute(&tag, "href").map(|href| base.moved(&href));
            }
            b"meta"
                if attribute(&tag, "name")
                    .is_some_and(|name| name == "pypi:repository-version") =>
            {
                checked_version(&attribute(&tag, "content").unwrap_or_default())?;
            }
            b"a" => {
                links.extend(link(moved.as_ref().unwrap_or(base), &tag));
                checked_count(links.len())?;
            }
            _ => {}
        }
    }
    Ok(links)
}

fn link(base: &Base, tag: &StartTag<()>) -> Option<Link> {
    let link = Link::new(base, &attribute(tag, "href")?)?;
    let metadata = attribute(tag, "data-core-metadata").and_then(|text| metadata_digest(&text));
    let older =
        || attribute(tag, "data-dist-info-metadata").and_then(|text| metadata_digest(&text));
    Some(Link {
        metadata_digest: metadata.or_else(older),
        yanked: attribute(tag, "data-yanked"),
        ..link
    })
}

/// Returns the value of an attribute, entities decoded.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(&HtmlString(name.as_bytes().to_vec()))?;
    Some(String::from_utf8_lossy(value.as_slice()).into_owned())
}

fn metadata_digest(text: &str) -> Option<Digest> {
    sha256(text.trim().strip_prefix("sha256=")?)
}
