//! Several installations of one distribution, and what Python imports in its place.

use torch_patch_env::{Environment, Installation, Kind, Request, Surroundings, discover};

use crate::site::Site;

const OWN: &str = if cfg!(windows) {
    "Lib/site-packages"
} else {
    "lib/python3.11/site-packages"
};

/// The installation of a release, as files below `directory`.
fn installed(site: &Site, directory: &str, version: &str) {
    let info = format!("{directory}/torch-{version}.dist-info");
    site.add(&[
        (
            &format!("{info}/METADATA"),
            &format!("Name: torch\nVersion: {version}\n"),
        ),
        (&format!("{info}/RECORD"), "torch/__init__.py,,\n"),
        (&format!("{directory}/torch/__init__.py"), ""),
        (
            &format!("{directory}/torch/version.py"),
            &format!("__version__ = '{version}'\n"),
        ),
    ]);
}

/// A virtual environment with the release 2.5.1.
fn world() -> Site {
    let world = Site::new(&[("v/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.1\n")]);
    installed(&world, &format!("v/{OWN}"), "2.5.1");
    world
}

/// The environment of `world` with `PYTHONPATH`, in the working directory `work`.
fn environment(world: &Site, python_path: &[&str]) -> Environment {
    let request = Request {
        env: Some(world.path().join("v")),
        ..Request::default()
    };
    let surroundings = Surroundings {
        python_path: python_path
            .iter()
            .map(|name| world.path().join(name))
            .collect(),
        ..Surroundings::new(world.path().join("work"))
    };
    discover(&request, &surroundings).unwrap()
}

/// Of each installation why its directory counts, and its version or what is wrong with it.
fn found(environment: &Environment) -> Vec<String> {
    let shown = |own: Installation| {
        let found = own.found.map(|found| found.version);
        let found = found.unwrap_or_else(|error| error.code().to_owned());
        format!("{} {found}", own.directory.kind.as_str())
    };
    let found: Vec<String> = environment
        .installations("Torch")
        .into_iter()
        .map(shown)
        .collect();
    let first = environment.distribution("torch").map_or_else(
        |error| error.code().to_owned(),
        |distribution| distribution.version,
    );
    assert!(found[0].ends_with(&first), "{first} of {found:?}");
    found
}

#[test]
fn the_first_is_what_python_imports() {
    let world = world();
    installed(&world, "extra", "2.4.0");
    assert_eq!(found(&environment(&world, &[])), ["purelib 2.5.1"]);
    assert_eq!(
        found(&environment(&world, &["extra"])),
        ["python-path 2.4.0", "purelib 2.5.1"]
    );
    assert!(environment(&world, &[]).installations("numpy").is_empty());
}

#[test]
fn a_module_that_is_no_installed_package_is_an_error_that_names_it() {
    for (file, evidence) in [
        ("extra/torch/__init__.py", "torch"),
        ("extra/torch.py", "torch.py"),
    ] {
        let world = world();
        world.add(&[(file, "")]);
        let environment = environment(&world, &["extra"]);
        assert_eq!(
            found(&environment),
            ["python-path not-installed", "purelib 2.5.1"]
        );
        let error = environment.distribution("torch").unwrap_err();
        let evidence = world.path().join("extra").join(evidence);
        assert!(
            error
                .to_string()
                .contains(&format!("`{}`", evidence.display())),
            "{error}"
        );
        assert!(error.hints()[0].contains("`PYTHONPATH`"), "{error:?}");
    }
}

#[test]
fn a_directory_without_an_init_is_no_module() {
    let world = world();
    world.add(&[
        ("extra/torch/notes.txt", ""),
        ("extra/torch/__pycache__/a.pyc", ""),
    ]);
    assert_eq!(found(&environment(&world, &["extra"])), ["purelib 2.5.1"]);
}

#[test]
fn sources_on_the_path_are_a_working_copy() {
    for mark in [
        ".git/HEAD",
        "setup.py",
        "pyproject.toml",
        "torch.egg-info/PKG-INFO",
    ] {
        let world = world();
        world.add(&[
            ("src/torch/__init__.py", ""),
            ("src/torch/version.py", "__version__ = '2.6.0a0'\n"),
            (&format!("src/{mark}"), "Name: torch\nVersion: 2.6.0a0\n"),
        ]);
        assert_eq!(
            found(&environment(&world, &["src"])),
            ["python-path editable-install", "purelib 2.5.1"],
            "{mark}"
        );
    }
    let world = world();
    installed(&world, "target", "2.4.0");
    world.add(&[("target/pyproject.toml", "")]);
    assert_eq!(
        found(&environment(&world, &["target"])),
        ["python-path 2.4.0", "purelib 2.5.1"],
        "what pip has installed there is no working copy"
    );
}

#[test]
fn a_hook_of_setuptools_comes_after_all_directories() {
    let world = Site::new(&[("v/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.1\n")]);
    let own = format!("v/{OWN}");
    let info = format!("{own}/torch-2.6.0a0.dist-info");
    world.add(&[
        (
            &format!("{info}/METADATA"),
            "Name: torch\nVersion: 2.6.0a0\n",
        ),
        (
            &format!("{info}/direct_url.json"),
            r#"{"url": "file:///src/pytorch", "dir_info": {"editable": true}}"#,
        ),
    ]);
    let later = world.path().join("later");
    installed(&world, "later", "2.5.1");
    world.add(&[(&format!("{own}/later.pth"), later.to_str().unwrap())]);
    assert_eq!(
        found(&environment(&world, &[])),
        ["purelib editable-install", "path-file 2.5.1"],
        "without a hook"
    );
    world.add(&[(&format!("{own}/__editable___torch_2_6_0a0_finder.py"), "")]);
    assert_eq!(
        found(&environment(&world, &[])),
        ["path-file 2.5.1", "purelib editable-install"]
    );
    fs_err::remove_dir_all(later).unwrap();
    assert_eq!(
        found(&environment(&world, &[])),
        ["purelib editable-install"]
    );
}

#[test]
fn the_working_directory_is_told_of_and_is_no_directory_of_packages() {
    let world = world();
    let module = |environment: Environment| environment.module_in_working_directory("torch");
    assert_eq!(module(environment(&world, &[])), None);
    world.add(&[("work/torch.py", "")]);
    let path = world.path().join("work/torch.py");
    assert_eq!(module(environment(&world, &[])), Some(path));
    assert_eq!(found(&environment(&world, &[])), ["purelib 2.5.1"]);
    assert_eq!(module(environment(&world, &["work"])), None);
    let kinds = environment(&world, &["work"]).site_packages;
    assert_eq!(kinds[0].kind, Kind::PythonPath);
}
