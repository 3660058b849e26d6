//! Environments made by the Python on this machine: what is discovered is what `sys.path` says.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use torch_patch_env::{Environment, Kind, Layout, Request, Source, Surroundings, discover};

use crate::site::Site;

/// Runs `python` and returns what it prints.
fn run(python: &Path, arguments: &[&str], user_base: &Path) -> String {
    let mut command = Command::new(python);
    command
        .args(arguments)
        .env("PYTHONUSERBASE", user_base)
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONNOUSERSITE");
    let output = command
        .env_remove("PYTHONHOME")
        .current_dir(user_base)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The directories of packages in `sys.path`, as Python says.
fn sys_path(python: &Path, user_base: &Path) -> Vec<PathBuf> {
    let code = "import sys\nfor p in sys.path:\n    if 'site-packages' in p or 'dist-packages' in p: print(p)";
    run(python, &["-c", code], user_base)
        .lines()
        .map(PathBuf::from)
        .collect()
}

fn paths(environment: &Environment) -> Vec<PathBuf> {
    environment
        .site_packages
        .iter()
        .map(|site| site.path.clone())
        .collect()
}

/// The Pythons on this machine that can make environments; the system's own one as a rule.
fn pythons() -> Vec<PathBuf> {
    let candidates = [
        "/usr/bin/python3",
        "/usr/local/bin/python3",
        "/opt/homebrew/bin/python3",
    ];
    let candidates = candidates.into_iter().map(PathBuf::from);
    let pythons: Vec<PathBuf> = candidates
        .filter(|python| {
            Command::new(python)
                .args(["-c", "import venv, ensurepip"])
                .output()
                .is_ok_and(|run| run.status.success())
        })
        .collect();
    assert!(!pythons.is_empty(), "no Python has venv and ensurepip");
    pythons
}

struct World {
    directory: TempDir,
    surroundings: Surroundings,
}

impl World {
    fn new(python: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let user_base = directory.path().join("user");
        fs_err::create_dir(&user_base).unwrap();
        let user_site = run(python, &["-m", "site", "--user-site"], &user_base);
        fs_err::create_dir_all(user_site.trim()).unwrap();
        let surroundings = Surroundings {
            python_user_base: Some(user_base),
            ..Surroundings::new(directory.path())
        };
        Self {
            directory,
            surroundings,
        }
    }

    fn user_base(&self) -> &Path {
        self.surroundings.python_user_base.as_deref().unwrap()
    }

    fn venv(&self, python: &Path, options: &[&str]) -> PathBuf {
        let prefix = self.directory.path().join("venv");
        run(
            python,
            &[
                &["-m", "venv", "--without-pip"],
                options,
                &[prefix.to_str().unwrap()],
            ]
            .concat(),
            self.user_base(),
        );
        prefix
    }
}

#[test]
#[ignore = "needs a Python with venv and ensurepip; .ci/run runs it"]
fn an_installed_python() {
    for python in pythons() {
        let world = World::new(&python);
        let request = Request {
            python: Some(python.clone()),
            ..Request::default()
        };
        let environment = discover(&request, &world.surroundings).unwrap();
        assert_eq!(
            paths(&environment),
            sys_path(&python, world.user_base()),
            "{}",
            python.display()
        );
        assert_eq!(environment.site_packages[0].kind, Kind::User);
        assert_ne!(environment.layout, Layout::Venv);
        let version = run(
            &python,
            &["-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            world.user_base(),
        );
        assert_eq!(environment.python.as_deref(), Some(version.trim()));
    }
}

#[test]
#[ignore = "needs a Python with venv and ensurepip; .ci/run runs it"]
fn a_virtual_environment() {
    for python in pythons() {
        let world = World::new(&python);
        let prefix = world.venv(&python, &[]);
        let own = prefix.join("bin/python");
        for (request, surroundings, source) in [
            (
                Request {
                    env: Some("venv".into()),
                    ..Request::default()
                },
                world.surroundings.clone(),
                Source::EnvOption,
            ),
            (
                Request {
                    python: Some(own.clone()),
                    ..Request::default()
                },
                world.surroundings.clone(),
                Source::PythonOption,
            ),
            (
                Request::default(),
                Surroundings {
                    virtual_env: Some(prefix.clone()),
                    ..world.surroundings.clone()
                },
                Source::VirtualEnv,
            ),
            (
                Request::default(),
                Surroundings {
                    path: vec![prefix.join("bin")],
                    ..world.surroundings.clone()
                },
                Source::Path,
            ),
        ] {
            let environment = discover(&request, &surroundings).unwrap();
            assert_eq!(environment.source, source);
            assert_eq!(environment.layout, Layout::Venv);
            assert_eq!(environment.prefix.as_ref(), Some(&prefix));
            assert_eq!(paths(&environment), sys_path(&own, world.user_base()));
        }
    }
}

#[test]
#[ignore = "needs a Python with venv and ensurepip; .ci/run runs it"]
fn a_virtual_environment_with_system_packages_and_path_files() {
    for python in pythons() {
        let world = World::new(&python);
        let prefix = world.venv(&python, &["--system-site-packages"]);
        let own = prefix.join("bin/python");
        let site = sys_path(&own, world.user_base()).remove(0);
        let added = site.join("added/site-packages");
        fs_err::create_dir_all(&added).unwrap();
        fs_err::write(
            site.join("a.pth"),
            "added/site-packages\nimport sys\ngone/site-packages\n",
        )
        .unwrap();
        let request = Request {
            env: Some(prefix),
            ..Request::default()
        };
        let environment = discover(&request, &world.surroundings).unwrap();
        assert_eq!(paths(&environment), sys_path(&own, world.user_base()));
        assert_eq!(environment.site_packages[1].path, added);
        assert_eq!(environment.site_packages[2].kind, Kind::User);
    }
}

#[test]
#[ignore = "needs a Python with venv and ensurepip; .ci/run runs it"]
fn an_interpreter_behind_a_script_is_asked() {
    for python in pythons() {
        let world = World::new(&python);
        let shims = Site::new(&[]);
        let shim = shims.script("python3", &format!("exec {} \"$@\"", python.display()));
        let surroundings = Surroundings {
            path: vec![shims.path().into()],
            ..world.surroundings.clone()
        };
        let environment = discover(&Request::default(), &surroundings).unwrap();
        assert_eq!(environment.interpreter, Some(shim));
        assert_eq!(paths(&environment), sys_path(&python, world.user_base()));
    }
}
