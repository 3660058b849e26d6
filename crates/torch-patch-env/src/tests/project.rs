//! The environments of projects: `.venv`, what uv, pixi and poetry use, and `PYTHONPATH` before all of them.

use super::{Described, discover, env, failure, found, site_packages, unix};
use crate::request::{PoetryPlaces, Request, Surroundings};
use crate::system::System;

/// Virtual environments at `prefixes`, and these lines besides.
fn tree(prefixes: &[&str], more: &[&str]) -> Described {
    let mut lines: Vec<String> = Vec::new();
    for prefix in prefixes {
        lines.push(format!(
            "{prefix}/pyvenv.cfg = home = /usr/bin\nversion = 3.11.2\n"
        ));
        lines.push(format!("{prefix}/lib/python3.11/site-packages/"));
    }
    lines.extend(more.iter().map(|line| (*line).to_owned()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Described::new(System::Linux, &lines)
}

#[track_caller]
fn first(tree: &Described, surroundings: &Surroundings) -> String {
    found(tree, &Request::default(), surroundings).remove(0)
}

fn with_uv(value: &str) -> Surroundings {
    Surroundings {
        uv_project_environment: Some(value.into()),
        ..unix()
    }
}

#[test]
fn the_nearest_project_counts_whatever_its_tool() {
    let pixi = &[
        "/work/project/.pixi/envs/default/conda-meta/python-3.12.1-0.json",
        "/work/project/.pixi/envs/default/lib/python3.12/site-packages/",
    ];
    assert_eq!(
        first(&tree(&["/work/.venv"], pixi), &unix()),
        ".pixi conda 3.12 /work/project/.pixi/envs/default"
    );
    assert_eq!(
        first(&tree(&["/work/project/.venv"], pixi), &unix()),
        ".venv venv 3.11 /work/project/.venv"
    );
}

#[test]
fn uv_counts_from_the_workspace_and_takes_the_place_of_dot_venv() {
    let projects = &["/work/pyproject.toml", "/work/project/pyproject.toml"];
    let prefixes = ["/work/.venv", "/work/envs/a", "/opt/env"];
    for (value, expected) in [
        ("envs/a", "/work/envs/a"),
        ("../envs/a", "/work/envs/a"),
        ("/opt/env", "/opt/env"),
    ] {
        assert_eq!(
            first(&tree(&prefixes, projects), &with_uv(value)),
            format!("UV_PROJECT_ENVIRONMENT venv 3.11 {expected}")
        );
    }
    assert_eq!(
        first(&tree(&prefixes, &[]), &with_uv("envs/a")),
        ".venv venv 3.11 /work/.venv",
        "a relative path means nothing without a project"
    );
}

#[test]
fn an_environment_of_uv_that_is_not_made_yet_is_an_error() {
    let tree = tree(&["/work/.venv"], &["/work/project/pyproject.toml"]);
    let surroundings = with_uv("envs/a");
    let error = discover(&tree, &Request::default(), &surroundings).unwrap_err();
    assert_eq!(error.code(), "environment-not-found");
    assert_eq!(
        error.to_string(),
        "`UV_PROJECT_ENVIRONMENT` `/work/project/envs/a`: expected a directory, found nothing"
    );
    assert!(error.hints()[0].contains("`uv sync`"), "{error:?}");
}

/// The hash of `/work/project`, as poetry 2.5.1 makes it.
const HASH: &str = "ZdgNLEiz";

#[test]
fn poetry_is_known_by_the_hash_of_the_path() {
    let project = "/work/project/pyproject.toml";
    let surroundings = |places: PoetryPlaces| Surroundings {
        poetry: PoetryPlaces {
            default_cache: Some("/home/u/.cache/pypoetry".into()),
            config: Some("/home/u/.config/pypoetry".into()),
            ..places
        },
        ..unix()
    };
    let expected = |prefix: &str| format!("poetry venv 3.11 {prefix}");
    let check = |prefix: &str, more: &[&str], places: PoetryPlaces| {
        let lines = [&[project], more].concat();
        let tree = tree(&[prefix, "/caches/other-AAAAAAAA-py3.11"], &lines);
        assert_eq!(
            first(&tree, &surroundings(places)),
            expected(prefix),
            "{more:?}"
        );
    };
    let name = |directory: &str| format!("{directory}/my.trainer-{HASH}-py3.11");
    let none = PoetryPlaces::default;
    let default = name("/home/u/.cache/pypoetry/virtualenvs");
    check(&default, &[], none());
    let named = |path: &str| Some(path.into());
    let cache = PoetryPlaces {
        cache: named("/c"),
        ..none()
    };
    check(&name("/c/virtualenvs"), &[], cache.clone());
    let environments = PoetryPlaces {
        environments: named("~/envs"),
        ..none()
    };
    check(&name("/home/u/envs"), &[], environments);
    let users = "/home/u/.config/pypoetry/config.toml = cache-dir = \"/c\"\n";
    check(&name("/c/virtualenvs"), &[users], none());
    let own = "/work/project/poetry.toml = [virtualenvs]\npath = \"{cache-dir}/mine\"\n";
    check(&name("/c/mine"), &[own, users], none());
    check(&name("/c/mine"), &[own], cache);
}

#[test]
fn of_several_pythons_poetry_says_which() {
    let directory = "/home/u/.cache/pypoetry/virtualenvs";
    let name = |version: &str| format!("{directory}/a-{HASH}-py{version}");
    let (old, new) = (name("3.11"), name("3.12"));
    let surroundings = Surroundings {
        poetry: PoetryPlaces {
            default_cache: Some("/home/u/.cache/pypoetry".into()),
            ..PoetryPlaces::default()
        },
        ..unix()
    };
    let project = "/work/project/pyproject.toml";
    let chosen = format!("{directory}/envs.toml = [a-{HASH}]\nminor = \"3.12\"\n");
    let with_choice = tree(&[&old, &new], &[project, &chosen]);
    assert_eq!(
        first(&with_choice, &surroundings),
        format!("poetry venv 3.11 {new}")
    );
    let without = tree(&[&old, &new], &[project]);
    assert_eq!(
        failure(&without, &Request::default(), &surroundings),
        (
            "ambiguous-python".to_owned(),
            "poetry has several environments for the project, of Python 3.11, 3.12".to_owned()
        )
    );
}

#[test]
fn python_path_comes_first_and_its_path_files_do_not_count() {
    let tree = tree(
        &["/v"],
        &[
            "/extra/a.pth = /more\n",
            "/more/",
            "/work/project/near/",
            "/v/lib/python3.11/site-packages/b.pth = /extra\n",
        ],
    );
    let surroundings = |path: &[&str]| Surroundings {
        python_path: path.iter().map(Into::into).collect(),
        ..unix()
    };
    let own = "purelib /v/lib/python3.11/site-packages";
    for (path, expected) in [
        (
            &["/extra", "near", "/gone", "/extra"][..],
            &["python-path /extra", "python-path /work/project/near", own][..],
        ),
        (
            &["", "/v/lib/python3.11/site-packages"],
            &[
                "python-path /work/project",
                "python-path /v/lib/python3.11/site-packages",
                "path-file /extra",
            ],
        ),
        (&[], &[own, "path-file /extra"]),
    ] {
        let lines = found(&tree, &env("/v"), &surroundings(path));
        assert_eq!(lines[1..], *expected, "{path:?}");
    }
    let given = found(&tree, &site_packages("/more"), &surroundings(&["/extra"]));
    assert_eq!(given[1..], ["given /more"]);
    let others = found(&tree, &env("/v"), &surroundings(&["/extra"]).impersonal());
    assert_eq!(others[1..], [own, "path-file /extra"]);
}

#[test]
fn what_keeps_pip_out_is_named_except_in_virtual_environments() {
    let managed = "/usr/lib/python3.11/EXTERNALLY-MANAGED";
    let lines = [
        "/usr/bin/python3 -> python3.11",
        "/usr/bin/python3.11",
        "/usr/lib/python3.11/os.py",
        "/usr/lib/python3/dist-packages/",
        managed,
    ];
    let tree = tree(&["/v"], &lines);
    let of = |prefix: &str| discover(&tree, &env(prefix), &unix()).unwrap();
    assert_eq!(of("/usr").externally_managed, Some(managed.into()));
    assert_eq!(of("/v").externally_managed, None);
}
