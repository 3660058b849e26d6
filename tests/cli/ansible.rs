//! The command as Ansible starts a module: a file of arguments in, one JSON object out.
//!
//! `tests/fleets/` does the same with Ansible itself.

use fs_err as fs;
use serde_json::{Value, json};
use torch_patch_testing::World;

use super::{bare_command, call, torch_world};

/// Starts the command with the arguments of a task, and those that Ansible adds.
fn task(world: &World, mut arguments: Value, is_check: bool) -> Value {
    arguments["_ansible_check_mode"] = is_check.into();
    arguments["_ansible_diff"] = true.into();
    arguments["_ansible_version"] = "2.19.14".into();
    let file = world.folder().join("args");
    fs::write(&file, arguments.to_string()).unwrap();
    let called = call(bare_command(world).arg(&file));
    let answer = called.json();
    assert_eq!(called.code, i32::from(answer["failed"] == true), "{answer}");
    assert_eq!(called.stderr, "");
    assert_eq!(answer["failed"] == true, answer["msg"].is_string());
    answer
}

fn gloo(world: &World, more: &Value) -> Value {
    let mut arguments = json!({"patches": ["gloo-always"], "env": [world.venv()]});
    for (name, value) in more.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

/// Runs a task in check mode, in earnest and once more; returns whether each changed something.
fn changes(world: &World, arguments: &Value) -> [bool; 3] {
    [true, false, false].map(|is_check| {
        let answer = task(world, arguments.clone(), is_check);
        assert_eq!(answer["failed"], false, "{answer}");
        answer["changed"] == true
    })
}

#[test]
fn a_check_tells_what_a_run_does_and_a_second_run_does_nothing() {
    let world = torch_world();
    let pristine = fs::read(world.target()).unwrap();
    let present = gloo(&world, &json!({}));
    let absent = gloo(&world, &json!({"state": "absent"}));
    assert_eq!(task(&world, present.clone(), true)["changed"], true);
    assert_eq!(fs::read(world.target()).unwrap(), pristine);
    assert!(!world.has_store());
    assert_eq!(changes(&world, &present), [true, true, false]);
    assert_ne!(fs::read(world.target()).unwrap(), pristine);
    assert_eq!(changes(&world, &absent), [true, true, false]);
    assert_eq!(fs::read(world.target()).unwrap(), pristine);
    assert!(!world.has_store());
}

#[test]
fn the_lines_are_shown_both_ways() {
    let world = torch_world();
    let present = gloo(&world, &json!({}));
    let shown = |answer: &Value| answer["diff"][0]["prepared"].as_str().unwrap().to_owned();
    let planned = shown(&task(&world, present.clone(), true));
    assert_eq!(shown(&task(&world, present.clone(), false)), planned);
    let path = world.target().display().to_string();
    assert!(
        planned.starts_with(&format!("{path}\n--- a/torch/")),
        "{planned}"
    );
    assert!(
        planned.contains("+        backend = Backend.GLOO"),
        "{planned}"
    );
    assert_eq!(task(&world, present, false)["diff"], Value::Null);
    let absent = gloo(&world, &json!({"state": "absent"}));
    let planned = shown(&task(&world, absent.clone(), true));
    assert!(
        planned.contains("-        backend = Backend.GLOO"),
        "{planned}"
    );
    let answer = task(&world, absent, false);
    assert_eq!(shown(&answer), planned);
    let file = &answer["environments"][0]["results"][0]["files"][0];
    assert_eq!(file["diff"], Value::Null, "{answer}");
}

#[test]
fn another_owner_is_a_change_of_the_record_alone() {
    let world = torch_world();
    assert_eq!(
        changes(&world, &gloo(&world, &json!({}))),
        [true, true, false]
    );
    let web = gloo(&world, &json!({"owner": "web"}));
    let before = fs::read(world.target()).unwrap();
    assert_eq!(changes(&world, &web), [true, true, false]);
    let gone = gloo(&world, &json!({"owner": "web", "state": "absent"}));
    assert_eq!(changes(&world, &gone), [true, true, false]);
    assert_eq!(fs::read(world.target()).unwrap(), before);
    let last = gloo(&world, &json!({"owner": "user", "state": "absent"}));
    assert_eq!(changes(&world, &last), [true, true, false]);
    assert!(!world.has_store());
}

#[test]
fn a_failure_says_where_and_what_to_do() {
    let world = torch_world();
    fs::write(world.target(), "somebody else's\n").unwrap();
    let answer = task(&world, gloo(&world, &json!({})), false);
    assert_eq!(
        (&answer["failed"], &answer["changed"]),
        (&true.into(), &false.into())
    );
    assert_eq!(answer["code"], "environments-failed");
    let message = answer["msg"].as_str().unwrap();
    let venv = world.venv().display().to_string();
    assert!(message.starts_with(&venv), "{message}");
    assert!(message.contains("changed by someone else"), "{message}");
    assert!(message.contains("(reinstall the distribution"), "{message}");
    assert!(message.contains("`drifted: merge`"), "{message}");
    assert_eq!(answer["environments"][0]["error"]["code"], "drifted");
    let mistake = task(&world, gloo(&world, &json!({"stat": "absent"})), false);
    assert_eq!(mistake["code"], "usage");
    assert_eq!(mistake["invocation"]["module_args"]["stat"], "absent");
}

#[test]
fn a_file_that_is_not_from_ansible_is_a_word_of_the_command_line() {
    let world = torch_world();
    let file = world.folder().join("args");
    for text in ["{\"patches\": [\"gloo-always\"]}", "no JSON", "[]"] {
        fs::write(&file, text).unwrap();
        let called = call(bare_command(&world).arg(&file));
        assert_eq!((called.code, called.stdout.as_str()), (2, ""), "{text}");
    }
}
