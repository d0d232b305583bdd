//! Apply and undo: every byte, name and time is the same afterwards.

use std::fs;

use baton_plugin_sdk::{Error, OutcomeKind};
use music_files::organise;
use serde_json::json;

use crate::folders::{TestFolders, id, write};

fn filled() -> TestFolders {
    let folders = TestFolders::new();
    folders.track("a", "Moderat", "A New Error");
    folders.playlist("P", &["a"]);
    for path in ["a.mp3", "deep/er/b.mp3", "deep/er/c.flac", "deep/cover.jpg", "Moderat - A New Error.ogg"] {
        folders.file(path, path);
    }
    folders.link("a.mp3", "a");
    folders
}

#[test]
fn a_plan_is_applied_and_undone_and_the_next_is_the_same() {
    let folders = filled();
    let before = folders.tree();
    let plan = folders.plan_json(&json!({}));
    let outcome = folders.apply(&id(&plan)).unwrap();
    assert!(outcome.summary.contains("4 of 4 steps done, 0 not possible"), "{}", outcome.summary);
    assert_eq!(
        folders.organised_paths(),
        ["P/Moderat - A New Error.mp3", "P/Moderat - A New Error.ogg", "Unassigned/b.mp3", "Unassigned/c.flac"]
    );
    assert!(!folders.music.join("deep/er").exists(), "the plan emptied it");
    assert!(folders.music.join("deep/cover.jpg").exists());
    folders.undo(&id(&plan)).unwrap();
    assert_eq!(folders.tree(), before);
    let again = folders.plan_json(&json!({}));
    assert_eq!((&again["steps"], &again["digest"]), (&plan["steps"], &plan["digest"]));
    assert_ne!(again["plan"], plan["plan"], "the old plan keeps its completed steps");
    folders.apply(&id(&again)).unwrap();
    folders.undo(&id(&again)).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn the_undo_list_has_the_old_and_new_path_of_every_file() {
    let folders = filled();
    let plan = folders.plan_json(&json!({ "plan_name": "mine" }));
    let outcome = folders.apply("mine").unwrap();
    let [list] = outcome.artifacts.as_slice() else { panic!("{:?}", outcome.artifacts) };
    assert_eq!(list.name, format!("organise_{}_undo.csv", id(&plan)));
    let text = String::from_utf8(list.bytes.clone()).unwrap();
    let (was, is) = (folders.music.join("a.mp3"), folders.organised.join("P/Moderat - A New Error.mp3"));
    assert!(text.contains(&format!("move,done,{},{},5,2023-11-14T", was.display(), is.display())), "{text}");
}

#[test]
fn an_argument_that_an_action_does_not_have_moves_nothing() {
    let folders = filled();
    let plan = id(&folders.plan_json(&json!({})));
    let before = folders.tree();
    for (args, word) in [
        (json!({ "plan": plan, "max_age": 300 }), "max_age"),
        (json!({ "plan": plan, "max_age_h": 0 }), "nonzero"),
        (json!({ "plan": plan, "max_age_h": "300" }), "300"),
        (json!({}), "plan"),
    ] {
        let applied = organise::apply(&folders.task(&args), &folders.catalog, &folders.own, &folders.locks);
        let Err(Error::Permanent(text)) = applied else { panic!("{args}") };
        assert!(text.contains(word), "{text}");
    }
    let undone = organise::undo(
        &folders.task(&json!({ "plan": plan, "max_age_h": 3 })),
        &folders.catalog,
        &folders.own,
        &folders.locks,
    );
    assert!(matches!(undone, Err(Error::Permanent(text)) if text.contains("max_age_h")));
    assert_eq!(folders.tree(), before);
}

#[test]
fn a_plan_is_applied_once_and_before_it_expires() {
    let folders = filled();
    let plan = id(&folders.plan_json(&json!({})));
    let mut late = folders.task(&json!({ "plan": plan }));
    late.now = "2026-01-26T10:15:00Z".to_owned();
    let refused = |task| organise::apply(&task, &folders.catalog, &folders.own, &folders.locks);
    let Err(Error::Permanent(text)) = refused(late.clone()) else { panic!("it is too old") };
    assert!(text.contains("192 hours old") && text.contains("max_age_h"), "{text}");
    let Err(Error::Permanent(text)) = folders.apply("nothing") else { panic!("there is no such plan") };
    assert!(text.contains(&format!("{plan} (made)")), "{text}");
    let undone = folders.undo(&plan).unwrap();
    assert_eq!(undone.kind, OutcomeKind::Refused);
    assert!(undone.summary.contains("nothing to undo: the plan"), "{}", undone.summary);
    late.args = json!({ "plan": plan, "max_age_h": 300 }).to_string();
    let done = refused(late.clone()).unwrap();
    assert_eq!(refused(late.clone()).unwrap(), done, "the same task reports it again");
    late.id = "t2".to_owned();
    let Err(Error::Permanent(text)) = refused(late) else { panic!("it was applied") };
    assert!(text.contains("was already applied"), "{text}");
    folders.undo(&plan).unwrap();
    let Err(Error::Permanent(text)) = folders.apply(&plan) else { panic!("it was undone") };
    assert!(text.contains("was undone"), "{text}");
}

#[test]
fn one_task_at_a_time_moves_files() {
    use baton_plugin_kit::host::Locks as _;
    let folders = filled();
    let plan = id(&folders.plan_json(&json!({})));
    let held = folders.locks.take("organise").unwrap().unwrap();
    assert!(matches!(folders.apply(&plan), Err(Error::Retryable(_))));
    assert!(matches!(folders.undo(&plan), Err(Error::Retryable(_))));
    let plan_json = organise::plan(&folders.task(&json!({})), &folders.catalog, &folders.own, &folders.locks);
    assert!(matches!(plan_json, Err(Error::Retryable(_))), "no plan is stored while another is applied");
    drop(held);
    folders.apply(&plan).unwrap();
}

#[test]
fn files_changed_since_the_plan_are_kept_and_nothing_is_overwritten() {
    let folders = TestFolders::new();
    for name in ["changed", "gone", "pipe", "folder", "link", "taken", "good", "wall"] {
        folders.file(&format!("{name}.mp3"), name);
    }
    let plan = id(&folders.plan_json(&json!({ "rules": [
        { "when": { "path": "wall.mp3" }, "to": "wall/{name}.{ext}" }, { "to": "x/{name}.{ext}" }
    ] })));
    let at = |name: &str| folders.music.join(format!("{name}.mp3"));
    fs::write(at("changed"), "CHANGED").unwrap();
    for name in ["gone", "pipe", "folder", "link"] {
        fs::remove_file(at(name)).unwrap();
    }
    fs::create_dir(at("folder")).unwrap();
    #[cfg(unix)]
    {
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        std::os::unix::fs::symlink("good.mp3", at("link")).unwrap();
    }
    write(&folders.organised.join("x/taken.mp3"), "somebody's");
    write(&folders.organised.join("wall"), "a file where a folder would be");
    let outcome = folders.apply(&plan).unwrap();
    assert!(outcome.summary.contains("1 of 8 steps done, 7 not possible"), "{}", outcome.summary);
    let told: Vec<_> = outcome.findings.iter().map(|finding| finding.title.clone()).collect();
    for (name, why) in [
        ("changed", "the file was changed after the plan was made"),
        ("gone", "the file is missing"),
        ("folder", "no longer a regular file"),
        ("pipe", "no longer a regular file"),
        ("link", "no longer a regular file"),
        ("taken", "a file exists at its target"),
        ("wall", "wall is not a folder"),
    ] {
        assert!(
            told.iter().any(|told| told.contains(&format!("/{name}.mp3")) && told.contains(why)),
            "{name}: {told:#?}"
        );
    }
    assert_eq!(fs::read_to_string(at("changed")).unwrap(), "CHANGED");
    assert_eq!(fs::read_to_string(folders.organised.join("x/taken.mp3")).unwrap(), "somebody's");
    let after = folders.tree();
    folders.undo(&plan).unwrap();
    assert!(folders.music.join("good.mp3").exists());
    assert_eq!(folders.tree().len(), after.len(), "the folder x has another file and stays");
}

#[test]
fn undo_keeps_files_changed_since_and_overwrites_nothing() {
    let folders = TestFolders::new();
    for name in ["edited", "back", "good"] {
        folders.file(&format!("in/{name}.mp3"), name);
    }
    let plan = id(&folders.plan_json(&json!({})));
    folders.apply(&plan).unwrap();
    assert!(!folders.music.join("in").exists());
    fs::write(folders.organised.join("Unassigned/edited.mp3"), "with other tags").unwrap();
    write(&folders.music.join("in/back.mp3"), "somebody's");
    let outcome = folders.undo(&plan).unwrap();
    assert!(outcome.summary.contains("1 steps undone, 2 could not be undone"), "{}", outcome.summary);
    assert_eq!(outcome.findings.len(), 2);
    assert_eq!(fs::read_to_string(folders.music.join("in/back.mp3")).unwrap(), "somebody's");
    assert_eq!(folders.organised_paths(), ["Unassigned/back.mp3", "Unassigned/edited.mp3"]);
    assert_eq!(fs::read_to_string(folders.music.join("in/good.mp3")).unwrap(), "good");
}
