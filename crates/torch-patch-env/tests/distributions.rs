//! Which distribution is found in which state of site-packages.

use std::path::Path;

use torch_patch_env::{EnvErrorKind, Environment, Recorded, Request, Surroundings, discover};

use crate::site::Site;

const METADATA: &str = "Metadata-Version: 2.1\nName: torch\nVersion: 1.13.1\n\n";
const VERSION_FILE: &str = "__version__ = '1.13.1+cpu'\n";
const EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

/// `Ok`: version and metadata, `Err`: code.
fn state(files: &[(&str, &str)]) -> Result<(String, Option<String>), String> {
    let site = Site::new(files);
    let found = site
        .environment()
        .distribution("torch")
        .map_err(|error| error.code().to_owned())?;
    assert_eq!(found.site_packages, site.path());
    let metadata = found.metadata_dir.map(|path| {
        path.strip_prefix(site.path())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    });
    Ok((found.version, metadata))
}

#[track_caller]
fn check(files: &[(&str, &str)], version: &str, metadata: Option<&str>) {
    assert_eq!(
        state(files),
        Ok((version.to_owned(), metadata.map(str::to_owned)))
    );
}

#[track_caller]
fn check_error(files: &[(&str, &str)], code: &str) {
    assert_eq!(state(files), Err(code.to_owned()));
}

#[test]
fn metadata_in_every_form() {
    let info = "torch-1.13.1.dist-info";
    check(
        &[
            ("torch-1.13.1.dist-info/METADATA", METADATA),
            ("torch/", ""),
        ],
        "1.13.1",
        Some(info),
    );
    let debian = "torch-1.13.0a0+gitunknown.egg-info";
    let debian_text = "Name: torch\nVersion: 1.13.0a0+gitunknown\n";
    let files = [
        ("torch-1.13.0a0+gitunknown.egg-info/PKG-INFO", debian_text),
        ("torch/version.py", VERSION_FILE),
    ];
    check(&files, "1.13.0a0+gitunknown", Some(debian));
    let files = [
        ("torch-1.13.1.egg-info", METADATA),
        ("torch/version.py", VERSION_FILE),
    ];
    check(&files, "1.13.1", Some("torch-1.13.1.egg-info"));
    let files = [
        ("torch-1.13.1-py3.8.egg-info/PKG-INFO", METADATA),
        ("torch/version.py", VERSION_FILE),
    ];
    check(&files, "1.13.1", Some("torch-1.13.1-py3.8.egg-info"));
}

#[test]
fn the_version_is_metadatas_then_the_packages() {
    let nameless = [
        ("torch-1.13.1.dist-info/METADATA", "Summary: x\n"),
        ("torch/version.py", VERSION_FILE),
    ];
    check(&nameless, "1.13.1+cpu", Some("torch-1.13.1.dist-info"));
    check_error(
        &[
            ("torch-1.13.1.dist-info/METADATA", "Summary: x\n"),
            ("torch/", ""),
        ],
        "version-unknown",
    );
}

#[test]
fn without_metadata_the_package_tells() {
    check(&[("torch/version.py", VERSION_FILE)], "1.13.1+cpu", None);
    let broken_wheel = [
        ("torch-1.7.0.dist.info/METADATA", METADATA),
        ("torch/version.py", "__version__ = '1.7.0'\r\n"),
    ];
    check(&broken_wheel, "1.7.0", None);
    check_error(&[("torch/__init__.py", "")], "not-installed");
    check_error(&[("torch/notes.txt", "")], "distribution-not-found");
    check_error(&[("torch", "a file")], "distribution-not-found");
    check_error(&[], "distribution-not-found");
}

#[test]
fn other_distributions_are_others() {
    let files = [
        (
            "torchvision-0.14.1.dist-info/METADATA",
            "Name: torchvision\nVersion: 0.14.1\n",
        ),
        (
            "torch_geometric-2.5.dist-info/METADATA",
            "Name: torch_geometric\nVersion: 2.5\n",
        ),
        ("torch_geometric/", ""),
        ("functorch/version.py", VERSION_FILE),
    ];
    check_error(&files, "distribution-not-found");
    let site = Site::new(&files);
    for name in ["torch-geometric", "Torch.Geometric", "torch_geometric"] {
        assert_eq!(
            site.environment().distribution(name).unwrap().name,
            "torch_geometric",
            "{name}"
        );
    }
}

#[test]
fn leftovers_count_for_nothing() {
    let current = [
        ("torch-1.13.1.dist-info/METADATA", METADATA),
        ("torch-1.13.1.dist-info/RECORD", ""),
        ("torch/", ""),
    ];
    let old = "Name: torch\nVersion: 1.0\n";
    let info = Some("torch-1.13.1.dist-info");
    for leftover in [
        ("~orch-1.0.dist-info/METADATA", old),
        ("~orch/version.py", "__version__ = '1.0'\n"),
        ("torch-1.0.dist-info/INSTALLER", "pip\n"),
        ("torch-1.0.dist-info/METADATA", old),
        ("torch-1.0.egg-info", old),
        ("torch.egg-link", "/elsewhere\n.\n"),
        ("__editable__.torch-1.0.pth", "/elsewhere\n"),
        ("torch-1.0-py3.8.egg", "zip"),
    ] {
        check(&[&current[..], &[leftover]].concat(), "1.13.1", info);
    }
    check_error(
        &[("torch-1.0.dist-info/METADATA", old)],
        "distribution-not-found",
    );
    let site = Site::new(&[("torch-1.0.dist-info/METADATA", old)]);
    let hints = site
        .environment()
        .distribution("torch")
        .unwrap_err()
        .hints();
    assert!(
        hints
            .iter()
            .any(|hint| hint.contains("leftover") && hint.contains("torch-1.0.dist-info")),
        "{hints:?}"
    );
}

#[test]
fn metadata_counts_if_its_files_are_there() {
    let info = "torch-1.13.1.dist-info";
    let metadata = ("torch-1.13.1.dist-info/METADATA", METADATA);
    let top_level = [
        metadata,
        ("torch-1.13.1.dist-info/top_level.txt", "_c\nyaml\n"),
    ];
    check(
        &[&top_level[..], &[("yaml/__init__.py", "")]].concat(),
        "1.13.1",
        Some(info),
    );
    check(
        &[&top_level[..], &[("_c.py", "")]].concat(),
        "1.13.1",
        Some(info),
    );
    check_error(&top_level, "distribution-not-found");
    let record = "torch-1.13.1.dist-info/METADATA,,\nother/a.py,,\n";
    let record = [metadata, ("torch-1.13.1.dist-info/RECORD", record)];
    check(
        &[&record[..], &[("other/a.py", "")]].concat(),
        "1.13.1",
        Some(info),
    );
    check_error(
        &[&record[..], &[("other/b.py", "")]].concat(),
        "distribution-not-found",
    );
}

#[test]
fn of_two_the_one_with_record_counts_then_the_one_of_the_package() {
    let both = [
        ("torch-1.13.1.dist-info/METADATA", METADATA),
        (
            "torch-1.12.0.dist-info/METADATA",
            "Name: torch\nVersion: 1.12.0\n",
        ),
    ];
    let records = [
        ("torch-1.13.1.dist-info/RECORD", ""),
        ("torch-1.12.0.dist-info/RECORD", ""),
    ];
    let package = ("torch/version.py", VERSION_FILE);
    let newer = Some("torch-1.13.1.dist-info");
    check(
        &[&both[..], &records[..1], &[("torch/", "")]].concat(),
        "1.13.1",
        newer,
    );
    check(
        &[&both[..], &records[1..], &[package]].concat(),
        "1.12.0",
        Some("torch-1.12.0.dist-info"),
    );
    check(
        &[&both[..], &records[..], &[package]].concat(),
        "1.13.1",
        newer,
    );
    check_error(
        &[&both[..], &records[..], &[("torch/", "")]].concat(),
        "ambiguous-distribution",
    );
    check_error(
        &[
            &both[..],
            &records[..],
            &[("torch/version.py", "__version__ = '1.0'")],
        ]
        .concat(),
        "ambiguous-distribution",
    );
    let capital = both.map(|(path, text)| (path.replace("torch", "Torch"), text));
    let capital = capital
        .each_ref()
        .map(|(path, text)| (path.as_str(), *text));
    let newer = Some("Torch-1.13.1.dist-info");
    check(&[&capital[..], &[package]].concat(), "1.13.1", newer);
}

#[test]
fn of_two_builds_the_one_that_the_package_names_counts() {
    for (name, order) in [
        ("torch", ["1.13.1", "1.13.1+cpu"]),
        ("torch", ["1.13.1+cpu", "1.13.1"]),
        ("Torch", ["1.13.1", "1.13.1+cpu"]),
    ] {
        let site = Site::new(&[("torch/version.py", VERSION_FILE)]);
        for version in order {
            let metadata = format!("Name: torch\nVersion: {version}\n");
            site.add(&[(&format!("{name}-{version}.dist-info/METADATA"), &metadata)]);
            site.add(&[(&format!("{name}-{version}.dist-info/RECORD"), "")]);
        }
        let found = site.environment().distribution("torch").unwrap();
        assert_eq!(found.version, "1.13.1+cpu", "{name}");
    }
}

#[test]
fn editable_and_zipped_installs_are_refused_by_name() {
    let editable = r#"{"url": "file:///home/u/torch", "dir_info": {"editable": true}}"#;
    let info = ("torch-1.13.1.dist-info/METADATA", METADATA);
    let direct_url = |text| ("torch-1.13.1.dist-info/direct_url.json", text);
    check_error(&[info, direct_url(editable)], "editable-install");
    check_error(
        &[
            info,
            direct_url(editable),
            ("__editable__.torch-1.13.1.pth", "/home/u/torch\n"),
        ],
        "editable-install",
    );
    check_error(
        &[("torch.egg-link", "/home/u/torch\n.\n")],
        "editable-install",
    );
    check_error(
        &[("__editable__.torch-1.13.1.pth", "import x\n")],
        "editable-install",
    );
    check_error(&[("torch-1.13.1-py3.8.egg", "zip")], "zipped-install");
    let at_hand = [
        info,
        ("torch-1.13.1.dist-info/RECORD", ""),
        ("torch/version.py", VERSION_FILE),
    ];
    check_error(
        &[&at_hand[..], &[direct_url(editable)]].concat(),
        "editable-install",
    );
    let plain = [info, ("torch/", "")];
    for text in [
        r#"{"url": "file:///home/u/torch", "dir_info": {}}"#,
        r#"{"url": "x", "archive_info": {}}"#,
        "broken",
    ] {
        check(
            &[&plain[..], &[direct_url(text)]].concat(),
            "1.13.1",
            Some("torch-1.13.1.dist-info"),
        );
    }
    let site = Site::new(&[info, direct_url(editable)]);
    let error = site.environment().distribution("torch").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`torch` is an editable install of `file:///home/u/torch`"),
        "{error}"
    );
    assert!(!error.is_distribution_not_found());
}

#[test]
fn an_unpacked_egg_is_found_by_its_path_file() {
    let site = Site::new(&[
        ("easy-install.pth", "./torch-1.13.1-py3.8.egg\n"),
        ("torch-1.13.1-py3.8.egg/EGG-INFO/PKG-INFO", METADATA),
        ("torch-1.13.1-py3.8.egg/torch/", ""),
    ]);
    let environment = with_path_file(&site.path().join("torch-1.13.1-py3.8.egg"));
    let torch = environment.distribution("torch").unwrap();
    assert_eq!(
        torch.site_packages,
        site.path().join("torch-1.13.1-py3.8.egg")
    );
    assert_eq!(torch.version, "1.13.1");
    assert!(environment.distribution("torchvision").is_err());
}

#[test]
fn a_working_copy_on_a_path_file_is_editable() {
    let site = Site::new(&[
        ("torch.egg-info/PKG-INFO", METADATA),
        ("torch/version.py", VERSION_FILE),
    ]);
    let error = with_path_file(site.path())
        .distribution("torch")
        .unwrap_err();
    assert_eq!(error.code(), "editable-install");
    assert_eq!(
        site.environment().distribution("torch").unwrap().version,
        "1.13.1"
    );
    let installed = Site::new(&[
        ("torch-1.13.1.egg-info/PKG-INFO", METADATA),
        ("torch/version.py", VERSION_FILE),
    ]);
    assert_eq!(
        with_path_file(installed.path())
            .distribution("torch")
            .unwrap()
            .version,
        "1.13.1"
    );
}

/// An environment whose only `.pth` file adds `directory`.
fn with_path_file(directory: &Path) -> Environment {
    let prefix = Site::new(&[("pyvenv.cfg", "home = /usr/bin\nversion = 3.8.1\n")]);
    let own = if cfg!(windows) {
        "Lib/site-packages"
    } else {
        "lib/python3.8/site-packages"
    };
    prefix.add(&[(&format!("{own}/x.pth"), directory.to_str().unwrap())]);
    let request = Request {
        env: Some(prefix.path().into()),
        ..Request::default()
    };
    discover(&request, &Surroundings::new(prefix.path())).unwrap()
}

#[test]
fn the_first_directory_counts_even_without_metadata() {
    let first = Site::new(&[("torch/version.py", "__version__ = '1.0'\n")]);
    let second = Site::new(&[
        ("torch-1.13.1.dist-info/METADATA", METADATA),
        ("torch/version.py", VERSION_FILE),
    ]);
    let leftover = Site::new(&[(
        "torch-9.0.dist-info/METADATA",
        "Name: torch\nVersion: 9.0\n",
    )]);
    let mut environment = leftover.environment();
    environment
        .site_packages
        .extend(first.environment().site_packages);
    environment
        .site_packages
        .extend(second.environment().site_packages);
    assert_eq!(environment.distribution("torch").unwrap().version, "1.0");
    environment.site_packages.remove(1);
    assert_eq!(environment.distribution("torch").unwrap().version, "1.13.1");
    fs_err::remove_dir_all(second.path()).unwrap();
    let error = environment.distribution("torch").unwrap_err();
    assert!(error.is_distribution_not_found());
    assert!(
        error.to_string().contains(second.path().to_str().unwrap()),
        "{error}"
    );
}

#[test]
fn similar_names_are_hinted_at() {
    let site = Site::new(&[
        ("torch_cpu-2.0.dist-info/METADATA", ""),
        ("numpy-1.0.dist-info/METADATA", ""),
        ("pytorch-1.0.egg-info", ""),
    ]);
    let error = site.environment().distribution("Torch").unwrap_err();
    let EnvErrorKind::DistributionNotFound { near, .. } = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(near, &["pytorch", "torch-cpu"]);
    assert!(
        error.hints()[0].contains("`pytorch`, `torch-cpu`"),
        "{:?}",
        error.hints()
    );
}

#[test]
fn known_distributions_are_listed_with_what_cannot_be_used() {
    let site = Site::new(&[
        ("torch-1.13.1.dist-info/METADATA", METADATA),
        ("torch/", ""),
        ("torchvision.egg-link", "/elsewhere\n"),
    ]);
    let found = site
        .environment()
        .distributions(&["torch", "torchaudio", "torchvision"]);
    let found: Vec<_> = found
        .iter()
        .map(|found| found.as_ref().map(|found| found.version.as_str()))
        .collect();
    assert_eq!(found[0], Ok("1.13.1"));
    assert_eq!(
        found[1].as_ref().map_err(|error| error.code()),
        Err("editable-install")
    );
    assert_eq!(found.len(), 2);
}

#[test]
fn digests_come_from_record() {
    let record = format!("torch/a.py,sha256={EMPTY},0\r\ntorch/b.py,,\r\n");
    let files = [
        ("torch-1.13.1.dist-info/METADATA", METADATA),
        ("torch/", ""),
    ];
    let site = Site::new(&[&files[..], &[("torch-1.13.1.dist-info/RECORD", &record)]].concat());
    let torch = site.environment().distribution("torch").unwrap();
    let Recorded::Digest { sha256, size } = torch.recorded("torch/a.py").unwrap() else {
        panic!()
    };
    assert_eq!((sha256[0], sha256[31], size), (0xe3, 0x55, Some(0)));
    assert_eq!(torch.recorded("torch/b.py"), Ok(Recorded::NoDigest));
    assert_eq!(torch.recorded("torch/c.py"), Ok(Recorded::NotListed));
    let without = Site::new(&files);
    assert_eq!(
        without
            .environment()
            .distribution("torch")
            .unwrap()
            .recorded("torch/a.py"),
        Ok(Recorded::NoRecord)
    );
    let file = Site::new(&[
        ("torch-1.13.1.egg-info", METADATA),
        ("torch/version.py", VERSION_FILE),
    ]);
    assert_eq!(
        file.environment()
            .distribution("torch")
            .unwrap()
            .recorded("torch/a.py"),
        Ok(Recorded::NoRecord)
    );
    let bare = Site::new(&[("torch/version.py", VERSION_FILE)]);
    assert_eq!(
        bare.environment()
            .distribution("torch")
            .unwrap()
            .recorded("torch/a.py"),
        Ok(Recorded::NoRecord)
    );
}

#[test]
fn a_record_that_is_a_directory_is_unreadable() {
    let site = Site::new(&[
        ("torch-1.13.1.dist-info/METADATA", METADATA),
        ("torch-1.13.1.dist-info/RECORD/", ""),
        ("torch/", ""),
    ]);
    let error = site
        .environment()
        .distribution("torch")
        .unwrap()
        .recorded("torch/a.py")
        .unwrap_err();
    assert_eq!(error.code(), "metadata-unreadable");
    assert!(error.to_string().contains("RECORD"), "{error}");
}

/// On Unix only, as it makes a link.
#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_read_is_an_error() {
    let site = Site::new(&[]);
    let mut environment = site.environment();
    let link = site.path().join("loop");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    environment.site_packages[0].path = link;
    let error = environment.distribution("torch").unwrap_err();
    assert_eq!(error.code(), "metadata-unreadable");
    assert!(!error.is_permission_denied());
    assert!(
        error.to_string().contains("list the installed packages"),
        "{error}"
    );
}
