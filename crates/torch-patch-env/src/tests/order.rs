//! The order in which an environment is looked for, and what is said when there is none.

use super::{Described, discover, env, failure, found, python, site_packages, unix};
use crate::request::{Request, Surroundings};
use crate::system::System;

/// A virtual environment of every name in `/e`, one in a parent of the working directory, and a Python on `PATH`.
fn tree() -> Described {
    let venvs = ["/e/given", "/e/active", "/work/.venv"];
    let mut lines: Vec<String> = venvs
        .iter()
        .flat_map(|venv| {
            let config = format!("{venv}/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n");
            [
                config,
                format!("{venv}/bin/python"),
                format!("{venv}/lib/python3.11/site-packages/"),
            ]
        })
        .collect();
    let others = [
        "/e/conda/conda-meta/python-3.10.1-0.json",
        "/e/conda/lib/python3.10/site-packages/",
        "/usr/bin/python3 -> python3.12",
        "/usr/bin/python3.12",
        "/usr/lib/python3.12/os.py",
        "/usr/lib/python3.12/site-packages/",
        "/e/empty/",
        "/e/file",
        "/shims/python3 = #!/bin/sh\n",
        "/only/python -> /usr/bin/python3.12",
    ];
    lines.extend(others.map(str::to_owned));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Described::new(System::Linux, &lines)
}

fn all() -> Surroundings {
    Surroundings {
        virtual_env: Some("/e/active".into()),
        conda_prefix: Some("/e/conda".into()),
        path: vec!["/usr/bin".into()],
        ..unix()
    }
}

#[test]
fn what_is_nearest_to_the_user_comes_first() {
    let first = |request: Request, surroundings: Surroundings| {
        found(&tree(), &request, &surroundings).remove(0)
    };
    let everything = Request {
        site_packages: Some("/e/given/lib/python3.11/site-packages".into()),
        env: Some("/e/given".into()),
        found: Some("/e/given".into()),
        python: Some("/e/given/bin/python".into()),
    };
    let mut request = everything;
    let mut surroundings = all();
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "--site-packages directory 3.11 /e/given"
    );
    request.site_packages = None;
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "--env venv 3.11 /e/given"
    );
    request.env = None;
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "--envs-under venv 3.11 /e/given"
    );
    request.found = None;
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "--python venv 3.11 /e/given"
    );
    request.python = None;
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "VIRTUAL_ENV venv 3.11 /e/active"
    );
    surroundings.virtual_env = None;
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "CONDA_PREFIX conda 3.10 /e/conda"
    );
    surroundings.conda_prefix = None;
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        ".venv venv 3.11 /work/.venv"
    );
    surroundings.cwd = "/elsewhere".into();
    assert_eq!(
        first(request.clone(), surroundings.clone()),
        "PATH prefix 3.12 /usr"
    );
}

#[test]
fn what_is_named_and_leads_nowhere_is_an_error() {
    let virtual_env = |path: &str| Surroundings {
        virtual_env: Some(path.into()),
        ..all()
    };
    let conda = |path: &str| Surroundings {
        virtual_env: None,
        conda_prefix: Some(path.into()),
        ..all()
    };
    let none = Request::default();
    for (request, surroundings, code, part) in [
        (
            site_packages("/gone"),
            all(),
            "environment-not-found",
            "`--site-packages` `/gone`: expected a directory",
        ),
        (
            site_packages("/e/file"),
            all(),
            "not-an-environment",
            "`--site-packages` `/e/file`",
        ),
        (
            env("/gone"),
            all(),
            "environment-not-found",
            "`--env` `/gone`: expected a directory, found nothing",
        ),
        (
            env("gone"),
            all(),
            "environment-not-found",
            "`/work/project/gone`",
        ),
        (
            env("/e/empty"),
            all(),
            "not-an-environment",
            "`--env` `/e/empty` is no Python environment: expected `pyvenv.cfg`",
        ),
        (
            env("/e/given/bin/python"),
            all(),
            "not-an-environment",
            "expected a directory",
        ),
        (
            python("/gone/python"),
            all(),
            "environment-not-found",
            "`--python` `/gone/python`: expected an interpreter",
        ),
        (
            python("/e/given"),
            all(),
            "not-an-environment",
            "expected an interpreter",
        ),
        (
            python("python9"),
            all(),
            "environment-not-found",
            "`--python python9` is not on `PATH`",
        ),
        (
            none.clone(),
            virtual_env("/gone"),
            "environment-not-found",
            "`VIRTUAL_ENV` `/gone`",
        ),
        (
            none.clone(),
            virtual_env("/e/empty"),
            "not-an-environment",
            "`VIRTUAL_ENV` `/e/empty`",
        ),
        (
            none.clone(),
            conda("/gone"),
            "environment-not-found",
            "`CONDA_PREFIX` `/gone`",
        ),
        (
            none,
            conda("/e/empty"),
            "not-an-environment",
            "`CONDA_PREFIX` `/e/empty`",
        ),
    ] {
        let (found_code, message) = failure(&tree(), &request, &surroundings);
        assert_eq!(found_code, code, "{message}");
        assert!(message.contains(part), "expected {part:?} in {message:?}");
    }
}

#[test]
fn hints_say_what_to_do_next() {
    for (request, part) in [
        (env("/e/given/bin"), "`--env /e/given`"),
        (env("/e/given/bin/python"), "`--python /e/given/bin/python`"),
        (
            env("/e/given/lib/python3.11/site-packages"),
            "`--site-packages /e/given/lib/python3.11/site-packages`",
        ),
        (python("/e/given"), "`--env /e/given`"),
        (python("python9"), "`--python ./python9`"),
    ] {
        let hints = discover(&tree(), &request, &all()).unwrap_err().hints();
        assert!(
            hints.iter().any(|hint| hint.contains(part)),
            "expected {part:?} in {hints:?}"
        );
    }
}

#[test]
fn a_dot_venv_that_is_none_is_an_error() {
    let tree = Described::new(
        System::Linux,
        &["/work/project/.venv/bin/python", "/work/.venv/pyvenv.cfg"],
    );
    let (code, message) = failure(&tree, &Request::default(), &unix());
    assert_eq!(code, "not-an-environment");
    assert!(message.contains("`/work/project/.venv`"), "{message}");
    let file = Described::new(System::Linux, &["/work/project/.venv = elsewhere\n"]);
    assert_eq!(
        failure(&file, &Request::default(), &unix()).0,
        "environment-not-found"
    );
}

#[test]
fn a_name_is_looked_up_on_the_path() {
    let line = |name: &str, path: &[&str]| {
        let surroundings = Surroundings {
            path: path.iter().map(Into::into).collect(),
            ..unix()
        };
        found(&tree(), &python(name), &surroundings).remove(0)
    };
    assert_eq!(
        line("python3.12", &["/gone", "/usr/bin"]),
        "--python prefix 3.12 /usr"
    );
    assert_eq!(
        line("python", &["/usr/bin", "/e/active/bin"]),
        "--python venv 3.11 /e/active"
    );
}

#[test]
fn the_path_is_taken_directory_by_directory() {
    let line = |path: &[&str]| {
        let path = path.iter().map(Into::into).collect();
        found(
            &tree(),
            &Request::default(),
            &Surroundings {
                cwd: "/x".into(),
                path,
                ..unix()
            },
        )
        .remove(0)
    };
    assert_eq!(
        line(&["/e/active/bin", "/usr/bin"]),
        "PATH venv 3.11 /e/active"
    );
    assert_eq!(line(&["/only"]), "PATH prefix 3.12 /usr");
    assert_eq!(
        line(&["", "/shims", "/shims", "/usr/bin"]),
        "PATH prefix 3.12 /usr"
    );
}

#[test]
fn nothing_anywhere_is_an_error_that_says_where_it_was_looked() {
    let surroundings = Surroundings {
        path: vec!["/shims".into(), "/shims".into()],
        cwd: "/x".into(),
        ..unix()
    };
    let (code, message) = failure(&tree(), &Request::default(), &surroundings);
    assert_eq!(code, "environment-not-found");
    assert_eq!(message.matches("`/shims/python3`").count(), 1, "{message}");
    let (_, message) = failure(
        &tree(),
        &Request::default(),
        &Surroundings {
            cwd: "/x".into(),
            ..unix()
        },
    );
    assert!(
        message.contains("no `.venv` in `/x` or above, no `python3` or `python` on `PATH`"),
        "{message}"
    );
}

#[test]
fn the_evidence_is_json() {
    let error = discover(&tree(), &env("/gone"), &all()).unwrap_err();
    let expected =
        serde_json::json!({"source": "--env", "path": "/gone", "expected": "a directory"});
    assert_eq!(serde_json::to_value(&error).unwrap(), expected);
    let environment = discover(&tree(), &Request::default(), &all()).unwrap();
    let expected = serde_json::json!({
        "site_packages": [{"path": "/e/active/lib/python3.11/site-packages", "kind": "purelib"}],
        "source": "VIRTUAL_ENV", "layout": "venv", "prefix": "/e/active", "interpreter": null, "python": "3.11",
        "externally_managed": null, "working_directory": "/work/project",
    });
    assert_eq!(serde_json::to_value(&environment).unwrap(), expected);
}
