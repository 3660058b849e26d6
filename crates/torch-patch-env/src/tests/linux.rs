//! Layouts of Linux.

use super::{Described, env, failure, found, python, site_packages, unix};
use crate::request::{Request, Surroundings};
use crate::system::System;

#[track_caller]
fn check(lines: &[&str], request: &Request, expected: &[&str]) {
    check_in(&unix(), lines, request, expected);
}

#[track_caller]
fn check_in(surroundings: &Surroundings, lines: &[&str], request: &Request, expected: &[&str]) {
    assert_eq!(
        found(&Described::new(System::Linux, lines), request, surroundings),
        expected
    );
}

const DEBIAN: &[&str] = &[
    "/usr/bin/python3 -> python3.11",
    "/usr/bin/python3.11",
    "/usr/lib/python3.11/os.py",
    "/usr/lib/python3/dist-packages/",
    "/usr/local/lib/python3.11/dist-packages/",
];

const USER_SITE: &str = "/home/u/.local/lib/python3.11/site-packages/";

fn with<'a>(lines: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [lines, more].concat()
}

#[test]
fn virtual_environments_of_every_maker() {
    let venv =
        "/v/pyvenv.cfg = home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n";
    let virtualenv =
        "/v/pyvenv.cfg = home = /usr/bin\nversion_info = 3.11.2.final.0\nbase-prefix = /usr\n";
    let uv = "/v/pyvenv.cfg = home = /usr/bin\nuv = 0.9.0\nversion_info = 3.11.2\n";
    for config in [venv, virtualenv, uv] {
        let lines = [
            config,
            "/v/lib/python3.11/site-packages/",
            "/v/lib64 -> lib",
            "/v/bin/python -> /usr/bin/python3",
        ];
        let lines = with(&with(DEBIAN, &lines), &[USER_SITE]);
        let expected = |source: &str| {
            [
                format!("{source} venv 3.11 /v"),
                "purelib /v/lib/python3.11/site-packages".into(),
            ]
        };
        let tree = Described::new(System::Linux, &lines);
        assert_eq!(
            found(&tree, &env("/v"), &unix()),
            expected("--env"),
            "{config}"
        );
        assert_eq!(
            found(&tree, &python("/v/bin/python"), &unix()),
            expected("--python"),
            "{config}"
        );
    }
}

#[test]
fn a_virtual_environment_whose_base_is_gone_still_has_its_own() {
    let config = "/v/pyvenv.cfg = home = /gone/bin\nversion = 3.11.2\n";
    let own = "purelib /v/lib/python3.11/site-packages";
    check(
        &[config, "/v/lib/python3.11/site-packages/"],
        &env("/v"),
        &["--env venv 3.11 /v", own],
    );
}

#[test]
fn a_virtual_environment_without_a_version() {
    let lines = [
        "/v/pyvenv.cfg = home = /usr/bin\n",
        "/v/lib/python3.9/site-packages/",
    ];
    check(
        &lines,
        &env("/v"),
        &[
            "--env venv 3.9 /v",
            "purelib /v/lib/python3.9/site-packages",
        ],
    );
}

#[test]
fn free_threaded_builds_have_a_t() {
    let lines = [
        "/v/pyvenv.cfg = home = /usr/bin\nversion = 3.13.1\n",
        "/v/lib/python3.13t/site-packages/",
    ];
    check(
        &lines,
        &env("/v"),
        &[
            "--env venv 3.13 /v",
            "purelib /v/lib/python3.13t/site-packages",
        ],
    );
}

#[test]
fn a_virtual_environment_with_two_libraries() {
    let config = "/v/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n";
    let lines = [
        config,
        "/v/lib/python3.11/site-packages/",
        "/v/lib64/python3.11/site-packages/",
    ];
    let expected = [
        "--env venv 3.11 /v",
        "platlib /v/lib64/python3.11/site-packages",
        "purelib /v/lib/python3.11/site-packages",
    ];
    check(&lines, &env("/v"), &expected);
}

#[test]
fn system_packages_come_after_the_own_and_the_users() {
    let config =
        "/v/pyvenv.cfg = home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.2\n";
    let lines = with(
        DEBIAN,
        &[config, "/v/lib/python3.11/site-packages/", USER_SITE],
    );
    let expected = [
        "--env venv 3.11 /v",
        "purelib /v/lib/python3.11/site-packages",
        "user /home/u/.local/lib/python3.11/site-packages",
        "base /usr/local/lib/python3.11/dist-packages",
        "base /usr/lib/python3/dist-packages",
    ];
    check(&lines, &env("/v"), &expected);
}

#[test]
fn system_packages_of_a_base_that_is_gone_are_an_error() {
    let config =
        "/v/pyvenv.cfg = home = /gone/bin\ninclude-system-site-packages = true\nversion = 3.11.2\n";
    let tree = Described::new(System::Linux, &[config, "/v/lib/python3.11/site-packages/"]);
    let (code, message) = failure(&tree, &env("/v"), &unix());
    assert_eq!(code, "not-an-environment");
    assert!(message.contains("`/gone/bin`"), "{message}");
}

#[test]
fn debian_has_its_own_directories() {
    let expected = |source: &str, more: &[&str]| {
        let first = format!("{source} debian 3.11 /usr");
        let own = [
            "dist-packages /usr/local/lib/python3.11/dist-packages",
            "dist-packages /usr/lib/python3/dist-packages",
        ];
        [&[first.as_str()], more, &own]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let user = "user /home/u/.local/lib/python3.11/site-packages";
    let tree = Described::new(System::Linux, DEBIAN);
    let with_user = Described::new(System::Linux, &with(DEBIAN, &[USER_SITE]));
    assert_eq!(
        found(&tree, &python("/usr/bin/python3"), &unix()),
        expected("--python", &[])
    );
    assert_eq!(found(&tree, &env("/usr"), &unix()), expected("--env", &[]));
    assert_eq!(
        found(&with_user, &python("/usr/bin/python3.11"), &unix()),
        expected("--python", &[user])
    );
    let no_user = Surroundings {
        python_no_user_site: true,
        ..unix()
    };
    assert_eq!(
        found(&with_user, &env("/usr"), &no_user),
        expected("--env", &[])
    );
}

#[test]
fn a_merged_bin_is_that_of_usr() {
    let lines = with(DEBIAN, &["/bin -> usr/bin", "/lib -> usr/lib"]);
    let expected = [
        "--python debian 3.11 /usr",
        "dist-packages /usr/local/lib/python3.11/dist-packages",
        "dist-packages /usr/lib/python3/dist-packages",
    ];
    check(&lines, &python("/bin/python3"), &expected);
}

#[test]
fn a_python_in_local_does_not_have_debians_packages() {
    let local = [
        "/usr/local/bin/python3 -> python3.12",
        "/usr/local/bin/python3.12",
        "/usr/local/lib/python3.12/os.py",
        "/usr/local/lib/python3.12/site-packages/",
    ];
    let expected = [
        "--python prefix 3.12 /usr/local",
        "purelib /usr/local/lib/python3.12/site-packages",
    ];
    check(
        &with(DEBIAN, &local),
        &python("/usr/local/bin/python3"),
        &expected,
    );
}

#[test]
fn red_hat_has_two_libraries_and_local_ones_first() {
    let lines = [
        "/usr/bin/python3 -> python3.12",
        "/usr/bin/python3.12",
        "/usr/lib64/python3.12/os.py",
        "/usr/lib64/python3.12/site-packages/",
        "/usr/lib/python3.12/site-packages/",
        "/usr/local/lib64/python3.12/site-packages/",
        "/usr/local/lib/python3.12/site-packages/",
    ];
    let expected = [
        "--python prefix 3.12 /usr",
        "platlib /usr/local/lib64/python3.12/site-packages",
        "purelib /usr/local/lib/python3.12/site-packages",
        "platlib /usr/lib64/python3.12/site-packages",
        "purelib /usr/lib/python3.12/site-packages",
    ];
    check(&lines, &python("/usr/bin/python3"), &expected);
    let elsewhere = lines.map(|line| format!("/opt{line}"));
    let elsewhere: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
    let expected = [
        "--python prefix 3.12 /opt/usr",
        "platlib /opt/usr/lib64/python3.12/site-packages",
        "purelib /opt/usr/lib/python3.12/site-packages",
    ];
    check(&elsewhere, &python("/opt/usr/bin/python3"), &expected);
}

const SEVERAL: &[&str] = &[
    "/opt/py/bin/python3.10",
    "/opt/py/bin/python3.11",
    "/opt/py/lib/python3.10/os.py",
    "/opt/py/lib/python3.10/site-packages/",
    "/opt/py/lib/python3.11/os.py",
    "/opt/py/lib/python3.11/site-packages/",
];

#[test]
fn of_several_versions_the_interpreter_tells_which() {
    let lines = with(SEVERAL, &["/opt/py/bin/python3 -> python3.10"]);
    let tenth = "purelib /opt/py/lib/python3.10/site-packages";
    let eleventh = "purelib /opt/py/lib/python3.11/site-packages";
    check(
        &lines,
        &env("/opt/py"),
        &["--env prefix 3.10 /opt/py", tenth],
    );
    check(
        &lines,
        &python("/opt/py/bin/python3"),
        &["--python prefix 3.10 /opt/py", tenth],
    );
    check(
        &lines,
        &python("/opt/py/bin/python3.11"),
        &["--python prefix 3.11 /opt/py", eleventh],
    );
}

#[test]
fn several_versions_and_no_interpreter_are_ambiguous() {
    let tree = Described::new(System::Linux, SEVERAL);
    let (code, message) = failure(&tree, &env("/opt/py"), &unix());
    assert_eq!(code, "ambiguous-python");
    assert!(message.ends_with("3.10, 3.11"), "{message}");
}

#[test]
fn conda_environments_are_known_by_their_records() {
    let lines = [
        "/opt/conda/conda-meta/python-3.12.2-h996f2a0_0_cpython.json",
        "/opt/conda/conda-meta/python-dateutil-2.8.2-py_0.json",
        "/opt/conda/lib/python3.12/site-packages/",
        "/opt/conda/envs/t/conda-meta/python-3.10.13-hd12c33a_0_cpython.json",
        "/opt/conda/envs/t/bin/python -> python3.10",
        "/opt/conda/envs/t/bin/python3.10",
        "/opt/conda/envs/t/lib/python3.10/os.py",
        "/opt/conda/envs/t/lib/python3.10/site-packages/",
        "/home/u/.local/lib/python3.10/site-packages/",
    ];
    let base = [
        "--env conda 3.12 /opt/conda",
        "purelib /opt/conda/lib/python3.12/site-packages",
    ];
    check(&lines, &env("/opt/conda"), &base);
    let own = [
        "user /home/u/.local/lib/python3.10/site-packages",
        "purelib /opt/conda/envs/t/lib/python3.10/site-packages",
    ];
    check(
        &lines,
        &env("/opt/conda/envs/t"),
        &[&["--env conda 3.10 /opt/conda/envs/t"], &own[..]].concat(),
    );
    check(
        &lines,
        &python("/opt/conda/envs/t/bin/python"),
        &[&["--python conda 3.10 /opt/conda/envs/t"], &own[..]].concat(),
    );
}

#[test]
fn a_conda_environment_without_python_is_none() {
    let tree = Described::new(
        System::Linux,
        &["/opt/conda/envs/r/conda-meta/r-base-4.3.1-h0.json"],
    );
    let (code, message) = failure(&tree, &env("/opt/conda/envs/r"), &unix());
    assert_eq!(code, "not-an-environment");
    assert!(message.contains("package `python`"), "{message}");
}

const PYENV: &[&str] = &[
    "/home/u/.pyenv/shims/python = #!/usr/bin/env bash\n",
    "/home/u/.pyenv/versions/3.11.7/bin/python -> python3.11",
    "/home/u/.pyenv/versions/3.11.7/bin/python3.11",
    "/home/u/.pyenv/versions/3.11.7/lib/python3.11/os.py",
    "/home/u/.pyenv/versions/3.11.7/lib/python3.11/site-packages/",
];

#[test]
fn a_version_of_pyenv_is_a_prefix() {
    let expected = [
        "--python prefix 3.11 /home/u/.pyenv/versions/3.11.7",
        "purelib /home/u/.pyenv/versions/3.11.7/lib/python3.11/site-packages",
    ];
    check(
        PYENV,
        &python("/home/u/.pyenv/versions/3.11.7/bin/python"),
        &expected,
    );
    let tree = Described::new(System::Linux, PYENV).answering(
        "/home/u/.pyenv/shims/python",
        [
            "/home/u/.pyenv/versions/3.11.7/bin/python",
            "/not",
            "/not",
            "3.11",
            "/not",
            "/not",
            "/not",
        ],
    );
    assert_eq!(
        found(&tree, &python("/home/u/.pyenv/shims/python"), &unix()),
        expected
    );
}

#[test]
fn a_wrapper_beside_a_library_is_asked() {
    let lines = [
        "/opt/w/bin/python3.11 = #!/bin/sh\n",
        "/opt/w/lib/python3.11/os.py",
        "/opt/w/lib/python3.11/site-packages/",
    ];
    let (code, _) = failure(
        &Described::new(System::Linux, &lines),
        &python("/opt/w/bin/python3.11"),
        &unix(),
    );
    assert_eq!(code, "interpreter-failed");
}

#[test]
fn an_answer_counts_where_the_layout_is_unknown() {
    let lines = ["/odd/python", "/odd/plat/", "/odd/pure/", "/odd/user/"];
    let answer = [
        "/odd/python",
        "/odd",
        "/odd",
        "3.12",
        "/odd/plat",
        "/odd/pure",
        "/odd/user",
    ];
    let tree = Described::new(System::Linux, &lines).answering("/odd/python", answer);
    let expected = [
        "--python asked 3.12 /odd",
        "user /odd/user",
        "platlib /odd/plat",
        "purelib /odd/pure",
    ];
    assert_eq!(found(&tree, &python("/odd/python"), &unix()), expected);
    let mut virtual_one = answer;
    virtual_one[2] = "/base";
    let tree = Described::new(System::Linux, &lines).answering("/odd/python", virtual_one);
    assert_eq!(
        found(&tree, &python("/odd/python"), &unix()),
        ["--python asked 3.12 /odd", expected[2], expected[3]]
    );
}

#[test]
fn a_link_to_a_virtual_environments_python_is_its_base() {
    let config = "/v/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n";
    let lines = [
        config,
        "/v/lib/python3.11/site-packages/",
        "/v/bin/python -> /usr/bin/python3",
        "/x/p -> /v/bin/python",
    ];
    let expected = [
        "--python debian 3.11 /usr",
        "dist-packages /usr/local/lib/python3.11/dist-packages",
        "dist-packages /usr/lib/python3/dist-packages",
    ];
    check(&with(DEBIAN, &lines), &python("/x/p"), &expected);
}

#[test]
fn path_files_add_directories_and_run_nothing() {
    let lines = [
        "/v/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n",
        "/v/lib/python3.11/site-packages/",
        "/v/lib/python3.11/site-packages/b.pth = /extra/b\r\n#no\n\n/extra/gone\nimport os\nimport\tos\n",
        "/v/lib/python3.11/site-packages/a.pth = sub\n./torch-1.0.egg\n../../elsewhere\n",
        "/v/lib/python3.11/site-packages/c.pth = /extra/again\n/extra/file",
        "/v/lib/python3.11/site-packages/.hidden.pth = /extra/no\n",
        "/v/lib/python3.11/site-packages/d.pth.txt = /extra/no\n",
        "/v/lib/python3.11/site-packages/sub/",
        "/v/lib/python3.11/site-packages/#no/",
        "/v/lib/python3.11/site-packages/import os/",
        "/v/lib/python3.11/site-packages/import\tos/",
        "/v/lib/python3.11/site-packages/torch-1.0.egg/",
        "/v/lib/elsewhere/",
        "/extra/b/",
        "/extra/no/",
        "/extra/file",
        "/extra/again -> b",
    ];
    let expected = [
        "--env venv 3.11 /v",
        "purelib /v/lib/python3.11/site-packages",
        "path-file /v/lib/python3.11/site-packages/sub",
        "path-file /v/lib/python3.11/site-packages/torch-1.0.egg",
        "path-file /v/lib/elsewhere",
        "path-file /extra/b",
    ];
    check(&lines, &env("/v"), &expected);
}

#[test]
fn a_given_directory_is_taken_alone() {
    let directory = "/v/lib/python3.11/site-packages";
    let lines = [
        "/v/lib/python3.11/site-packages/a.pth = /extra\n",
        "/extra/",
        "/home/u/.local/lib/python3.11/site-packages/",
        "/usr/lib/python3/dist-packages/",
        "/target/",
    ];
    let expected = [
        "--site-packages directory 3.11 /v",
        "given /v/lib/python3.11/site-packages",
    ];
    check(&lines, &site_packages(directory), &expected);
    let surroundings = Surroundings {
        cwd: "/v/lib".into(),
        ..unix()
    };
    check_in(
        &surroundings,
        &lines,
        &site_packages("python3.11/site-packages/"),
        &expected,
    );
    let debian = [
        "--site-packages directory ? ?",
        "given /usr/lib/python3/dist-packages",
    ];
    check(
        &lines,
        &site_packages("/usr/lib/python3/dist-packages"),
        &debian,
    );
    check(
        &lines,
        &site_packages("/target"),
        &["--site-packages directory ? ?", "given /target"],
    );
}

#[test]
fn detours_are_dropped_where_they_are_none_by_a_link() {
    let config = "/real/v/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n";
    let lines = [
        config,
        "/real/v/lib/python3.11/site-packages/",
        "/work/link -> /real/x",
        "/real/x/",
        "/work/project/",
    ];
    let at = |prefix: &str| {
        [
            format!("--env venv 3.11 {prefix}"),
            format!("purelib {prefix}/lib/python3.11/site-packages"),
        ]
    };
    let tree = Described::new(System::Linux, &lines);
    assert_eq!(found(&tree, &env("../../real/v"), &unix()), at("/real/v"));
    assert_eq!(
        found(&tree, &env("../link/../v"), &unix()),
        at("/work/link/../v")
    );
    assert_eq!(
        found(&tree, &env("../../../../real/v"), &unix()),
        at("/real/v")
    );
}

#[test]
fn the_user_site_moves_with_its_base() {
    let lines = with(SEVERAL, &["/base/lib/python3.11/site-packages/", USER_SITE]);
    let surroundings = Surroundings {
        python_user_base: Some("/base".into()),
        ..unix()
    };
    let expected = [
        "--python prefix 3.11 /opt/py",
        "user /base/lib/python3.11/site-packages",
        "purelib /opt/py/lib/python3.11/site-packages",
    ];
    check_in(
        &surroundings,
        &lines,
        &python("/opt/py/bin/python3.11"),
        &expected,
    );
}

#[test]
fn frameworks_are_macos_alone() {
    let lines = [
        "/x/Python.framework/lib/python3.11/site-packages/",
        "/home/u/Library/Python/3.11/lib/python/site-packages/",
        USER_SITE,
    ];
    let expected = [
        "--env prefix 3.11 /x/Python.framework",
        "user /home/u/.local/lib/python3.11/site-packages",
        "purelib /x/Python.framework/lib/python3.11/site-packages",
    ];
    check(&lines, &env("/x/Python.framework"), &expected);
}

#[test]
fn a_link_to_the_same_directory_counts_once_under_the_name_that_was_given() {
    let config = "/real/v/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n";
    let lines = [
        config,
        "/real/v/lib/python3.11/site-packages/",
        "/v -> /real/v",
    ];
    let lines = with(
        &lines,
        &["/real/v/lib/python3.11/site-packages/x.pth = /real/v/lib/python3.11/site-packages\n"],
    );
    check(
        &lines,
        &env("/v"),
        &[
            "--env venv 3.11 /v",
            "purelib /v/lib/python3.11/site-packages",
        ],
    );
}
