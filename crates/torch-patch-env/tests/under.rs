//! Which environments are found below a directory.

use torch_patch_env::{EnvErrorKind, Request, Source, Surroundings, discover, environments_under};

use crate::site::Site;

const CONFIG: &str = "home = /usr/bin\nversion = 3.11.2\n";
const OWN: &str = if cfg!(windows) {
    "Lib/site-packages/"
} else {
    "lib/python3.11/site-packages/"
};

/// What is found below `site`, relative to it and `/`-separated.
fn found(site: &Site, below: &str) -> Vec<String> {
    let under = environments_under(&site.path().join(below)).unwrap();
    assert_eq!(under.unreadable, []);
    let prefixes = under.environments.iter();
    prefixes
        .map(|prefix| {
            let path = prefix.strip_prefix(site.path()).unwrap();
            path.to_str().unwrap().replace('\\', "/")
        })
        .collect()
}

fn venv(site: &Site, prefix: &str) {
    site.add(&[
        (&format!("{prefix}/pyvenv.cfg"), CONFIG),
        (&format!("{prefix}/{OWN}"), ""),
    ]);
}

#[test]
fn virtual_environments_at_every_depth_sorted() {
    let site = Site::new(&[("b/readme", ""), ("c/lib/python3.11/notes", "")]);
    for prefix in ["d/e/f/venv", "a", "b/.venv"] {
        venv(&site, prefix);
    }
    assert_eq!(found(&site, ""), ["a", "b/.venv", "d/e/f/venv"]);
    assert_eq!(found(&site, "a"), ["a"], "the directory may be one itself");
    assert_eq!(found(&site, "c"), [""; 0]);
}

#[test]
fn nothing_is_looked_for_inside_of_one() {
    let site = Site::new(&[]);
    venv(&site, "a");
    venv(&site, "a/src/inner");
    venv(&site, "a/envs/inner");
    site.add(&[("a/bin/python3.11", ""), ("a/python.exe", "")]);
    assert_eq!(found(&site, ""), ["a"]);
}

#[test]
fn an_installation_of_conda_has_environments_of_its_own() {
    let python = "conda-meta/python-3.11.2-h1_0.json";
    let site = Site::new(&[]);
    for prefix in ["conda", "conda/envs/train", "p/.pixi/envs/default"] {
        site.add(&[
            (&format!("{prefix}/{python}"), "{}"),
            (&format!("{prefix}/{OWN}"), ""),
        ]);
    }
    site.add(&[
        ("conda/envs/r-only/conda-meta/r-base-4.3-0.json", "{}"),
        ("conda/pkgs/python-3.11.2-h1_0/lib/python3.11/os.py", ""),
    ]);
    venv(&site, "conda/pkgs/venv");
    assert_eq!(
        found(&site, ""),
        ["conda", "conda/envs/train", "p/.pixi/envs/default"]
    );
}

#[test]
fn an_installed_python_is_one_with_its_packages() {
    let (interpreter, library) = if cfg!(windows) {
        ("python.exe", "Lib/os.py")
    } else {
        ("bin/python3.11", "lib/python3.11/os.py")
    };
    let site = Site::new(&[
        (&format!("versions/3.11.2/{interpreter}"), ""),
        (&format!("versions/3.11.2/{library}"), ""),
        (&format!("versions/3.11.2/{OWN}"), ""),
        (&format!("no-interpreter/{OWN}"), ""),
        (&format!("no-packages/{interpreter}"), ""),
        ("target/torch-2.5.1.dist-info/METADATA", "Name: torch\n"),
    ]);
    assert_eq!(found(&site, ""), ["versions/3.11.2"]);
    venv(&site, "versions/3.11.2/envs/train");
    venv(&site, "versions/3.11.2/share/venv");
    assert_eq!(
        found(&site, ""),
        ["versions/3.11.2", "versions/3.11.2/envs/train"],
        "pyenv-virtualenv keeps them there"
    );
}

/// It is told by whoever works in it.
#[test]
fn a_broken_virtual_environment_is_found() {
    let site = Site::new(&[("a/pyvenv.cfg", CONFIG)]);
    assert_eq!(found(&site, ""), ["a"]);
    let request = Request {
        found: Some(site.path().join("a")),
        ..Request::default()
    };
    let error = discover(&request, &Surroundings::new(site.path())).unwrap_err();
    assert_eq!(error.code(), "not-an-environment");
}

#[test]
fn what_led_to_it_is_told() {
    let site = Site::new(&[]);
    venv(&site, "a");
    let under = environments_under(site.path()).unwrap();
    let request = Request {
        found: under.environments.first().cloned(),
        ..Request::default()
    };
    let environment = discover(&request, &Surroundings::new(site.path())).unwrap();
    assert_eq!(environment.source, Source::EnvsUnderOption);
    assert_eq!(environment.source.to_string(), "--envs-under");
}

#[test]
fn what_is_no_directory_is_an_error() {
    let site = Site::new(&[("file", "")]);
    for name in ["gone", "file"] {
        let error = environments_under(&site.path().join(name)).unwrap_err();
        assert!(
            matches!(error.kind(), EnvErrorKind::Missing { .. }),
            "{error}"
        );
        assert!(error.to_string().starts_with("`--envs-under` `"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    use std::os::unix::fs::symlink;

    let outside = Site::new(&[]);
    venv(&outside, "venv");
    let site = Site::new(&[("b/", "")]);
    venv(&site, "a");
    symlink(outside.path(), site.path().join("out")).unwrap();
    symlink(outside.path().join("venv"), site.path().join("venv")).unwrap();
    symlink(site.path(), site.path().join("b/round")).unwrap();
    symlink("../a", site.path().join("b/again")).unwrap();
    assert_eq!(found(&site, ""), ["a"]);
    let link = outside.path().join("link");
    symlink(site.path(), &link).unwrap();
    let under = environments_under(&link).unwrap();
    assert_eq!(
        under.environments,
        [link.join("a")],
        "what is named itself may be a link"
    );
}
