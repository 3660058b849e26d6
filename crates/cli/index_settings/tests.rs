//! Options, variables and files against what they come to.

use std::ffi::OsString;

use super::system::System;
use super::{IndexOptions, Settings, resolve_with};

type Variables<'a> = &'a [(&'a str, &'a str)];

const CONFIG: &str = "\
[global]
index-url = https://global/
extra-index-url =
    https://e1/
    https://e2/
no-index = no
proxy = http://u:s3cret@configured:1
timeout = 2.5
[install]
find-links = /l1 /l2
";

/// A user's directory with a configuration file. The places are those of Windows on each system, since what `/etc` has would
/// matter elsewhere.
fn home(config: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("pip");
    fs_err::create_dir_all(&directory).unwrap();
    fs_err::write(directory.join("pip.ini"), config).unwrap();
    home
}

fn resolve(
    options: &IndexOptions,
    config: &str,
    variables: Variables<'_>,
) -> anyhow::Result<Settings> {
    let home = home(config);
    let variable = |name: &str| {
        let own = (name == "USERPROFILE").then(|| home.path().as_os_str().to_owned());
        let found = variables.iter().find(|(own, _)| *own == name);
        own.or_else(|| found.map(|(_, value)| OsString::from(value)))
    };
    resolve_with(options, System::Windows, variable)
}

/// The indexes and the links, with `|` between.
fn places(options: &IndexOptions, config: &str, variables: Variables<'_>) -> (String, String) {
    let indexes = resolve(options, config, variables).unwrap().indexes;
    (indexes.index_urls.join("|"), indexes.find_links.join("|"))
}

#[test]
fn variables_win_over_files() {
    let pypi = "https://pypi.org/simple/";
    let configured = "https://global/|https://e1/|https://e2/";
    let (two, links) = ("https://2/?a=b", "/l1|/l2");
    let named = ("UV_DEFAULT_INDEX", "n=https://2/?a=b");
    let no_index = "[global]\nno-index = true";
    let uv = [
        ("UV_INDEX", "a=https://a/ https://b/"),
        ("UV_EXTRA_INDEX_URL", "https://c/"),
    ];
    let empty = [("PIP_INDEX_URL", ""), ("PIP_EXTRA_INDEX_URL", "https://v/")];
    let found = [("PIP_FIND_LINKS", "a b"), ("UV_FIND_LINKS", "c d,e")];
    let cases: &[(&str, Variables<'_>, &str, &str)] = &[
        ("", &[], pypi, ""),
        (CONFIG, &[], configured, links),
        (CONFIG, &empty, "https://global/|https://v/", links),
        ("", &[("UV_INDEX_URL", "https://3/")], "https://3/", ""),
        ("", &[("UV_INDEX_URL", "https://3/"), named], two, ""),
        ("", &[("UV_DEFAULT_INDEX", two)], two, ""),
        (
            "",
            &[named, ("PIP_INDEX_URL", "https://1/")],
            "https://1/",
            "",
        ),
        (
            "",
            &uv,
            "https://pypi.org/simple/|https://a/|https://b/|https://c/",
            "",
        ),
        (CONFIG, &found, configured, "a|b|c d|e"),
        (CONFIG, &[("PIP_NO_INDEX", "1")], "", links),
        (no_index, &[], "", ""),
        (no_index, &[("UV_NO_INDEX", "false")], pypi, ""),
        (CONFIG, &[("PIP_CONFIG_FILE", "nul")], pypi, ""),
    ];
    for (config, variables, indexes, links) in cases {
        let found = places(&IndexOptions::default(), config, variables);
        let found = (found.0.as_str(), found.1.as_str());
        assert_eq!(found, (*indexes, *links), "{variables:?}");
    }
}

#[test]
fn options_win_over_variables_and_add_to_lists() {
    let mut options = IndexOptions {
        index_url: Some("https://option/".to_owned()),
        extra_index_url: vec!["https://more/".to_owned()],
        find_links: vec!["folder, one".to_owned()],
        ..IndexOptions::default()
    };
    let variables = [("PIP_INDEX_URL", "https://1/"), ("PIP_NO_INDEX", "0")];
    let (indexes, links) = places(&options, CONFIG, &variables);
    assert_eq!(
        indexes,
        "https://option/|https://more/|https://e1/|https://e2/"
    );
    assert_eq!(links, "folder, one|/l1|/l2");
    options.no_index = true;
    let (indexes, links) = places(&options, CONFIG, &variables);
    assert_eq!(
        (indexes.as_str(), links.as_str()),
        ("", "folder, one|/l1|/l2")
    );
}

#[test]
fn proxies_come_from_where_curl_and_pip_look() {
    let none = IndexOptions::default();
    let given = IndexOptions {
        proxy: Some("http://option:1".to_owned()),
        ..IndexOptions::default()
    };
    let configured = "http://u:s3cret@configured:1";
    let three = [
        ("https_proxy", "a:1"),
        ("HTTPS_PROXY", "b:1"),
        ("ALL_PROXY", "c:1"),
    ];
    let cases: &[(&IndexOptions, &str, Variables<'_>, [&str; 2])] = &[
        (&none, "", &[], ["", ""]),
        (
            &none,
            "",
            &[("http_proxy", "a:1"), ("HTTPS_PROXY", "b:1")],
            ["a:1", "b:1"],
        ),
        (&none, "", &[("HTTP_PROXY", "a:1")], ["", ""]),
        (&none, "", &three, ["c:1", "a:1"]),
        (&none, CONFIG, &[("https_proxy", "a:1")], [configured; 2]),
        (&none, CONFIG, &[("PIP_PROXY", "p:1")], ["p:1"; 2]),
        (
            &given,
            CONFIG,
            &[("PIP_PROXY", "p:1")],
            ["http://option:1"; 2],
        ),
    ];
    for (options, config, variables, expected) in cases {
        let client = resolve(options, config, variables).unwrap().client;
        let found = [client.http_proxy, client.https_proxy].map(Option::unwrap_or_default);
        assert_eq!(found, *expected, "{variables:?}");
    }
}

#[test]
fn the_rest_of_the_client() {
    let none = IndexOptions::default();
    let variables = [("NO_PROXY", "a,b"), ("PIP_RETRIES", "7")];
    let client = resolve(&none, CONFIG, &variables).unwrap().client;
    assert_eq!(client.no_proxy.as_deref(), Some("a,b"));
    assert_eq!((client.timeout.as_millis(), client.retries), (2500, 7));
}

#[test]
fn a_bad_value_is_told_with_its_source() {
    let none = IndexOptions::default();
    let cases: &[(&str, Variables<'_>, &str)] = &[
        (
            "",
            &[("PIP_INDEX_URL", "pypi.org/simple")],
            "`PIP_INDEX_URL` names no package index",
        ),
        (
            "[global]\nindex-url = ftp://u:s3cret@h/",
            &[],
            "pip.ini` names no package index",
        ),
        (
            "",
            &[("PIP_CERT", "/does/not/exist")],
            "that `PIP_CERT` names",
        ),
        (
            "",
            &[("SSL_CERT_FILE", "/does/not/exist")],
            "that `SSL_CERT_FILE` names",
        ),
        (
            "",
            &[(
                "REQUESTS_CA_BUNDLE",
                concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            )],
            "`REQUESTS_CA_BUNDLE` names no certificates",
        ),
        (
            "",
            &[("HTTPS_PROXY", "gopher://u:s3cret@h")],
            "`HTTPS_PROXY` names no proxy",
        ),
        (
            "",
            &[("PIP_TIMEOUT", "-1")],
            "`PIP_TIMEOUT` is no number of seconds: `-1`",
        ),
        (
            "[install]\nretries = many",
            &[],
            "pip.ini` is no number of repetitions: `many`",
        ),
        (
            "",
            &[("PIP_NO_INDEX", "maybe")],
            "`PIP_NO_INDEX` is neither true nor false: `maybe`",
        ),
        ("[global", &[], "pip.ini` is no configuration file of pip"),
    ];
    for (config, variables, expected) in cases {
        let error = resolve(&none, config, variables).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn notes_say_where_values_came_from_and_hold_no_credentials() {
    let options = IndexOptions {
        extra_index_url: vec!["https://user:s3cret@host/x".to_owned()],
        ..IndexOptions::default()
    };
    let settings = resolve(&options, CONFIG, &[("NETRC", "/does/not/exist")]).unwrap();
    let notes = settings.notes.join("\n");
    for expected in [
        "`https://host/x` (`--extra-index-url`)",
        "`https://global/` (`index-url` in `",
        "the proxy that `proxy` in `",
    ] {
        assert!(notes.contains(expected), "{notes}");
    }
    let shown = format!("{notes}{settings:?}{options:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("user:"),
        "{shown}"
    );
}

#[test]
fn certificates_of_a_file_and_of_a_directory() {
    let home = tempfile::tempdir().unwrap();
    let certificate = include_str!("certificate.pem");
    let file = home.path().join("a.pem");
    fs_err::write(&file, certificate).unwrap();
    fs_err::write(home.path().join("README"), "no certificate").unwrap();
    let (file, directory) = (
        file.display().to_string(),
        home.path().display().to_string(),
    );
    let none = IndexOptions::default();
    for (variables, count) in [
        (vec![("PIP_CERT", file.as_str())], 1),
        (vec![("REQUESTS_CA_BUNDLE", directory.as_str())], 1),
        (
            vec![
                ("SSL_CERT_FILE", file.as_str()),
                ("SSL_CERT_DIR", directory.as_str()),
            ],
            2,
        ),
        (
            vec![
                ("PIP_CERT", file.as_str()),
                ("SSL_CERT_FILE", "/does/not/exist"),
            ],
            1,
        ),
    ] {
        let client = resolve(&none, "", &variables).unwrap().client;
        let text = String::from_utf8(client.certificates.unwrap()).unwrap();
        assert_eq!(
            text.matches("BEGIN CERTIFICATE").count(),
            count,
            "{variables:?}"
        );
    }
}
