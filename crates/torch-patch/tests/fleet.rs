//! One request in many environments at the same time.

use std::path::PathBuf;

use torch_patch::{
    ApplyRequest, Catalogue, Errand, Fleet, Means, Mode, Outcome, Platform, Progress, Report,
    Request, RevertRequest, Silent, Sources, Step, Surroundings, fleet,
};
use torch_patch_testing::{Package, Picture, World, picture};

/// How many environments there are: more than are worked in at the same time.
const MANY: usize = 20;

fn worlds(count: usize) -> Vec<World> {
    let world = |_| {
        let world = World::new();
        world.install(&Package::torch("2.5.1"));
        world
    };
    (0..count).map(world).collect()
}

fn pictures(worlds: &[World]) -> Vec<Picture> {
    worlds
        .iter()
        .map(|world| picture(world.site_packages()))
        .collect()
}

fn named(paths: impl IntoIterator<Item = PathBuf>) -> Fleet {
    let request = |path: PathBuf| Request {
        env: Some(path),
        ..Request::default()
    };
    Fleet {
        named: paths.into_iter().map(request).collect(),
        under: Vec::new(),
    }
}

fn run(members: &Fleet, errand: &Errand, progress: &mut dyn Progress) -> Report {
    let means = Means {
        catalogue: Catalogue::built_in().into(),
        surroundings: &Surroundings::new("/"),
        platform: Platform::Linux,
        sources: &Sources::none(),
    };
    fleet(members, errand, &means, progress).unwrap()
}

fn applying() -> ApplyRequest {
    ApplyRequest::new(["gloo-windows"])
}

fn outcomes(report: &Report) -> Vec<Option<Outcome>> {
    let members = report.environments.iter();
    members
        .map(|member| member.results.first().map(|result| result.outcome))
        .collect()
}

#[test]
fn all_of_them_are_patched_and_come_back_to_the_byte() {
    let worlds = worlds(MANY);
    let before = pictures(&worlds);
    let members = named(worlds.iter().map(World::venv));
    let dry = ApplyRequest {
        mode: Mode::DryRun,
        ..applying()
    };
    let report = run(&members, &Errand::Apply(dry), &mut Silent);
    assert_eq!(outcomes(&report), vec![Some(Outcome::WouldApply); MANY]);
    assert_eq!(pictures(&worlds), before);
    let report = run(&members, &Errand::Apply(applying()), &mut Silent);
    assert!(report.ok && report.error.is_none());
    assert_eq!(outcomes(&report), vec![Some(Outcome::Applied); MANY]);
    let paths: Vec<PathBuf> = report
        .environments
        .iter()
        .map(|member| PathBuf::from(&member.path))
        .collect();
    let named: Vec<PathBuf> = worlds.iter().map(World::venv).collect();
    assert_eq!(paths, named, "in the order in which they were named");
    let report = run(&members, &Errand::Revert(RevertRequest::all()), &mut Silent);
    assert_eq!(outcomes(&report), vec![Some(Outcome::Reverted); MANY]);
    assert_eq!(pictures(&worlds), before);
}

#[test]
fn the_exit_code_is_that_of_the_first_failure() {
    let worlds = worlds(3);
    fs_err::write(worlds[1].target(), "somebody else's\n").unwrap();
    let paths = worlds.iter().map(World::venv);
    let gone = worlds[0].folder().join("gone");
    let members = named(paths.chain([gone.clone()]));
    let report = run(&members, &Errand::Apply(applying()), &mut Silent);
    assert!(!report.ok);
    let applied = Some(Outcome::Applied);
    assert_eq!(outcomes(&report), [applied, None, applied, None]);
    let error = report.error.unwrap();
    assert_eq!(
        (error.code.as_str(), error.exit),
        ("environments-failed", 4)
    );
    let failed = [worlds[1].venv(), gone];
    assert_eq!(
        error.details["failed"],
        serde_json::to_value(failed).unwrap()
    );
    let own = report.environments[3].error.as_ref().unwrap();
    assert_eq!((own.code.as_str(), own.exit), ("environment-not-found", 5));
    assert!(report.environments[3].environment.is_none());
}

/// Two virtual environments with the packages of one Python have one store: they wait for each other.
#[cfg(target_os = "linux")]
#[test]
fn environments_that_share_their_packages_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let make = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    };
    let shared = World::new();
    shared.install(&Package::torch("2.5.1"));
    let base = folder.path().join("base");
    make("base/bin/python3.11", "");
    make("base/lib/python3.11/os.py", "");
    let site = base.join("lib/python3.11/site-packages");
    fs_err::rename(shared.site_packages(), &site).unwrap();
    let before = picture(&site);
    let names: Vec<String> = (0..MANY).map(|index| format!("venv{index:02}")).collect();
    for name in &names {
        let home = base.join("bin");
        let config = format!(
            "home = {}\nversion = 3.11.2\ninclude-system-site-packages = true\n",
            home.display()
        );
        make(&format!("{name}/pyvenv.cfg"), &config);
        make(&format!("{name}/lib/python3.11/site-packages/x.txt"), "");
    }
    let members = named(names.iter().map(|name| folder.path().join(name)));
    let report = run(&members, &Errand::Apply(applying()), &mut Silent);
    assert!(report.ok, "{:?}", report.error);
    let applied = outcomes(&report);
    let count = |wanted| {
        let own = applied.iter().flatten();
        own.filter(|outcome| **outcome == wanted).count()
    };
    assert_eq!(count(Outcome::Applied), 1, "{applied:?}");
    assert_eq!(count(Outcome::AlreadyApplied), MANY - 1, "{applied:?}");
    let report = run(
        &members,
        &Errand::Revert(RevertRequest::new(["gloo-windows"])),
        &mut Silent,
    );
    assert!(report.ok, "{:?}", report.error);
    assert_eq!(picture(&site), before);
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Progress for Steps {
    fn step(&mut self, step: &Step) {
        self.0.push(step.clone());
    }
}

#[test]
fn the_steps_of_one_environment_are_told_together() {
    let worlds = worlds(MANY);
    let members = named(worlds.iter().map(World::venv));
    let mut steps = Steps::default();
    run(&members, &Errand::Apply(applying()), &mut steps);
    let mut place = PathBuf::new();
    let mut places = 0;
    for step in &steps.0 {
        match step {
            Step::Environment { path } => {
                place = path.into();
                places += 1;
            }
            Step::Lock { site_packages } => {
                assert!(PathBuf::from(site_packages).starts_with(&place));
            }
            _ => {}
        }
    }
    assert_eq!(places, MANY);
}
