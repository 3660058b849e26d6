//! Layouts of macOS.

use super::{Described, env, found, python};
use crate::request::{Request, Surroundings};
use crate::system::System;

#[track_caller]
fn check(lines: &[&str], request: &Request, expected: &[&str]) {
    let surroundings = Surroundings {
        home: Some("/Users/u".into()),
        ..Surroundings::new("/Users/u/project")
    };
    assert_eq!(
        found(
            &Described::new(System::Macos, lines),
            request,
            &surroundings
        ),
        expected
    );
}

const FRAMEWORK: &str = "/Library/Frameworks/Python.framework/Versions/3.11";

#[test]
fn a_framework_has_a_user_site_per_version() {
    let lines = [
        "/usr/local/bin/python3 -> /Library/Frameworks/Python.framework/Versions/3.11/bin/python3",
        "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3 -> python3.11",
        "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3.11",
        "/Library/Frameworks/Python.framework/Versions/3.11/lib/python3.11/os.py",
        "/Library/Frameworks/Python.framework/Versions/3.11/lib/python3.11/site-packages/",
        "/Users/u/Library/Python/3.11/lib/python/site-packages/",
        "/Users/u/.local/lib/python3.11/site-packages/",
    ];
    let user = "user /Users/u/Library/Python/3.11/lib/python/site-packages";
    let own = format!("purelib {FRAMEWORK}/lib/python3.11/site-packages");
    let by_python = format!("--python prefix 3.11 {FRAMEWORK}");
    let by_env = format!("--env prefix 3.11 {FRAMEWORK}");
    check(
        &lines,
        &python("/usr/local/bin/python3"),
        &[&by_python, user, &own],
    );
    check(&lines, &env(FRAMEWORK), &[&by_env, user, &own]);
}

#[test]
fn homebrew_links_into_its_cellar() {
    let cellar =
        "/opt/homebrew/Cellar/python@3.12/3.12.2/Frameworks/Python.framework/Versions/3.12";
    let lines = [
        "/opt/homebrew/bin/python3 -> ../Cellar/python@3.12/3.12.2/bin/python3",
        "/opt/homebrew/Cellar/python@3.12/3.12.2/bin/python3 -> ../Frameworks/Python.framework/Versions/3.12/bin/python3",
        &format!("{cellar}/bin/python3 -> python3.12"),
        &format!("{cellar}/bin/python3.12"),
        &format!("{cellar}/lib/python3.12/os.py"),
        &format!(
            "{cellar}/lib/python3.12/site-packages -> /opt/homebrew/lib/python3.12/site-packages"
        ),
        "/opt/homebrew/lib/python3.12/site-packages/",
        "/v/pyvenv.cfg = home = /opt/homebrew/bin\ninclude-system-site-packages = true\nversion = 3.12.2\n",
        "/v/lib/python3.12/site-packages/",
    ];
    let first = format!("--python prefix 3.12 {cellar}");
    let own = format!("{cellar}/lib/python3.12/site-packages");
    check(
        &lines,
        &python("/opt/homebrew/bin/python3"),
        &[&first, &format!("purelib {own}")],
    );
    let venv = [
        "--env venv 3.12 /v",
        "purelib /v/lib/python3.12/site-packages",
        &format!("base {own}"),
    ];
    check(&lines, &env("/v"), &venv);
}

#[test]
fn others_have_the_user_site_of_unix() {
    let lines = [
        "/opt/miniconda3/conda-meta/python-3.12.1-hc4e6d5a_0.json",
        "/opt/miniconda3/lib/python3.12/site-packages/",
        "/Users/u/Library/Python/3.12/lib/python/site-packages/",
        "/Users/u/.local/lib/python3.12/site-packages/",
    ];
    let expected = [
        "--env conda 3.12 /opt/miniconda3",
        "user /Users/u/.local/lib/python3.12/site-packages",
        "purelib /opt/miniconda3/lib/python3.12/site-packages",
    ];
    check(&lines, &env("/opt/miniconda3"), &expected);
}

#[test]
fn apples_stub_is_asked() {
    let tools =
        "/Library/Developer/CommandLineTools/Library/Frameworks/Python3.framework/Versions/3.9";
    let lines = [
        "/usr/bin/python3",
        "/usr/lib/",
        &format!("{tools}/bin/python3 -> python3.9"),
        &format!("{tools}/bin/python3.9"),
        &format!("{tools}/lib/python3.9/os.py"),
        &format!("{tools}/lib/python3.9/site-packages/"),
        "/Users/u/Library/Python/3.9/lib/python/site-packages/",
    ];
    let executable = format!("{tools}/bin/python3");
    let answer = [
        executable.as_str(),
        "/not",
        "/not",
        "3.9",
        "/not",
        "/not",
        "/not",
    ];
    let tree = Described::new(System::Macos, &lines).answering("/usr/bin/python3", answer);
    let surroundings = Surroundings {
        home: Some("/Users/u".into()),
        ..Surroundings::new("/Users/u/project")
    };
    let expected = [
        format!("--python prefix 3.9 {tools}"),
        "user /Users/u/Library/Python/3.9/lib/python/site-packages".to_owned(),
        format!("purelib {tools}/lib/python3.9/site-packages"),
    ];
    assert_eq!(
        found(&tree, &python("/usr/bin/python3"), &surroundings),
        expected
    );
}
