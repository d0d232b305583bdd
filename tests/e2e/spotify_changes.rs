//! The spotify plugin changes an account: a plan, `apply` and `undo`, with the shipped component in the real sandbox
//! against the stateful Spotify on loopback. Each fault comes before and after the effect of a request; no item may be
//! duplicated or lost.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use baton_tests::oauth_server::OAuthServer;
use baton_tests::spotify_server::{Fault, SpotifyServer, episode, item, local, track, uri_of};
use baton_tests::{Output, Task, or_skip};
use serde_json::{Value, json};

use crate::accounts;
use crate::spotify_account::{PrefixProxy, Prism, SpotifyWorkspace, tracks};

/// The grants for changes.
const WRITE: [&str; 6] = [
    "http=POST:{api}/v1/me/playlists",
    "http=POST:{api}/v1/playlists/*",
    "http=PUT:{api}/v1/playlists/*",
    "http=DELETE:{api}/v1/playlists/*",
    "http=DELETE:{api}/v1/me/library",
    "locks",
];

fn grant(place: &SpotifyWorkspace) {
    let words = [&["plugin", "grant", "spotify"][..], &WRITE].concat();
    place.workspace.baton(&words).ended(0);
}

/// A workspace whose account may be changed.
pub(crate) fn writable() -> SpotifyWorkspace {
    let place = SpotifyWorkspace::new();
    grant(&place);
    accounts::add_with(&place.workspace, &["spotify", "--write"]).ended(0);
    place
}

fn uri(number: usize) -> String {
    format!("spotify:track:track{number:017}")
}

pub(crate) fn uris(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(uri).collect()
}

/// The rows of an export.
pub(crate) fn rows(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| format!("{},Line {number},Ida Lund\n", uri(number))).collect()
}

/// Writes exports with these names and rows, and grants their folder.
pub(crate) fn export(place: &SpotifyWorkspace, lists: &[(&str, &str)]) {
    let exports = place.workspace.outside().join("exports");
    std::fs::create_dir_all(&exports).unwrap();
    for (name, rows) in lists {
        let text = format!("Track URI,Track Name,Artist Name(s)\n{rows}");
        std::fs::write(exports.join(format!("{name}.csv")), text).unwrap();
    }
    let folder = format!("files:ro=spotify={}", exports.display());
    place.workspace.baton(&["plugin", "grant", "spotify", folder.as_str()]).ended(0);
}

/// The id of the plan that a task made.
#[track_caller]
fn plan_of(task: &Task) -> String {
    let rest = task.reason.split("The plan is ").nth(1).unwrap_or_else(|| panic!("no plan: {}", task.reason));
    rest.split(':').next().unwrap().to_owned()
}

#[track_caller]
fn planned(place: &SpotifyWorkspace, action: &str, args: &Value) -> String {
    plan_of(&place.done(action, args))
}

#[track_caller]
fn apply(place: &SpotifyWorkspace, plan: &str) -> Task {
    let task = place.done("apply", &json!({ "plan": plan }));
    assert_eq!(task.outcome.as_deref(), Some("done"), "{}", task.reason);
    task
}

#[track_caller]
fn undo(place: &SpotifyWorkspace, plan: &str) -> Task {
    let task = place.done("undo", &json!({ "plan": plan }));
    assert_eq!(task.outcome.as_deref(), Some("done"), "{}", task.reason);
    task
}

fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// Items of every kind: 150 tracks, a repeated one, one that is not available, a local file, an episode.
fn mixed() -> Vec<Value> {
    [tracks(0..150), vec![item(track(7)), item(Value::Null), item(local(1)), item(episode(3))]].concat()
}

/// A plan with every kind of request: it removes, moves, and adds more than one batch.
fn large_edit() -> Value {
    json!({ "playlist": "Evening", "remove": uris(0..3), "moves": [{ "from": 1, "to": 50, "count": 2 }, { "from": 100, "to": 2 }],
        "add": uris(1_000..1_120), "at": 10 })
}

/// The list after the plan of [`large_edit`].
fn edited(before: &[String]) -> Vec<String> {
    let mut list: Vec<String> = before.iter().filter(|uri| !uris(0..3).contains(uri)).cloned().collect();
    let pair: Vec<String> = list.drain(0..2).collect();
    list.splice(49..49, pair);
    let one = list.remove(99);
    list.insert(1, one);
    list.splice(9..9, uris(1_000..1_120));
    list
}

#[test]
fn a_plan_changes_nothing_apply_changes_once_and_undo_restores_the_items() {
    let place = writable();
    place.spotify.add(1, "Evening", mixed());
    let before = place.spotify.uris("Evening");
    let plan = planned(&place, "edit", &large_edit());
    assert_eq!((place.spotify.uris("Evening"), place.spotify.writes()), (before.clone(), 0), "a plan is not a change");
    assert!(place.workspace.read(&format!("reports/account_{plan}.md")).contains("| Evening | 154 | 271 | 3 | 120 |"));
    assert_eq!(planned(&place, "edit", &large_edit()), plan, "the same plan has the same id");

    apply(&place, &plan);
    assert_eq!(place.spotify.uris("Evening"), edited(&before));
    let writes = place.spotify.writes();
    assert!((4..=7).contains(&writes), "{writes} requests");
    let again = place.ask("apply", &json!({ "plan": plan }));
    assert!(again.state == "failed" && again.reason.contains("already applied"), "{}", again.reason);

    undo(&place, &plan);
    assert_eq!(place.spotify.uris("Evening"), before);
    let writes = place.spotify.writes();
    undo(&place, &plan);
    assert_eq!(place.spotify.writes(), writes, "a second undo changes nothing");
    place.assert_clean();
}

#[test]
fn exports_and_merged_lists_become_playlists_of_the_account() {
    let place = writable();
    place.spotify.add(1, "Evening", [tracks(0..60), tracks(5..7)].concat());
    place.spotify.add(2, "Morning", [vec![item(local(4))], tracks(50..55), vec![item(Value::Null)]].concat());
    place.spotify.add_of(3, "Charts", "somebody", false, tracks(0..5));
    export(&place, &[("Charts", &rows(0..230))]);
    place.done("pull", &json!({ "liked": false }));

    // A playlist of another owner with this name is not changed; the account gets a separate one.
    let export = planned(&place, "plan", &json!({ "from": ["Charts.csv"] }));
    apply(&place, &export);
    assert_eq!(place.spotify.names(), ["Evening", "Morning", "Charts", "Charts"]);
    place.done("pull", &json!({ "liked": false }));

    let merged = planned(
        &place,
        "merge",
        &json!({ "from": ["account"], "playlists": ["Evening", "Morning"], "name": "Both", "plan": true }),
    );
    apply(&place, &merged);
    assert_eq!(place.spotify.uris("Both"), uris(0..60), "the first of equal items, and nothing that cannot be added");

    let deduped = planned(&place, "dedupe", &json!({ "plan": true }));
    apply(&place, &deduped);
    assert_eq!(place.spotify.uris("Evening"), uris(0..60));

    place.spotify.change("created000000000000903", |items| items.truncate(100));
    place.done("pull", &json!({ "liked": false }));
    let like = json!({ "from": "account", "to": "Charts.csv", "playlists": ["Charts"], "plan": true });
    let like = apply(&place, &planned(&place, "diff", &like));
    assert!(like.reason.contains("1 playlist is of 1 as planned"), "{}", like.reason);

    let renamed = planned(&place, "plan", &json!({ "from": ["Charts.csv"], "name": "Morning" }));
    apply(&place, &renamed);
    let kept =
        [uris(0..230), vec!["spotify:local:Ida+Lund:Fahrplan:Demo+4:180".to_owned(), "null".to_owned()]].concat();
    assert_eq!(place.spotify.uris("Morning"), kept, "an entry that cannot be removed stays");

    for plan in [&renamed, &deduped, &merged, &export] {
        undo(&place, plan);
    }
    assert_eq!(place.spotify.names(), ["Evening", "Morning", "Charts"]);
    assert_eq!(place.spotify.uris("Evening"), [uris(0..60), uris(5..7)].concat());
    place.assert_clean();
}

#[test]
fn nothing_is_changed_without_the_grant_and_without_the_consent() {
    let place = SpotifyWorkspace::new();
    place.spotify.add(1, "Evening", tracks(0..5));
    let plan = planned(&place, "edit", &json!({ "playlist": "Evening", "remove": [uri(1)] }));
    place.drop("Not granted", "apply", &json!({ "plan": plan }));
    place.up_once();
    let task = place.workspace.task("Not granted");
    assert!(task.state == "needs_grant" && task.reason.contains("baton plugin grant spotify"), "{}", task.reason);
    grant(&place);
    place.up_once();
    let task = place.workspace.task("Not granted");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add spotify --write`"), "{}", task.reason);
    assert_eq!(place.spotify.uris("Evening"), uris(0..5));
    accounts::add_with(&place.workspace, &["spotify", "--write"]).ended(0);
    place.up_once();
    assert_eq!(
        place.workspace.task("Not granted").state,
        "succeeded",
        "{}",
        place.workspace.task("Not granted").reason
    );
    assert_eq!(place.spotify.uris("Evening"), uris([0, 2, 3, 4]));
    place.assert_clean();
}

#[test]
fn playlists_of_others_and_other_snapshots_are_refused() {
    let place = writable();
    let id = place.spotify.add(1, "Evening", tracks(0..5));
    place.spotify.add_of(2, "Charts", "somebody", false, tracks(0..5));
    let others = place.ask("edit", &json!({ "playlist": "Charts", "remove": [uri(1)] }));
    assert!(others.state == "failed" && others.reason.contains("belongs to somebody"), "{}", others.reason);

    let plan = planned(&place, "edit", &json!({ "playlist": "Evening", "remove": [uri(1)] }));
    place.spotify.change(&id, |items| items.push(item(track(9))));
    let stale = place.ask("apply", &json!({ "plan": plan }));
    assert_eq!(stale.outcome.as_deref(), Some("refused"), "{}", stale.reason);
    assert!(stale.reason.contains("changed after the plan was made"), "{}", stale.reason);
    assert_eq!((place.spotify.uris("Evening"), place.spotify.writes()), (uris([0, 1, 2, 3, 4, 9]), 0));

    // Another snapshot with the same items does not prevent `apply`.
    let plan = planned(&place, "edit", &json!({ "playlist": "Evening", "remove": [uri(1)] }));
    place.spotify.change(&id, |_| {});
    apply(&place, &plan);
    assert_eq!(place.spotify.uris("Evening"), uris([0, 2, 3, 4, 9]));
    // A playlist that was changed afterwards is not undone.
    place.spotify.change(&id, |items| items.truncate(2));
    let kept = place.ask("undo", &json!({ "plan": plan }));
    assert_eq!(kept.outcome.as_deref(), Some("refused"), "{}", kept.reason);
    assert_eq!(place.spotify.uris("Evening"), uris([0, 2]));
    place.assert_clean();
}

#[test]
fn changes_of_others_after_the_plan_are_kept_also_by_a_second_undo() {
    let place = writable();
    let evening = place.spotify.add(1, "Evening", tracks(0..3));
    let new = planned(&place, "edit", &json!({ "playlist": "New", "create": true, "add": uris(0..250) }));
    let more = planned(&place, "edit", &json!({ "playlist": "Evening", "add": uris(100..350) }));
    for plan in [&new, &more] {
        apply(&place, plan);
    }
    place.spotify.change("created000000000000901", |items| items.swap(0, 1));
    // Somebody removes the last items, so that the playlist is as it was after the first request of the plan.
    place.spotify.change(&evening, |items| items.truncate(103));
    let lists = || [place.spotify.uris("New"), place.spotify.uris("Evening")];
    let changed = lists();
    assert_eq!((changed[0].len(), changed[1].len()), (250, 103));
    for round in 1..=3 {
        for plan in [&new, &more] {
            let kept = place.ask("undo", &json!({ "plan": plan }));
            assert_eq!(kept.outcome.as_deref(), Some("refused"), "{}", kept.reason);
            assert!(lists() == changed, "undo {round} changes nothing");
        }
    }
    place.assert_clean();
}

#[test]
fn a_refused_track_does_not_end_the_plan_and_undo_restores_the_playlist() {
    let place = writable();
    place.spotify.add(1, "Evening", tracks(0..20));
    place.spotify.add(2, "Morning", tracks(0..20));
    let before = place.spotify.uris("Evening");
    export(&place, &[("Evening", &rows(10..30)), ("Morning", &rows(40..50))]);
    let plan = planned(&place, "plan", &json!({ "from": ["Evening.csv", "Morning.csv"] }));
    place.spotify.delete_track(&uri(25));
    let task = place.ask("apply", &json!({ "plan": plan }));
    assert_eq!(task.outcome.as_deref(), Some("partial"), "{}", task.reason);
    for part in ["1 playlist is of 2 as planned", "Evening: Spotify answers 400", "baton run spotify undo"] {
        assert!(task.reason.contains(part), "{part}: {}", task.reason);
    }
    assert_eq!((place.spotify.uris("Evening"), place.spotify.uris("Morning")), (uris(10..20), uris(40..50)));
    undo(&place, &plan);
    assert_eq!((place.spotify.uris("Evening"), place.spotify.uris("Morning")), (before.clone(), before));
    place.assert_clean();
}

#[test]
fn a_playlist_that_cannot_be_read_after_its_change_can_be_undone() {
    let place = writable();
    place.spotify.add(1, "Evening", tracks(0..5));
    let plan = planned(&place, "edit", &json!({ "playlist": "Evening", "remove": [uri(1)] }));
    place.spotify.order("/items?", Fault::Status("403 Forbidden"));
    let task = place.ask("apply", &json!({ "plan": plan }));
    assert_eq!(task.outcome.as_deref(), Some("refused"), "{}", task.reason);
    assert_eq!(place.spotify.uris("Evening"), uris([0, 2, 3, 4]));
    undo(&place, &plan);
    assert_eq!(place.spotify.uris("Evening"), uris(0..5));
    place.assert_clean();
}

#[test]
fn an_incomplete_export_removes_nothing_from_the_account() {
    let place = writable();
    place.spotify.add(1, "Charts", tracks(0..200));
    let cut = format!("{}{},\"Line 80,Ida Lund\n{}", rows(0..80), uri(80), rows(81..200));
    export(&place, &[("Charts", &cut), ("Whole", &rows(0..3))]);
    place.ask("import", &json!({}));
    for (from, to) in [("Charts.csv", "Charts"), ("catalog", "Charts")] {
        let task = place.ask("plan", &json!({ "from": [from], "playlists": [to] }));
        assert_eq!(task.outcome.as_deref(), Some("partial"), "{}", task.reason);
        assert!(
            task.reason.contains("the export is incomplete") && !task.reason.contains("The plan is"),
            "{}",
            task.reason
        );
    }
    let merged = json!({ "from": ["Whole.csv", "Charts.csv"], "name": "Charts", "plan": true });
    let merged = place.ask("merge", &merged);
    assert!(!merged.reason.contains("The plan is"), "{}", merged.reason);
    // The incomplete export affects only its own playlist: the others are planned, including one that the account does not have.
    let plan = place.ask("plan", &json!({ "from": ["."] }));
    assert!(plan.reason.contains("1 playlist is not in the plan"), "{}", plan.reason);
    apply(&place, &plan_of(&plan));
    assert_eq!((place.spotify.uris("Charts"), place.spotify.uris("Whole")), (uris(0..200), uris(0..3)));
    place.assert_clean();
}

#[test]
fn a_change_before_the_consent_is_not_a_part_of_the_plan() {
    let place = SpotifyWorkspace::new();
    grant(&place);
    let id = place.spotify.add(1, "Evening", tracks(0..5));
    let plan = planned(&place, "edit", &json!({ "playlist": "Evening", "remove": [uri(1)] }));
    place.drop("Apply", "apply", &json!({ "plan": plan }));
    place.up_once();
    assert_eq!(place.workspace.task("Apply").state, "needs_grant", "{}", place.workspace.task("Apply").reason);
    place.spotify.change(&id, |items| items.push(item(track(9))));
    accounts::add_with(&place.workspace, &["spotify", "--write"]).ended(0);
    place.up_once();
    let task = place.workspace.task("Apply");
    assert_eq!(task.outcome.as_deref(), Some("refused"), "{}", task.reason);
    assert_eq!(place.spotify.uris("Evening"), uris([0, 1, 2, 3, 4, 9]));
    place.assert_clean();
}

#[test]
fn liked_songs_are_planned_only_by_name() {
    let place = writable();
    export(&place, &[("Liked_Songs", &rows(0..3)), ("Evening", &rows(0..2))]);
    let plan = place.done("plan", &json!({ "from": ["."] }));
    assert!(plan.reason.contains("0 playlists to change, 1 to create"), "{}", plan.reason);
    let named = place.done("plan", &json!({ "from": ["."], "playlists": ["liked songs"] }));
    assert!(named.reason.contains("0 playlists to change, 1 to create: 3 items"), "{}", named.reason);
    place.assert_clean();
}

#[test]
fn a_name_that_several_playlists_have_is_not_created_once_more() {
    let place = writable();
    place.spotify.add(1, "Evening", tracks(0..5));
    place.spotify.add(2, "Evening", tracks(0..5));
    place.spotify.add_of(3, "Charts", "somebody", false, tracks(0..5));
    let several = place.ask("edit", &json!({ "playlist": "Evening", "create": true, "add": [uri(1)] }));
    assert!(several.state == "failed" && several.reason.contains("use an id"), "{}", several.reason);
    place.done("edit", &json!({ "playlist": "Charts", "create": true, "add": [uri(1)] }));
    place.assert_clean();
}

#[test]
fn a_change_of_others_during_a_plan_is_kept_by_apply_and_undo() {
    let place = writable();
    let id = place.spotify.add(1, "Evening", mixed());
    let before = place.spotify.uris("Evening");
    let plan = planned(&place, "edit", &large_edit());
    place.spotify.order("PUT ", Fault::ChangedBy(id, 77_777));
    let task = apply(&place, &plan);
    let after = place.spotify.uris("Evening");
    let expected = |list: &[String]| {
        // The other person removed the first item of that moment. It is not the first item of `before`, because the plan had
        // moved another item there.
        let gone = list.iter().find(|uri| !after.contains(uri)).unwrap();
        let mut kept: Vec<String> = list.iter().filter(|uri| *uri != gone).cloned().collect();
        kept.push(uri(77_777));
        kept
    };
    assert_eq!(after, expected(&edited(&before)), "{}", task.reason);
    undo(&place, &plan);
    let back = place.spotify.uris("Evening");
    assert!(back.contains(&uri(77_777)) && before.iter().filter(|uri| !back.contains(uri)).count() == 1, "{back:?}");
    place.assert_clean();
}

/// The faults that each request can have.
fn faults() -> [Fault; 10] {
    [
        Fault::Status("500 Internal Server Error"),
        Fault::Failed("502 Bad Gateway"),
        Fault::Busy(1),
        Fault::Cut(5),
        Fault::Lost,
        Fault::Dropped,
        Fault::Late(Duration::from_secs(1)),
        Fault::Twice,
        Fault::Delayed(2),
        Fault::Delayed(5),
    ]
}

#[test]
fn each_change_may_fail_before_and_after_its_effect() {
    let place = writable();
    place.spotify.add(1, "Evening", mixed());
    let before = place.spotify.uris("Evening");
    for fault in faults() {
        let order = || ["DELETE ", "PUT ", "POST "].map(|method| place.spotify.order(method, fault.clone()));
        let plan = planned(&place, "edit", &large_edit());
        order();
        apply(&place, &plan);
        assert_eq!(place.spotify.uris("Evening"), edited(&before), "after {fault:?}");
        order();
        undo(&place, &plan);
        assert_eq!(place.spotify.uris("Evening"), before, "after {fault:?}");
    }
    place.assert_clean();
}

#[test]
fn each_request_for_a_new_playlist_may_fail_before_and_after_its_effect() {
    let place = writable();
    place.spotify.add(1, "Evening", tracks(0..3));
    for fault in faults() {
        let made = planned(&place, "edit", &json!({ "playlist": "New", "create": true, "add": uris(0..120) }));
        place.spotify.order("POST /v1/me/playlists", fault.clone());
        place.spotify.order("POST /v1/playlists", fault.clone());
        apply(&place, &made);
        assert_eq!(place.spotify.names(), ["Evening", "New"], "after {fault:?}");
        assert_eq!(place.spotify.uris("New"), uris(0..120), "after {fault:?}");
        place.spotify.order("DELETE /v1/me/library", fault.clone());
        undo(&place, &made);
        assert_eq!(place.spotify.names(), ["Evening"], "after {fault:?}");
    }
    place.assert_clean();
}

#[test]
fn a_new_playlist_whose_answer_is_lost_is_found_by_its_description() {
    let place = writable();
    let made = planned(&place, "edit", &json!({ "playlist": "A & B", "create": true, "add": uris(0..3) }));
    place.spotify.order("POST /v1/me/playlists", Fault::Lost);
    apply(&place, &made);
    let requests = place.spotify.paths();
    assert_eq!(requests.iter().filter(|path| *path == "/v1/me/playlists").count(), 1, "{requests:?}");
    assert_eq!((place.spotify.names(), place.spotify.uris("A & B")), (strings(["A & B"]), uris(0..3)));
    let description = format!("Baton, plan {made}, playlist 1");
    assert_eq!(place.spotify.descriptions(), [description]);
    undo(&place, &made);
    assert_eq!(place.spotify.names(), [""; 0]);
    place.assert_clean();
}

#[test]
fn undo_removes_a_playlist_whose_creation_was_interrupted() {
    for (fault, names) in [(Fault::Lost, strings(["Evening", "New"])), (Fault::Dropped, strings(["Evening"]))] {
        let place = writable();
        place.spotify.add(1, "Evening", tracks(0..3));
        let made = planned(&place, "edit", &json!({ "playlist": "New", "create": true, "add": uris(0..3) }));
        // The plugin can read the list of playlists before the request that creates the playlist, but not after it.
        place.spotify.order("/v1/me/playlists?", Fault::Late(Duration::from_millis(1)));
        place.spotify.order("POST ", fault);
        place.spotify.order("/v1/me/playlists?", Fault::Status("403 Forbidden"));
        let task = place.ask("apply", &json!({ "plan": made }));
        assert_eq!((task.state.as_str(), place.spotify.names()), ("failed", names), "{}", task.reason);
        undo(&place, &made);
        assert_eq!(place.spotify.names(), ["Evening"]);
        place.assert_clean();
    }
}

/// `baton run` in the background.
fn run(place: &SpotifyWorkspace, action: &str, plan: &str) -> Child {
    let mut command = place.workspace.command();
    command.arg("-w").arg(place.workspace.root());
    command.args(["run", "spotify", action, "--arg", &format!("plan={plan}")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills the action at each of its writes, before and after the effect, and lets it end.
fn kill_everywhere(place: &SpotifyWorkspace, action: &str, plan: &str) -> usize {
    let mut kills = 0;
    for (at, has_effect) in [(1, false), (1, true), (2, false), (2, true)].into_iter().cycle() {
        place.spotify.answer_again();
        place.spotify.stop_at(at, has_effect);
        let mut child = run(place, action, plan);
        let ended = place.workspace.wait_for("a write", |_| match child.try_wait().unwrap() {
            Some(status) => Some(Some(status)),
            None => (place.spotify.writes() >= at).then_some(None),
        });
        if ended.is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    place.spotify.answer_again();
    kills
}

#[test]
fn a_kill_between_any_two_requests_neither_repeats_nor_loses_anything() {
    let place = writable();
    place.spotify.add(1, "Evening", mixed());
    let before = place.spotify.uris("Evening");
    let plan = planned(&place, "edit", &large_edit());
    let kills = kill_everywhere(&place, "apply", &plan);
    assert!(kills >= 4, "{kills} kills");
    assert_eq!(place.spotify.uris("Evening"), edited(&before));
    assert!(kill_everywhere(&place, "undo", &plan) >= 4);
    assert_eq!(place.spotify.uris("Evening"), before);

    let made = planned(&place, "edit", &json!({ "playlist": "New", "create": true, "add": uris(0..250) }));
    assert!(kill_everywhere(&place, "apply", &made) >= 4);
    assert_eq!(
        (place.spotify.names(), place.spotify.uris("New")),
        (vec!["Evening".to_owned(), "New".to_owned()], uris(0..250))
    );
    place.assert_clean();
}

#[test]
fn a_plan_waits_after_a_revoked_consent_and_continues_with_a_new_one() {
    let place = writable();
    place.spotify.add(1, "Evening", mixed());
    let before = place.spotify.uris("Evening");
    let plan = planned(&place, "edit", &large_edit());
    std::thread::sleep(Duration::from_secs(11));
    place.spotify.order("PUT ", Fault::Revoked);
    place.drop("Revoked", "apply", &json!({ "plan": plan }));
    place.up_once();
    let task = place.workspace.task("Revoked");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add spotify`"), "{}", task.reason);
    // The consent to change playlists is asked for again.
    accounts::add(&place.workspace).ended(0);
    place.up_once();
    assert_eq!(place.workspace.task("Revoked").state, "succeeded", "{}", place.workspace.task("Revoked").reason);
    assert_eq!(place.spotify.uris("Evening"), edited(&before));
    place.assert_clean();
}

/// Two daemons apply the plan of one edit at the same time.
fn apply_together(items: Vec<Value>, edit: &Value) -> SpotifyWorkspace {
    let oauth = OAuthServer::start();
    let spotify = SpotifyServer::start(&oauth);
    let address = spotify.address();
    let one = SpotifyWorkspace::at(oauth.clone(), spotify, &address);
    // The other workspace has its own ledger, locks and consent.
    let other = SpotifyWorkspace::at(oauth.clone(), SpotifyServer::start(&oauth), &address);
    for place in [&one, &other] {
        grant(place);
        accounts::add_with(&place.workspace, &["spotify", "--write"]).ended(0);
    }
    one.spotify.add(1, "Evening", items);
    let plans = [&one, &other].map(|place| planned(place, "edit", edit));
    assert_eq!(plans[0], plans[1]);
    for place in [&one, &other] {
        place.drop("Together", "apply", &json!({ "plan": plans[0] }));
    }
    std::thread::scope(|scope| {
        for place in [&one, &other] {
            let mut command = place.workspace.command();
            command.arg("-w").arg(place.workspace.root()).args(["up", "--once"]);
            scope.spawn(move || Output::within(&mut command, Duration::from_mins(4)).ended(0));
        }
    });
    for place in [&one, &other] {
        // If the requests of the two daemons collided, a daemon tries again.
        place.workspace.wait_for("the end", |workspace| {
            place.up_once();
            ["succeeded", "failed"].contains(&workspace.task("Together").state.as_str()).then_some(())
        });
        assert_eq!(place.workspace.task("Together").state, "succeeded", "{}", place.workspace.task("Together").reason);
    }
    assert_eq!(one.spotify.problems(), [""; 0]);
    one
}

#[test]
fn two_daemons_on_one_account_duplicate_and_lose_nothing() {
    let place = apply_together(mixed(), &large_edit());
    let before: Vec<String> = mixed().iter().map(uri_of).collect();
    assert_eq!(place.spotify.uris("Evening"), edited(&before));
}

#[test]
fn two_daemons_create_one_playlist() {
    let new = json!({ "playlist": "New", "create": true, "add": uris(0..120) });
    let place = apply_together(tracks(0..3), &new);
    assert_eq!((place.spotify.names(), place.spotify.uris("New")), (strings(["Evening", "New"]), uris(0..120)));
}

#[test]
fn a_playlist_of_ten_thousand_items_is_changed_and_restored() {
    let place = writable();
    let long = (0..10_000).map(|number| match number % 100 {
        0..3 => item(Value::Null),
        3 => item(local(number)),
        4..6 => item(track(number - 1)),
        _ => item(track(number)),
    });
    place.spotify.add(1, "Long", long.collect());
    let before = place.spotify.uris("Long");
    let unavailable = |list: &[String]| list.iter().filter(|uri| *uri == "null").count();
    assert_eq!(unavailable(&before), 300);
    let edit =
        json!({ "playlist": "Long", "remove": uris(5_000..5_090), "moves": [{ "from": 9_800, "to": 1, "count": 5 }] });
    let plan = planned(&place, "edit", &edit);
    apply(&place, &plan);
    let removed = uris(5_000..5_090);
    let mut expected: Vec<String> = before.iter().filter(|uri| !removed.contains(uri)).cloned().collect();
    let moved: Vec<String> = expected.drain(9_799..9_804).collect();
    expected.splice(0..0, moved);
    assert_eq!(unavailable(&expected), 300);
    assert!(place.spotify.uris("Long") == expected, "an unavailable item keeps its place");
    undo(&place, &plan);
    assert!(place.spotify.uris("Long") == before, "the former list");
    place.assert_clean();
}

/// Every request of the write paths and every answer of the fake conform to Spotify's `OpenAPI` description, and spotipy
/// reads the result.
#[test]
fn changes_are_requests_of_the_published_api_and_spotipy_reads_the_result() {
    let python = or_skip!(accounts::spotipy());
    let oauth = OAuthServer::start();
    let spotify = SpotifyServer::start(&oauth);
    let prism = or_skip!(Prism::start(&format!("{}/v1", spotify.address())));
    let front = PrefixProxy::start(prism.port);
    let place = SpotifyWorkspace::at(oauth, spotify, &front.address());
    grant(&place);
    accounts::add_with(&place.workspace, &["spotify", "--write"]).ended(0);
    place.spotify.add(1, "Evening", tracks(0..150));
    let before = place.spotify.uris("Evening");
    let plan = planned(&place, "edit", &large_edit());
    apply(&place, &plan);
    assert_eq!(place.spotify.uris("Evening"), edited(&before));
    let made = planned(&place, "edit", &json!({ "playlist": "New", "create": true, "add": uris(0..120) }));
    apply(&place, &made);

    let secrets = std::fs::read_to_string(place.workspace.state_folder().join("secrets.json")).unwrap();
    let secrets: Value = serde_json::from_str(&secrets).unwrap();
    let account: Value =
        serde_json::from_str(secrets["secrets"]["account:spotify"]["value"].as_str().unwrap()).unwrap();
    let script = r#"
import json, sys, spotipy
api = spotipy.Spotify(auth=sys.argv[2])
api.prefix = sys.argv[1] + "/v1/"
found = {}
for one in api.current_user_playlists(limit=50)["items"]:
    total = one["items"]["total"]
    pages = [api._get("playlists/%s/items" % one["id"], limit=50, offset=at)["items"] for at in range(0, total, 50)]
    found[one["name"]] = [item["item"]["uri"] for page in pages for item in page]
print(json.dumps(found))
"#;
    let mut command = Command::new(python);
    command.arg("-c").arg(script).arg(place.spotify.address()).arg(account["access_token"].as_str().unwrap());
    let read: Value = serde_json::from_str(&Output::of(&mut command).ended(0).stdout).unwrap();
    assert_eq!(read, json!({ "Evening": edited(&before), "New": uris(0..120) }));

    undo(&place, &made);
    undo(&place, &plan);
    assert_eq!((place.spotify.names(), place.spotify.uris("Evening")), (vec!["Evening".to_owned()], before));
    place.assert_clean();
}
