//! Packs the patches of `patches/` for the program, each by itself and with the name of its distribution beside it, so that
//! only those that are asked for are unpacked and read.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use fs_err as fs;

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo says so where the output goes"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let patches = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patches");
    let output = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("there is no `OUT_DIR`")?);
    println!("cargo::rerun-if-changed={}", patches.display());
    let mut ids = Vec::new();
    for entry in fs::read_dir(&patches)? {
        let id = entry?.file_name().into_string();
        ids.push(id.map_err(|id| format!("`{}` is no id", id.display()))?);
    }
    ids.sort();
    let mut list = String::from("&[\n");
    for id in ids {
        let text = fs::read_to_string(patches.join(&id).join("patch.toml"))?;
        let table: toml::Table = text.parse()?;
        let distribution = table.get("distribution").and_then(toml::Value::as_str);
        let distribution = distribution.ok_or_else(|| format!("`{id}` names no distribution"))?;
        let packed = output.join(format!("{id}.packed"));
        let mut encoder = DeflateEncoder::new(fs::File::create(&packed)?, Compression::best());
        encoder.write_all(text.as_bytes())?;
        encoder.finish()?;
        let path = packed.to_str().ok_or("`OUT_DIR` is no text")?;
        writeln!(
            list,
            "    ({id:?}, {distribution:?}, include_bytes!({path:?})),"
        )?;
    }
    list.push(']');
    fs::write(output.join("built_in.rs"), list)?;
    Ok(())
}
