//! Layouts of Windows.

use std::path::PathBuf;

use super::{Described, env, failure, found, python, site_packages};
use crate::request::{Request, Surroundings};
use crate::system::System;

fn windows() -> Surroundings {
    Surroundings {
        home: Some(r"C:\Users\u".into()),
        app_data: Some(r"C:\Users\u\AppData\Roaming".into()),
        ..Surroundings::new(r"C:\work\project")
    }
}

fn tree(lines: &[&str]) -> Described {
    Described::new(System::Windows, lines)
}

#[track_caller]
fn check(lines: &[&str], request: &Request, expected: &[&str]) {
    assert_eq!(found(&tree(lines), request, &windows()), expected);
}

const PYTHON: &[&str] = &[
    r"C:\Python310\python.exe",
    r"C:\Python310\python3.dll",
    r"C:\Python310\python310.dll",
    r"C:\Python310\Lib\os.py",
    r"C:\Python310\Lib\site-packages\",
    r"C:\Users\u\AppData\Roaming\Python\Python310\site-packages\",
];

#[test]
fn an_installed_python_has_a_user_site_in_app_data() {
    let directories = [
        r"user C:\Users\u\AppData\Roaming\Python\Python310\site-packages",
        r"purelib C:\Python310\Lib\site-packages",
    ];
    check(
        PYTHON,
        &env(r"C:\Python310\"),
        &[&[r"--env prefix 3.10 C:\Python310"], &directories[..]].concat(),
    );
    let by_python = [&[r"--python prefix 3.10 C:\Python310"], &directories[..]].concat();
    check(PYTHON, &python(r"C:\Python310\python.exe"), &by_python);
    check(PYTHON, &python(r"..\..\Python310\python"), &by_python);
}

#[test]
fn virtual_environments() {
    let venv = [r"C:\v\Scripts\python.exe", r"C:\v\Lib\site-packages\"];
    let config = "C:\\v\\pyvenv.cfg = home = C:\\Python310\r\ninclude-system-site-packages = true\r\nversion = 3.10.11\r\n";
    let own = r"purelib C:\v\Lib\site-packages";
    let apart = [
        PYTHON,
        &["C:\\v\\pyvenv.cfg = home = C:\\Python310\r\nversion_info = 3.10.11\r\n"],
        &venv,
    ]
    .concat();
    check(&apart, &env(r"C:\v"), &[r"--env venv 3.10 C:\v", own]);
    check(
        &apart,
        &python(r"C:\v\Scripts\python.exe"),
        &[r"--python venv 3.10 C:\v", own],
    );
    let expected = [
        r"--env venv 3.10 C:\v",
        own,
        r"user C:\Users\u\AppData\Roaming\Python\Python310\site-packages",
        r"base C:\Python310\Lib\site-packages",
    ];
    check(
        &[PYTHON, &[config], &venv].concat(),
        &env(r"C:\v"),
        &expected,
    );
}

#[test]
fn conda_environments() {
    let lines = [
        r"C:\conda\conda-meta\python-3.11.5-he1021f5_0.json",
        r"C:\conda\python.exe",
        r"C:\conda\Lib\os.py",
        r"C:\conda\Lib\site-packages\",
        r"C:\conda\envs\t\conda-meta\python-3.10.13-h4de0772_0_cpython.json",
        r"C:\conda\envs\t\python.exe",
        r"C:\conda\envs\t\Lib\os.py",
        r"C:\conda\envs\t\Lib\site-packages\",
    ];
    let base = r"purelib C:\conda\Lib\site-packages";
    let own = r"purelib C:\conda\envs\t\Lib\site-packages";
    check(
        &lines,
        &env(r"C:\conda"),
        &[r"--env conda 3.11 C:\conda", base],
    );
    check(
        &lines,
        &env(r"C:/conda/envs/t"),
        &[
            r"--env conda 3.10 C:\conda\envs\t",
            r"purelib C:\conda\envs\t\Lib\site-packages",
        ],
    );
    check(
        &lines,
        &python(r"C:\conda\envs\t\python.exe"),
        &[r"--python conda 3.10 C:\conda\envs\t", own],
    );
    let surroundings = Surroundings {
        conda_prefix: Some(r"C:\conda\envs\t".into()),
        ..windows()
    };
    let by_variable = [r"CONDA_PREFIX conda 3.10 C:\conda\envs\t", own];
    assert_eq!(
        found(&tree(&lines), &Request::default(), &surroundings),
        by_variable
    );
}

#[test]
fn a_given_directory_tells_its_python_by_what_is_above() {
    let config = "C:\\v\\pyvenv.cfg = home = C:\\Python310\r\nversion = 3.10.11\r\n";
    let lines = [
        config,
        r"C:\v\Lib\site-packages\",
        r"C:\plain\Lib\site-packages\",
    ];
    let own = r"C:\v\Lib\site-packages";
    check(
        &lines,
        &site_packages(own),
        &[
            r"--site-packages directory 3.10 C:\v",
            &format!("given {own}"),
        ],
    );
    let plain = r"C:\plain\Lib\site-packages";
    check(
        &lines,
        &site_packages(plain),
        &["--site-packages directory ? ?", &format!("given {plain}")],
    );
}

const ALIAS: &str = r"C:\Users\u\AppData\Local\Microsoft\WindowsApps\python.exe";

#[test]
fn the_stores_alias_is_asked_where_a_store_python_is() {
    let store = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11_3.11.2544.0_x64__qbz5n2kfra8p0";
    let user =
        r"C:\Users\u\AppData\Local\Packages\P\LocalCache\local-packages\Python311\site-packages";
    let own = format!(r"{store}\Lib\site-packages");
    let package = r"C:\Users\u\AppData\Local\Microsoft\WindowsApps\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0\";
    let lines = [ALIAS, package, &format!(r"{user}\"), &format!(r"{own}\")];
    let answer = [ALIAS, store, store, "3.11", &own, &own, user];
    let tree = tree(&lines).answering(ALIAS, answer);
    let surroundings = on_path(&[r"C:\Users\u\AppData\Local\Microsoft\WindowsApps"]);
    let expected = [
        format!("PATH asked 3.11 {store}"),
        format!("user {user}"),
        format!("purelib {own}"),
    ];
    assert_eq!(found(&tree, &Request::default(), &surroundings), expected);
}

#[test]
fn an_alias_with_nothing_behind_it_is_not_run_and_passed_over() {
    let surroundings = on_path(&[
        r"C:\Users\u\AppData\Local\Microsoft\WindowsApps",
        r"C:\Python310",
    ]);
    let lines = [PYTHON, &[ALIAS]].concat();
    let expected = [
        r"PATH prefix 3.10 C:\Python310",
        r"user C:\Users\u\AppData\Roaming\Python\Python310\site-packages",
        r"purelib C:\Python310\Lib\site-packages",
    ];
    assert_eq!(
        found(&tree(&lines), &Request::default(), &surroundings),
        expected
    );
    let alone = on_path(&[r"C:\Users\u\AppData\Local\Microsoft\WindowsApps"]);
    let (code, message) = failure(&tree(&lines), &Request::default(), &alone);
    assert_eq!(code, "environment-not-found");
    assert!(
        message.contains("WindowsApps") && message.contains("placeholder of the Microsoft Store"),
        "{message}"
    );
}

#[test]
fn the_launcher_comes_last() {
    let lines = [PYTHON, &[r"C:\Windows\py.exe"]].concat();
    let answer = [
        r"C:\Python310\python.exe",
        "not",
        "not",
        "3.10",
        "not",
        "not",
        "not",
    ];
    let tree = tree(&lines).answering(r"C:\Windows\py.exe -3", answer);
    let expected = |source: &str| format!(r"{source} prefix 3.10 C:\Python310");
    let first = |path: &[&str]| found(&tree, &Request::default(), &on_path(path)).remove(0);
    assert_eq!(first(&[r"C:\Windows"]), expected("py"));
    assert_eq!(first(&[r"C:\Windows", r"C:\Python310"]), expected("PATH"));
}

fn on_path(path: &[&str]) -> Surroundings {
    Surroundings {
        path: path.iter().map(PathBuf::from).collect(),
        ..windows()
    }
}

#[test]
fn a_name_that_is_asked_for_is_no_placeholder_if_there_is_another() {
    let path = [
        r"C:\Users\u\AppData\Local\Microsoft\WindowsApps",
        r"C:\Python310",
    ];
    let lines = [PYTHON, &[ALIAS]].concat();
    let first = |path: &[&str]| found(&tree(&lines), &python("python"), &on_path(path)).remove(0);
    assert_eq!(first(&path), r"--python prefix 3.10 C:\Python310");
    let (code, message) = failure(&tree(&lines), &python("python"), &on_path(&path[..1]));
    assert_eq!(code, "interpreter-failed");
    assert!(
        message.contains("placeholder of the Microsoft Store"),
        "{message}"
    );
}

#[test]
fn nothing_anywhere_is_an_error_that_says_where_it_was_looked() {
    let (code, message) = failure(&tree(&[]), &Request::default(), &on_path(&[]));
    assert_eq!(code, "environment-not-found");
    assert!(
        message.ends_with(
            "no `python3` or `python` on `PATH` or by the launcher `py` or in the registry"
        ),
        "{message}"
    );
}

#[test]
fn extensions_are_those_of_the_surroundings() {
    let shims = [r"C:\pyenv\shims\python", r"C:\pyenv\shims\python.bat"];
    let lines = [PYTHON, &shims].concat();
    let path = on_path(&[r"C:\pyenv\shims", r"C:\Python310"]);
    let first = |surroundings: &Surroundings| {
        found(&tree(&lines), &Request::default(), surroundings).remove(0)
    };
    assert_eq!(first(&path), r"PATH prefix 3.10 C:\Python310");
    let (_, message) = failure(
        &tree(&lines),
        &Request::default(),
        &on_path(&[r"C:\pyenv\shims"]),
    );
    assert!(
        message.contains(r"shims\python.bat` is a batch file"),
        "{message}"
    );
    let only_com = Surroundings {
        path_extensions: vec![".com".to_owned()],
        ..path
    };
    let (code, _) = failure(&tree(&lines), &Request::default(), &only_com);
    assert_eq!(code, "environment-not-found");
}

#[test]
fn a_path_with_the_prefix_for_the_system_is_shown_without_it() {
    check(
        PYTHON,
        &env(r"\\?\C:\Python310"),
        &[
            r"--env prefix 3.10 C:\Python310",
            r"user C:\Users\u\AppData\Roaming\Python\Python310\site-packages",
            r"purelib C:\Python310\Lib\site-packages",
        ],
    );
}

fn installed(prefix: &str, version: &str) -> [String; 4] {
    [
        format!(r"{prefix}\python.exe"),
        format!(r"{prefix}\python{}.dll", version.replace('.', "")),
        format!(r"{prefix}\Lib\os.py"),
        format!(r"{prefix}\Lib\site-packages\"),
    ]
}

#[test]
fn registered_pythons_come_after_the_path_newest_of_python_org_first() {
    let prefixes = [
        (r"C:\P\38", "3.8"),
        (r"C:\P\39", "3.9"),
        (r"C:\P\310", "3.10"),
        (r"C:\P\310-32", "3.10"),
        (r"C:\conda", "3.12"),
        (r"C:\mine\310", "3.10"),
    ];
    let lines: Vec<String> = prefixes
        .iter()
        .flat_map(|(prefix, version)| installed(prefix, version))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let machine = [
        ("PyLauncher", "3.14", r"C:\Windows"),
        ("ContinuumAnalytics", "py312_24.1", r"C:\conda"),
        ("PythonCore", "3.9", r"C:\P\39"),
        ("PythonCore", "3.10-32", r"C:\P\310-32"),
        ("PythonCore", "3.10", r"C:\P\310"),
        ("PythonCore", "3.13", r"C:\gone"),
        ("PythonCore", "3.8", r"C:\P\38"),
    ];
    let registering = |first: &[(&str, &str, &str)]| {
        let all = first.iter().chain(&machine);
        all.fold(tree(&lines), |tree, (company, tag, prefix)| {
            tree.registering(company, tag, prefix)
        })
    };
    let first = |tree: &Described, path: &[&str]| {
        found(tree, &Request::default(), &on_path(path)).remove(0)
    };
    let tree = registering(&[]);
    assert_eq!(first(&tree, &[]), r"registry prefix 3.10 C:\P\310");
    assert_eq!(first(&tree, &[r"C:\P\38"]), r"PATH prefix 3.8 C:\P\38");
    let own = registering(&[("pythoncore", "3.10", r"C:\mine\310")]);
    assert_eq!(first(&own, &[]), r"registry prefix 3.10 C:\mine\310");
}
