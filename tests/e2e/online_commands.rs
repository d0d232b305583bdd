//! The plugins for online accounts work from the command line as from handoffs.

use baton_tests::Workspace;
use baton_tests::notion_server::{NotionServer, rich, uuid};
use baton_tests::spotify_server::track;
use serde_json::json;

use crate::notion;
use crate::spotify_account::{self, tracks};

/// Runs an action with `baton run`, and returns what it prints.
#[track_caller]
fn run(workspace: &Workspace, words: &[&str]) -> String {
    let ended = workspace.baton(&[&["run"], words].concat()).ended(0);
    ended.stdout + &ended.stderr
}

#[test]
fn a_database_of_notion_is_pulled_edited_applied_and_undone() {
    let server = NotionServer::start();
    let [database, source] = server.add(1, "Tracks", &[["title", "Name", "title"], ["note", "Note", "rich_text"]]);
    server.add_row(&source, 1, 0, [("title".to_owned(), rich("title", "Glow"))].into_iter().collect());
    let place = notion::Place::writable(&server);
    let workspace = &place.workspace;
    assert!(run(workspace, &["notion", "pull", "--arg", &format!("databases={database}")]).contains("1 row"));
    place.edit("Glow,", "Glow,From a file");
    let planned = run(workspace, &["notion", "push"]);
    let plan = planned.split("The plan is ").nth(1).unwrap().split(':').next().unwrap();
    assert_eq!(server.writes(), 0, "a plan changes nothing");
    let plan = format!("plan={plan}");
    run(workspace, &["notion", "apply", "--arg", &plan]);
    let note = || server.value(&uuid(1), "note")["rich_text"][0]["plain_text"].clone();
    assert_eq!((note(), server.writes()), (json!("From a file"), 1));
    run(workspace, &["notion", "undo", "--arg", &plan]);
    assert_eq!((note(), server.writes()), (json!(null), 2));
    place.assert_clean(&server);
}

#[test]
fn an_account_of_spotify_is_read_and_what_is_played_is_shown() {
    let place = spotify_account::Place::new();
    let workspace = &place.workspace;
    place.spotify.add(1, "Evening", tracks(1..60));
    assert!(run(workspace, &["spotify", "pull", "--arg", "liked=false"]).contains("1 list was read"));
    let before = place.spotify.paths().len();
    assert!(run(workspace, &["spotify", "pull", "--arg", "liked=false"]).contains("1 unchanged"));
    assert!(place.since(before).iter().all(|path| !path.contains("/items")), "{:?}", place.since(before));
    place.spotify.set_playing(Some(track(7)));
    assert!(run(workspace, &["spotify", "now-playing"]).contains("Spotify plays Ida Lund - Line 7"));
    place
        .spotify
        .set_recent(vec![json!({ "track": track(9), "played_at": "2026-01-18T10:15:00.000Z", "context": null })]);
    assert!(run(workspace, &["spotify", "recent"]).contains("1 last play"));
    place.assert_clean();
}
