//! What holds for every `RECORD` and every text: rows are found exactly, and nothing panics.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::vec;
use proptest::prelude::*;
use torch_patch_env::Recorded;

use crate::site::Site;

const METADATA: (&str, &str) = (
    "torch-1.0.dist-info/METADATA",
    "Name: torch\nVersion: 1.0\n",
);

/// Asks a torch whose `RECORD` is `record`.
fn look_up(record: &[u8], paths: &[&str]) -> Vec<Option<Recorded>> {
    let site = Site::new(&[METADATA, ("torch/", "")]);
    fs_err::write(site.path().join("torch-1.0.dist-info/RECORD"), record).unwrap();
    let torch = site.environment().distribution("torch").unwrap();
    paths.iter().map(|path| torch.recorded(path).ok()).collect()
}

/// Paths that are close to one another, with what CSV has to quote.
fn path() -> impl Strategy<Value = String> {
    "[ab,\"é]{1,3}(/[ab.,]{1,2}){0,2}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_row_of_a_path_is_found_among_all(
        rows in vec((path(), any::<[u8; 32]>(), any::<Option<u32>>()), 1..20),
        absent in path(),
        is_windows in any::<bool>(),
    ) {
        let end = if is_windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
        let mut expected = std::collections::BTreeMap::new();
        for (path, sha256, size) in &rows {
            let size = size.map(u64::from);
            if expected.contains_key(path) {
                continue;
            }
            let written = if is_windows { path.replace('/', "\\") } else { path.clone() };
            let digest = format!("sha256={}", URL_SAFE_NO_PAD.encode(sha256));
            writer.write_record([written, digest, size.map_or(String::new(), |size| size.to_string())]).unwrap();
            expected.insert(path.clone(), Recorded::Digest { sha256: *sha256, size });
        }
        expected.entry(absent).or_insert(Recorded::NotListed);
        let paths: Vec<&str> = expected.keys().map(String::as_str).collect();
        let found = look_up(&writer.into_inner().unwrap(), &paths);
        prop_assert_eq!(found, expected.values().copied().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn no_text_makes_it_panic(bytes in vec(any::<u8>(), 0..200), text in "(?s)[a-z.=:\"'\r\n -]{0,80}") {
        look_up(&bytes, &["a", &text]);
        let site = Site::new(&[("torch/version.py", &text), ("pyvenv.cfg", &text), ("x.pth", &text)]);
        site.add(&[("torch-1.0.dist-info/METADATA", &text), ("torch-1.0.dist-info/direct_url.json", &text)]);
        let _ = site.environment().distribution("torch");
        fs_err::write(site.path().join("torch-1.0.dist-info/METADATA"), &bytes).unwrap();
        let _ = site.environment().distribution("torch");
        let request = torch_patch_env::Request { env: Some(site.path().into()), ..Default::default() };
        let _ = torch_patch_env::discover(&request, &torch_patch_env::Surroundings::new(site.path()));
    }
}
