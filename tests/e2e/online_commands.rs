//! The plugins for online accounts work from the command line as they do from handoffs.

use baton_tests::Workspace;
use baton_tests::notion_server::{NotionServer, rich, uuid};
use baton_tests::spotify_server::track;
use serde_json::json;

use crate::spotify_account::{self, tracks};
use crate::{notion, notion_publish, spotify_changes};

/// Runs an action with `baton run`, and returns what it prints.
#[track_caller]
fn run(workspace: &Workspace, words: &[&str]) -> String {
    let ended = workspace.baton(&[&["run"], words].concat()).ended(0);
    ended.stdout + &ended.stderr
}

/// The argument `plan` for the plan that an action printed.
#[track_caller]
fn plan_of(printed: &str) -> String {
    let rest = printed.split("The plan is ").nth(1).unwrap_or_else(|| panic!("no plan: {printed}"));
    format!("plan={}", rest.split(':').next().unwrap())
}

#[test]
fn a_database_of_notion_is_pulled_edited_applied_and_undone() {
    let server = NotionServer::start();
    let [database, source] = server.add(1, "Tracks", &[["title", "Name", "title"], ["note", "Note", "rich_text"]]);
    server.add_row(&source, 1, 0, [("title".to_owned(), rich("title", "Glow"))].into_iter().collect());
    let place = notion::NotionWorkspace::writable(&server);
    let workspace = &place.workspace;
    assert!(run(workspace, &["notion", "pull", "--arg", &format!("databases={database}")]).contains("1 row"));
    place.edit("Glow,", "Glow,From a file");
    let plan = plan_of(&run(workspace, &["notion", "push"]));
    assert_eq!(server.writes(), 0, "a plan changes nothing");
    run(workspace, &["notion", "apply", "--arg", &plan]);
    let note = || server.value(&uuid(1), "note")["rich_text"][0]["plain_text"].clone();
    assert_eq!((note(), server.writes()), (json!("From a file"), 1));
    run(workspace, &["notion", "undo", "--arg", &plan]);
    assert_eq!((note(), server.writes()), (json!(null), 2));
    place.assert_clean(&server);
}

#[test]
fn a_spotify_account_is_read_and_the_played_track_is_shown() {
    let place = spotify_account::SpotifyWorkspace::new();
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

#[test]
fn an_audit_is_published_at_notion_and_taken_back() {
    let server = NotionServer::start();
    let [database, source] = server.add(1, "Audits", &notion_publish::PROPERTIES);
    let place = notion_publish::publisher(&server);
    notion_publish::audit(&place, 15, &[notion_publish::gap("x.py", "no such file")]);
    let words = ["notion", "publish", "--arg", &format!("database={database}"), "--arg", "source=studio"];
    let plan = plan_of(&run(&place.workspace, &words));
    assert_eq!(server.writes(), 0, "a plan changes nothing");
    run(&place.workspace, &["notion", "apply", "--arg", &plan]);
    assert_eq!(server.rows(&source).len(), 2, "the audit and its finding");
    let writes = server.writes();
    assert!(run(&place.workspace, &words).contains("There is nothing to publish"));
    assert_eq!(server.writes(), writes);
    place.assert_clean(&server);
}

#[test]
fn an_account_of_spotify_is_edited_and_filled_from_an_export() {
    let place = spotify_changes::writable();
    let workspace = &place.workspace;
    place.spotify.add(1, "Evening", tracks(1..9));
    let before = place.spotify.uris("Evening");
    let added = spotify_changes::uris(20..22);
    let plan = plan_of(&run(
        workspace,
        &[
            "spotify",
            "edit",
            "--arg",
            "playlist=Evening",
            "--arg",
            &format!("add={}", added[0]),
            "--arg",
            &format!("add={}", added[1]),
        ],
    ));
    assert_eq!(place.spotify.writes(), 0, "a plan changes nothing");
    run(workspace, &["spotify", "apply", "--arg", &plan]);
    assert_eq!(place.spotify.uris("Evening"), [before.clone(), added].concat());
    run(workspace, &["spotify", "undo", "--arg", &plan]);
    assert_eq!(place.spotify.uris("Evening"), before);

    spotify_changes::export(&place, &[("Charts", &spotify_changes::rows(30..35))]);
    let plan = plan_of(&run(workspace, &["spotify", "plan", "--arg", "from=Charts.csv"]));
    assert_eq!(place.spotify.names(), ["Evening"], "a plan changes nothing");
    run(workspace, &["spotify", "apply", "--arg", &plan]);
    assert_eq!(place.spotify.uris("Charts"), spotify_changes::uris(30..35));
    place.assert_clean();
}
