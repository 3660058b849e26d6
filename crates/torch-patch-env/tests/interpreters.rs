//! Interpreters that have to be asked: scripts that answer, hang, fail or print rubbish.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use torch_patch_env::{EnvError, Environment, Layout, Request, Surroundings, discover};

use crate::site::Site;

/// Writes the script `python` into a directory of its own.
fn script(text: &str) -> (Site, PathBuf) {
    let site = Site::new(&[]);
    let path = site.script("python", text);
    (site, path)
}

fn ask(interpreter: &Path, timeout: Duration) -> Result<Environment, EnvError> {
    let request = Request {
        python: Some(interpreter.into()),
        ..Request::default()
    };
    discover(
        &request,
        &Surroundings {
            interpreter_timeout: timeout,
            ..Surroundings::new("/")
        },
    )
}

#[track_caller]
fn failure(text: &str) -> String {
    let (_site, path) = script(text);
    let error = ask(&path, Duration::from_secs(10)).unwrap_err();
    assert_eq!(error.code(), "interpreter-failed");
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    assert!(error.hints()[0].contains("--site-packages"));
    error.to_string()
}

#[test]
fn an_answer_is_taken_as_it_is_printed() {
    let site = Site::new(&[("pure/", ""), ("plat/", "")]);
    let root = site.path().to_str().unwrap();
    let answer = format!(
        r"noise\ntorch-patch\0\0{root}\0{root}\0003.12\0{root}/plat\0{root}/pure\0{root}/user\0"
    );
    let (_script, path) = script(&format!("echo warning >&2; printf '{answer}'"));
    let environment = ask(&path, Duration::from_secs(10)).unwrap();
    assert_eq!(environment.layout, Layout::Asked);
    assert_eq!(environment.python.as_deref(), Some("3.12"));
    assert_eq!(environment.interpreter, Some(path));
    let paths: Vec<_> = environment
        .site_packages
        .iter()
        .map(|site| site.path.clone())
        .collect();
    assert_eq!(paths, [site.path().join("plat"), site.path().join("pure")]);
}

#[test]
fn it_is_asked_isolated_and_without_site() {
    let (site, path) = script(r#"printf '%s\n' "$1" "$2" "$3" > "${0%/*}/arguments""#);
    assert!(ask(&path, Duration::from_secs(10)).is_err());
    assert_eq!(
        fs_err::read_to_string(site.path().join("arguments")).unwrap(),
        "-I\n-S\n-c\n"
    );
}

#[test]
fn rubbish_is_no_answer() {
    assert!(failure("echo Hello").contains("found `Hello`"));
    assert!(failure("true").contains("found ``"));
    assert!(failure(r"printf 'torch-patch\0/usr\0'").contains("does not answer as Python does"));
    assert!(failure("yes | head -c 3000000; exit 3").contains("exit status: 3"));
}

#[test]
fn a_failure_is_told_with_the_line_that_says_why() {
    let message = failure("echo 'pyenv: python: command not found' >&2; echo more >&2; exit 127");
    assert!(message.contains("exit status: 127"), "{message}");
    assert!(
        message.ends_with("`pyenv: python: command not found`"),
        "{message}"
    );
    let message =
        failure("echo 'Traceback (most recent call last):' >&2; echo 'ImportError: x' >&2; exit 1");
    assert!(message.ends_with("`ImportError: x`"), "{message}");
    assert!(failure("kill -9 $$").contains("signal: 9"));
}

#[test]
fn one_that_hangs_is_killed_with_what_it_has_started() {
    let (site, path) = script(r#"(sleep 4; touch "${0%/*}/alive") & sleep 60"#);
    let start = Instant::now();
    let error = ask(&path, Duration::from_millis(200)).unwrap_err();
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert!(
        error.to_string().contains("gave no answer within 0.2 s"),
        "{error}"
    );
    std::thread::sleep(Duration::from_millis(4500).saturating_sub(start.elapsed()));
    assert!(!site.path().join("alive").exists());
}

#[test]
fn one_that_cannot_be_run_is_told_so() {
    let site = Site::new(&[("python", "#!/gone/interpreter\n")]);
    let path = site.path().join("python");
    fs_err::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let error = ask(&path, Duration::from_secs(10)).unwrap_err();
    assert!(error.to_string().contains("cannot be run"), "{error}");
    fs_err::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(
        ask(&path, Duration::from_secs(10)).unwrap_err().code(),
        "environment-not-found"
    );
}
