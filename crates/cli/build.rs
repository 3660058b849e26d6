//! Packs the messages of other languages for the program: the sentences with their translations, without the rest of
//! the file, compressed. `language/catalogue.rs` unpacks them.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What stands between a sentence and its translation, and after an entry; in no text.
const UNIT: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// Which tables of the file are found how: as sentences, as ends of sentences, as texts of help pages.
const KINDS: [(&str, char); 6] = [
    ("sentences", 's'),
    ("words", 's'),
    ("foreign", 's'),
    ("titles", 's'),
    ("endings", 'e'),
    ("help", 'h'),
];

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo says so where the output goes"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let source = Path::new("messages/zh-CN.toml");
    println!("cargo::rerun-if-changed={}", source.display());
    let messages: toml::Table = fs_err::read_to_string(source)?.parse()?;
    let packed = pack(&messages).ok_or("a table or a translation is missing")?;
    let output = std::env::var_os("OUT_DIR").ok_or("there is no `OUT_DIR`")?;
    let file = fs_err::File::create(Path::new(&output).join("zh-CN"))?;
    let mut encoder = DeflateEncoder::new(file, Compression::best());
    encoder.write_all(packed.as_bytes())?;
    encoder.finish()?;
    Ok(())
}

fn pack(messages: &toml::Table) -> Option<String> {
    let mut packed = String::new();
    let mut add = |kind: char, english: &str, translation: &str| {
        packed.extend([kind, UNIT]);
        packed.push_str(english);
        packed.push(UNIT);
        packed.push_str(translation);
        packed.push(RECORD);
    };
    for (name, kind) in KINDS {
        for (english, translation) in messages.get(name)?.as_table()? {
            add(kind, english, translation.as_str()?);
        }
    }
    for entry in messages.get("assembled")?.as_array()? {
        add('s', entry.get("en")?.as_str()?, entry.get("zh")?.as_str()?);
    }
    Some(packed)
}
