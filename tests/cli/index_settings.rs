//! That the options and variables about package indexes are hooked up. What they come to is tested beside the code.

use torch_patch_testing::{Fault, Server, World};

use super::{Call, bare_command, call};

/// Tries a patch in a world whose only configuration are `variables`.
fn attempt(variables: &[(&str, &str)], words: &[&str]) -> Call {
    let world = World::new();
    let nothing = if cfg!(windows) { "nul" } else { "/dev/null" };
    let cache = world.folder().join("cache");
    let mut command = bare_command(&world)
        .args([
            "try",
            "gloo-windows",
            "--torch",
            "1.13.1",
            "--platform",
            "win",
        ])
        .args(words)
        .env("PIP_CONFIG_FILE", nothing)
        .env("TORCH_PATCH_CACHE", &cache);
    for (name, value) in variables {
        command = command.env(name, value);
    }
    call(command)
}

#[test]
fn what_is_wrong_with_an_option_is_told() {
    type Variables = &'static [(&'static str, &'static str)];
    let cases: &[(Variables, &[&str], &str)] = &[
        (
            &[],
            &["--index-url", "pypi.org/simple"],
            "`--index-url` names no package index",
        ),
        (
            &[],
            &["-i", "pypi.org/simple"],
            "`--index-url` names no package index",
        ),
        (
            &[],
            &["--extra-index-url", "x"],
            "`--extra-index-url` names no package index",
        ),
        (&[], &["--proxy", "gopher://x"], "`--proxy` names no proxy"),
        (
            &[],
            &["--cert", "/does/not/exist"],
            "the certificates that `--cert` names",
        ),
        (
            &[("UV_INDEX", "x")],
            &[],
            "`UV_INDEX` names no package index",
        ),
        (
            &[],
            &["--no-index"],
            "there is neither an index nor a folder",
        ),
        (
            &[],
            &["--no-index", "-f", "/does/not/exist"],
            "asked: /does/not/exist",
        ),
    ];
    for (variables, words, expected) in cases {
        let called = attempt(variables, words);
        assert_ne!(called.code, 0, "{words:?}");
        assert!(called.stderr.contains(expected), "{words:?}: {called:?}");
    }
}

#[test]
fn the_index_is_asked_and_its_credentials_are_not_shown() {
    let server = Server::start();
    server.fault("/simple/torch/", Fault::Status(401));
    let index = format!("http://ann:s3cret@{}/simple", server.host());
    for json in [&["--verbose"][..], &["--json"]] {
        let called = attempt(&[("PIP_INDEX_URL", &index)], json);
        assert_ne!(called.code, 0);
        let shown = format!("{}{}", called.stdout, called.stderr);
        assert!(
            shown.contains("credentials are missing or wrong"),
            "{shown}"
        );
        assert!(
            !shown.contains("s3cret") && !shown.contains("ann:"),
            "{shown}"
        );
    }
    let header = server.requests()[0]
        .header("authorization")
        .map(str::to_owned);
    assert_eq!(header.as_deref(), Some("Basic YW5uOnMzY3JldA=="));
}
