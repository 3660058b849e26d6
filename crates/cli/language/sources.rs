//! Every sentence that the sources have, for the test that each is translated.
//!
//! A sentence is any string literal of two words or more, wherever it stands, so that nobody has to remember to register
//! one. What looks like a sentence and is none is listed in `tests.rs`.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A string literal of a source file.
pub(super) struct Literal {
    pub(super) place: String,
    pub(super) text: String,
}

/// Forms of `check` that are for other programs or for publication, and are English whoever makes them; answers to
/// Ansible; roff; what builds the program; and this module.
const IN_ENGLISH: [&str; 10] = [
    "/ansible/",
    "cli/ansible.rs",
    "cli/build.rs",
    "torch-patch-set/build.rs",
    "cli/manual.rs",
    "/language/",
    "formats/html.rs",
    "formats/junit.rs",
    "formats/markdown.rs",
    "formats/sample.rs",
];

/// What fails in a way that only those who change the sources see.
const FOR_DEVELOPERS: [&str; 7] = [
    "assert",
    "assert_eq",
    "debug_assert",
    "debug_assert_eq",
    "panic",
    "unreachable",
    "include_str",
];

/// The literals of all crates but those of tests, in the order of the files.
pub(super) fn literals() -> Vec<Literal> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    files_below(&root.join("crates"), &mut files);
    files.sort();
    assert!(files.len() > 100, "{} files", files.len());
    let mut literals = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(root)
            .unwrap_or(&file)
            .display()
            .to_string()
            .replace('\\', "/");
        if IN_ENGLISH.iter().any(|part| name.contains(part)) {
            continue;
        }
        let text = fs_err::read_to_string(&file).unwrap();
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        collect(tokens, &name, &mut literals);
    }
    literals
}

fn files_below(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !matches!(
                name,
                "tests" | "benches" | "examples" | "torch-patch-testing"
            ) {
                files_below(&path, files);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

fn collect(tokens: TokenStream, file: &str, literals: &mut Vec<Literal>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => at = after_attribute(&tokens, at),
            TokenTree::Group(group) => collect(group.stream(), file, literals),
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal.clone()) {
                    let place = format!("{file}:{}", literal.span().start().line);
                    literals.push(Literal {
                        place,
                        text: text.value(),
                    });
                }
            }
            TokenTree::Ident(name) if FOR_DEVELOPERS.iter().any(|own| name == own) => {
                let is_call =
                    matches!(tokens.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == '!');
                at += if is_call { 2 } else { 0 };
            }
            _ => {}
        }
    }
}

/// Where it goes on after an attribute, together with the item that it marks as a test.
fn after_attribute(tokens: &[TokenTree], mut at: usize) -> usize {
    if matches!(tokens.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == '!') {
        at += 1;
    }
    let Some(TokenTree::Group(group)) = tokens.get(at) else {
        return at;
    };
    let words = group.stream().to_string().replace(' ', "");
    if group.delimiter() != Delimiter::Bracket || !matches!(words.as_str(), "test" | "cfg(test)") {
        return at + 1;
    }
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(sign) => sign.as_char() == ';',
        _ => false,
    };
    let length = tokens[at + 1..].iter().position(is_end);
    length.map_or(tokens.len(), |length| at + 1 + length + 1)
}
