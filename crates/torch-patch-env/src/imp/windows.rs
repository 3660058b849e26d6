//! Windows: every file can be run, Pythons are registered, and a console window must not flash up.

use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

use crate::registry::Registered;

/// Aliases of the Store are links that only the system can follow: they count as files.
pub(crate) fn is_executable(path: &Path) -> bool {
    fs_err::metadata(path)
        .or_else(|_| fs_err::symlink_metadata(path))
        .is_ok_and(|found| !found.is_dir())
}

/// Reads the keys that PEP 514 names; what cannot be read is left out.
pub(crate) fn registered() -> Vec<Registered> {
    const PYTHON: &str = r"Software\Python";
    // Where a Python of 32 bits is registered for all users.
    const PYTHON_32: &str = r"Software\WOW6432Node\Python";
    let roots = [
        (CURRENT_USER, PYTHON),
        (LOCAL_MACHINE, PYTHON),
        (LOCAL_MACHINE, PYTHON_32),
    ];
    let roots = roots.iter().filter_map(|(hive, path)| hive.open(path).ok());
    roots.flat_map(|root| of_root(&root)).collect()
}

fn of_root(root: &Key) -> Vec<Registered> {
    let below = |key: &Key| key.keys().into_iter().flatten().collect::<Vec<String>>();
    let mut found = Vec::new();
    for company in below(root) {
        let Ok(tags) = root.open(&company) else {
            continue;
        };
        for tag in below(&tags) {
            let Ok(python) = tags.open(&tag) else {
                continue;
            };
            let install = python.open("InstallPath").ok();
            let path = |name: &str| {
                let value = install.as_ref()?.get_string(name).ok()?;
                (!value.is_empty()).then(|| value.into())
            };
            found.push(Registered {
                company: company.clone(),
                version: python.get_string("SysVersion").ok(),
                prefix: path(""),
                executable: path("ExecutablePath"),
                tag,
            });
        }
    }
    found
}

pub(crate) fn set_apart(command: &mut Command) {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

/// Kills the child. A failure means that it has ended already.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes below a key of its own, not where Pythons are registered.
    #[test]
    fn keys_are_read_as_installers_write_them() {
        const OWN: &str = r"Software\torch-patch-tests";
        let root = CURRENT_USER.create(OWN).unwrap();
        let python = root.create(r"PythonCore\3.11").unwrap();
        python.set_string("SysVersion", "3.11").unwrap();
        let install = python.create("InstallPath").unwrap();
        install.set_string("", r"C:\Python311\").unwrap();
        install
            .set_string("ExecutablePath", r"C:\Python311\python.exe")
            .unwrap();
        root.create(r"Other\1").unwrap();
        let found = of_root(&root);
        CURRENT_USER.remove_tree(OWN).unwrap();
        let other = Registered {
            company: "Other".to_owned(),
            tag: "1".to_owned(),
            ..Registered::default()
        };
        let core = Registered {
            company: "PythonCore".to_owned(),
            tag: "3.11".to_owned(),
            version: Some("3.11".to_owned()),
            prefix: Some(r"C:\Python311\".into()),
            executable: Some(r"C:\Python311\python.exe".into()),
        };
        assert_eq!(found, [other, core]);
    }
}
