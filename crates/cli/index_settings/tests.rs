//! Options, variables and files against what they come to.

use std::ffi::OsString;

use super::system::System;
use super::{IndexOptions, Settings, resolve_with};

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
    variables: &[(&str, &str)],
) -> anyhow::Result<Settings> {
    let home = home(config);
    let variable = |name: &str| {
        let own = (name == "USERPROFILE").then(|| home.path().as_os_str().to_owned());
        let found = variables.iter().find(|(own, _)| *own == name);
        own.or_else(|| found.map(|(_, value)| OsString::from(value)))
    };
    resolve_with(options, System::Windows, variable)
}

fn places(
    options: &IndexOptions,
    config: &str,
    variables: &[(&str, &str)],
) -> (Vec<String>, Vec<String>) {
    let settings = resolve(options, config, variables).unwrap();
    (settings.indexes.index_urls, settings.indexes.find_links)
}

#[test]
fn options_win_over_variables_and_variables_over_files() {
    let none = IndexOptions::default();
    let given = IndexOptions {
        index_url: Some("https://option/".to_owned()),
        extra_index_url: vec!["https://more/".to_owned()],
        find_links: vec!["folder, one".to_owned()],
        ..IndexOptions::default()
    };
    let cases: &[(&IndexOptions, &str, &[(&str, &str)], &[&str], &[&str])] = &[
        (&none, "", &[], &["https://pypi.org/simple/"], &[]),
        (
            &none,
            CONFIG,
            &[],
            &["https://global/", "https://e1/", "https://e2/"],
            &["/l1", "/l2"],
        ),
        (
            &none,
            CONFIG,
            &[("PIP_INDEX_URL", ""), ("PIP_EXTRA_INDEX_URL", "https://v/")],
            &["https://global/", "https://v/"],
            &["/l1", "/l2"],
        ),
        (
            &none,
            "",
            &[("UV_INDEX_URL", "https://3/")],
            &["https://3/"],
            &[],
        ),
        (
            &none,
            "",
            &[
                ("UV_INDEX_URL", "https://3/"),
                ("UV_DEFAULT_INDEX", "n=https://2/?a=b"),
            ],
            &["https://2/?a=b"],
            &[],
        ),
        (
            &none,
            "",
            &[
                ("UV_DEFAULT_INDEX", "https://2/?a=b"),
                ("PIP_INDEX_URL", "https://1/"),
            ],
            &["https://1/"],
            &[],
        ),
        (
            &none,
            "",
            &[
                ("PIP_INDEX_URL", "https://1/"),
                ("UV_INDEX", "a=https://a/ https://b/"),
                ("UV_EXTRA_INDEX_URL", "https://c/"),
            ],
            &["https://1/", "https://a/", "https://b/", "https://c/"],
            &[],
        ),
        (
            &none,
            CONFIG,
            &[("PIP_FIND_LINKS", "a b"), ("UV_FIND_LINKS", "c d,e")],
            &["https://global/", "https://e1/", "https://e2/"],
            &["a", "b", "c d", "e"],
        ),
        (
            &given,
            CONFIG,
            &[("PIP_INDEX_URL", "https://1/")],
            &[
                "https://option/",
                "https://more/",
                "https://e1/",
                "https://e2/",
            ],
            &["folder, one", "/l1", "/l2"],
        ),
        (
            &none,
            CONFIG,
            &[("PIP_NO_INDEX", "1")],
            &[],
            &["/l1", "/l2"],
        ),
        (&none, "[global]\nno-index = true", &[], &[], &[]),
        (
            &none,
            "[global]\nno-index = true",
            &[("UV_NO_INDEX", "false")],
            &["https://pypi.org/simple/"],
            &[],
        ),
        (
            &none,
            CONFIG,
            &[("PIP_CONFIG_FILE", "nul")],
            &["https://pypi.org/simple/"],
            &[],
        ),
    ];
    for (options, config, variables, indexes, links) in cases {
        let (found, found_links) = places(options, config, variables);
        assert_eq!(found, *indexes, "{variables:?}");
        assert_eq!(found_links, *links, "{variables:?}");
    }
}

#[test]
fn proxies_come_from_where_curl_and_pip_look() {
    let none = IndexOptions::default();
    let given = IndexOptions {
        proxy: Some("http://option:1".to_owned()),
        ..IndexOptions::default()
    };
    let both = |proxy: &'static str| (Some(proxy), Some(proxy));
    let cases: &[(
        &IndexOptions,
        &str,
        &[(&str, &str)],
        (Option<&str>, Option<&str>),
    )] = &[
        (&none, "", &[], (None, None)),
        (
            &none,
            "",
            &[("http_proxy", "a:1"), ("HTTPS_PROXY", "b:1")],
            (Some("a:1"), Some("b:1")),
        ),
        (&none, "", &[("HTTP_PROXY", "a:1")], (None, None)),
        (
            &none,
            "",
            &[
                ("https_proxy", "a:1"),
                ("HTTPS_PROXY", "b:1"),
                ("ALL_PROXY", "c:1"),
            ],
            (Some("c:1"), Some("a:1")),
        ),
        (
            &none,
            CONFIG,
            &[("https_proxy", "a:1")],
            both("http://u:s3cret@configured:1"),
        ),
        (&none, CONFIG, &[("PIP_PROXY", "p:1")], both("p:1")),
        (
            &given,
            CONFIG,
            &[("PIP_PROXY", "p:1")],
            both("http://option:1"),
        ),
    ];
    for (options, config, variables, (http, https)) in cases {
        let client = resolve(options, config, variables).unwrap().client;
        assert_eq!(client.http_proxy.as_deref(), *http, "{variables:?}");
        assert_eq!(client.https_proxy.as_deref(), *https, "{variables:?}");
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
    let cases: &[(&str, &[(&str, &str)], &str)] = &[
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
