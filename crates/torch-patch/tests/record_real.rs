//! What the catalogue makes of real torch files, recorded as if somebody had written it by hand.

use fs_err as fs;
use torch_patch::{
    ApplyRequest, Catalogue, Context, IndexSettings, Origin, Outcome, Patch, Platform,
    RecordRequest, Request, RevertRequest, Silent, Sources, Surroundings, apply, apply_from,
    discover, record, revert,
};
use torch_patch_testing::{Package, Release, World, corpus, picture};

use crate::releases::{WINDOWS, upstream};
use crate::setting::TARGET;

/// The files of a real wheel in an environment.
fn installed(release: Release) -> World {
    let world = World::new();
    let mut open = vec![(corpus(release), world.site_packages().to_path_buf())];
    while let Some((from, to)) = open.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(&from).unwrap() {
            let (path, name) = entry
                .map(|entry| (entry.path(), entry.file_name()))
                .unwrap();
            if path.is_dir() {
                open.push((path, to.join(name)));
            } else {
                fs::copy(path, to.join(name)).unwrap();
            }
        }
    }
    world
}

fn context(world: &World, more: Option<&str>) -> Context {
    let mut catalogue = Catalogue::built_in();
    if let Some(text) = more {
        let patch = Patch::parse(text.as_bytes(), Origin::File("recorded.toml".into()));
        catalogue.add(patch.unwrap()).unwrap();
    }
    let request = Request {
        env: Some(world.venv()),
        ..Request::default()
    };
    let found = discover(&request, &Surroundings::new(world.folder())).unwrap();
    Context::new(found, catalogue, Platform::Windows)
}

/// Applies a patch, forgets that, records what is found, and takes it over.
fn round_trip(release: Release, patch: &str) -> String {
    let world = installed(release);
    let pristine = picture(world.site_packages());
    let wheel = Package::new("torch", release.version).file(TARGET, &world.read(TARGET));
    let wheels = [wheel.write_wheel(&world.folder().join("wheels"), WINDOWS)];
    apply(
        &context(&world, None),
        &ApplyRequest::new([patch]),
        &mut Silent,
    )
    .unwrap();
    fs::remove_dir_all(world.at(".torch-patch")).unwrap();
    let patched = world.read(TARGET);

    let upstream = upstream(IndexSettings {
        index_urls: Vec::new(),
        find_links: Vec::new(),
    });
    let sources = || Sources::none().with_upstream(&upstream, &wheels);
    let request = RecordRequest::new("recorded", "torch");
    let request = RecordRequest {
        files: vec![TARGET.into()],
        ..request
    };
    let report = record(&context(&world, None), &request, &sources(), &mut Silent).unwrap();
    let toml = report.recording.unwrap().toml;

    let context = context(&world, Some(&toml));
    let adopting = ApplyRequest {
        adopt: true,
        ..ApplyRequest::new(["recorded"])
    };
    let adopted = apply_from(&context, &adopting, &sources(), &mut Silent).unwrap();
    assert_eq!(adopted.results[0].outcome, Outcome::Adopted);
    assert_eq!(world.read(TARGET), patched);
    revert(&context, &RevertRequest::all(), &mut Silent).unwrap();
    assert_eq!(picture(world.site_packages()), pristine);
    let again = apply(&context, &ApplyRequest::new(["recorded"]), &mut Silent).unwrap();
    assert_eq!(again.results[0].outcome, Outcome::Applied);
    assert_eq!(world.read(TARGET), patched);
    toml
}

#[test]
#[ignore = "needs the network, the first time; .ci/run runs it"]
fn what_the_catalogue_makes_of_real_files_is_recorded_and_reproduced() {
    let releases = [
        ("1.13.1", "win"),
        ("2.0.1", "win"),
        ("2.5.1", "win"),
        ("2.15.0", "macos"),
    ];
    for (version, platform) in releases {
        for patch in ["gloo-windows", "gloo-always"] {
            let toml = round_trip(Release { version, platform }, patch);
            // The places are the catalogue's own.
            assert!(
                toml.contains("within = \"def _new_process_group_helper\"\nafter = "),
                "{toml}"
            );
        }
    }
}
