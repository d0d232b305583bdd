//! The spotify plugin with an account: the shipped component in the real sandbox, against a stateful Spotify on loopback
//! (`tests/src/spotify_server.rs`) and a strict OAuth server.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use baton_tests::forward::forward;
use baton_tests::music::{tune, write_wav};
use baton_tests::oauth_server::{OAuthServer, TOKEN_PREFIX};
use baton_tests::spotify_server::{Fault, SpotifyServer, episode, item, liked, local, track};
use baton_tests::{Output, Skipped, Task, Workspace, files_with, or_skip, repository, skip, tools};
use serde_json::{Value, json};

use crate::accounts;

/// A workspace with a connected account.
pub(crate) struct SpotifyWorkspace {
    pub(crate) workspace: Workspace,
    pub(crate) oauth: OAuthServer,
    pub(crate) spotify: SpotifyServer,
}

impl SpotifyWorkspace {
    pub(crate) fn new() -> Self {
        let oauth = OAuthServer::start();
        let spotify = SpotifyServer::start(&oauth);
        let address = spotify.address();
        Self::at(oauth, spotify, &address)
    }

    /// A workspace whose plugin reaches the API at `address`.
    pub(crate) fn at(oauth: OAuthServer, spotify: SpotifyServer, address: &str) -> Self {
        let workspace = Workspace::init();
        let settings = workspace.read("baton.toml") + &oauth.settings("spotify");
        workspace.write("baton.toml", settings);
        workspace.keep_only("spotify");
        let host = format!("host=api={address}");
        workspace.baton(&["plugin", "grant", "spotify", host.as_str(), "http=GET:{api}/v1/*"]).ended(0);
        workspace.baton(&["plugin", "grant", "spotify", "secret=spotify", "sql=catalog:rw", "sql=own:rw"]).ended(0);
        accounts::add(&workspace).ended(0);
        Self { workspace, oauth, spotify }
    }

    pub(crate) fn drop(&self, title: &str, action: &str, args: &Value) {
        self.workspace.drop_handoff_with("spotify", title, json!({ "action": action, "args": args }));
    }

    pub(crate) fn ask(&self, action: &str, args: &Value) -> Task {
        let title = format!("{action} {}", self.workspace.status().len());
        self.drop(&title, action, args);
        self.up_once();
        self.workspace.task(&title)
    }

    /// Runs `baton up --once`. Baton sends ten requests a second, so that an account needs up to a minute.
    pub(crate) fn up_once(&self) {
        let mut command = self.workspace.command();
        command.arg("-w").arg(self.workspace.root()).args(["up", "--once"]);
        Output::within(&mut command, Duration::from_mins(4)).ended(0);
    }

    #[track_caller]
    pub(crate) fn done(&self, action: &str, args: &Value) -> Task {
        let task = self.ask(action, args);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        task
    }

    /// The entries of the account's playlists in the catalog: playlist, position, Spotify's id.
    fn entries(&self) -> Vec<(String, i64, Option<String>)> {
        let catalog = self.workspace.database("catalog.db");
        let sql = "SELECT p.name, i.position, (SELECT e.external_id FROM external_ids AS e WHERE e.kind = 'track' \
            AND e.item = i.track AND e.service = 'spotify') FROM playlist_items AS i JOIN playlists AS p ON p.id = i.playlist \
            JOIN external_ids AS x ON x.kind = 'playlist' AND x.item = p.id AND x.service = 'spotify-account' \
            ORDER BY p.name, i.position";
        let mut statement = catalog.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The requests after the first `before` ones.
    pub(crate) fn since(&self, before: usize) -> Vec<String> {
        self.spotify.paths().split_off(before)
    }

    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.spotify.problems(), [""; 0]);
        assert_eq!(self.oauth.problems(), [""; 0]);
        assert_eq!(self.spotify.faults_left(), 0);
        let found = files_with(self.workspace.outside(), &format!("{TOKEN_PREFIX}-"));
        assert!(found.is_empty(), "a token is in {found:?}");
    }
}

pub(crate) fn tracks(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(|number| item(track(number))).collect()
}

#[test]
fn an_account_is_read_completely_and_a_second_run_changes_nothing() {
    let place = SpotifyWorkspace::new();
    // Every list has more than one page.
    for number in 0..131 {
        place.spotify.add(number, &format!("List {number}"), tracks(number..number + 3));
    }
    let long = (0..10_000).map(|number| match number {
        _ if number % 100 < 3 => item(Value::Null),
        _ if number % 100 == 3 => item(local(number)),
        _ if number % 100 == 4 => item(episode(number)),
        _ => item(track(number)),
    });
    place.spotify.add(500, "Long", long.collect());
    place.spotify.add_of(600, "Of Others", "somebody", false, tracks(0..5));
    place.spotify.add_of(601, "Together", "somebody", true, tracks(0..5));
    place.spotify.set_liked((0..120).map(liked).collect());

    let first = place.done("pull", &json!({}));
    assert!(first.reason.contains("134 lists were read") && !first.reason.contains("INCOMPLETE"), "{}", first.reason);
    assert!(first.reason.contains("1 playlist is of others"), "{}", first.reason);
    let entries = place.entries();
    let of = |name: &str| entries.iter().filter(|(own, ..)| own == name).cloned().collect::<Vec<_>>();
    let long = of("Long");
    assert_eq!(long.len(), 10_000);
    assert_eq!(long.iter().filter(|(.., id)| id.is_none()).count(), 300 + 100, "not available, and episodes");
    assert!(long.iter().enumerate().all(|(at, (_, position, _))| i64::try_from(at).unwrap() == *position));
    assert_eq!((of("Liked Songs").len(), of("Together").len(), of("Of Others").len()), (120, 5, 0));
    assert_eq!(of("List 7").iter().filter_map(|(.., id)| id.clone()).collect::<Vec<_>>()[0], "track00000000000000007");
    let report = place.workspace.read("reports/spotify-account.md");
    assert!(report.contains("| Of Others | somebody | 5 | of others: listed only |"), "{report}");

    let before = place.spotify.paths().len();
    let second = place.done("pull", &json!({}));
    let asked = place.since(before);
    assert!(asked.len() <= 10, "{} requests: {asked:?}", asked.len());
    assert!(
        second.reason.contains("0 lists were read") && second.reason.contains("134 unchanged"),
        "{}",
        second.reason
    );
    assert_eq!(place.entries(), entries);

    // After a change of one playlist, only that playlist is read.
    place.spotify.change("playlist00000000000007", |items| items.truncate(1));
    let before = place.spotify.paths().len();
    place.done("pull", &json!({}));
    let asked = place.since(before);
    assert_eq!(asked.iter().filter(|path| path.contains("/items")).count(), 1, "{asked:?}");
    assert_eq!(place.entries().iter().filter(|(name, ..)| name == "List 7").count(), 1);
    place.assert_clean();
}

#[test]
fn other_actions_work_on_the_account_as_on_exports() {
    let place = SpotifyWorkspace::new();
    place.spotify.add(1, "Evening", [tracks(1..60), tracks(5..7)].concat());
    place.spotify.add(2, "Morning", tracks(5..8));
    place.done("pull", &json!({ "liked": false }));
    let made = place.done("dedupe", &json!({ "from": ["account"] }));
    assert!(made.reason.contains("2 can be removed"), "{}", made.reason);
    let found = place.done("playlists-for-track", &json!({ "track": "spotify:track:track00000000000000006" }));
    assert!(found.reason.contains("2 playlists"), "{}", found.reason);
    place.done("merge", &json!({ "from": ["account"], "name": "Both" }));
    let exports = place.workspace.outside().join("exports");
    std::fs::create_dir_all(&exports).unwrap();
    let merged = place.workspace.list("reports").into_iter().find(|name| name.contains("Both")).unwrap();
    std::fs::copy(place.workspace.root().join("reports").join(merged), exports.join("Morning.csv")).unwrap();
    let folder = format!("files:ro=spotify={}", exports.display());
    place.workspace.baton(&["plugin", "grant", "spotify", folder.as_str()]).ended(0);
    let diff = place.done("diff", &json!({ "from": "account", "to": "Morning.csv", "playlists": ["Morning"] }));
    assert!(diff.reason.contains("56 added, 0 removed"), "59 different songs less 3: {}", diff.reason);
    place.assert_clean();
}

#[test]
fn current_and_recent_plays_are_reported() {
    let place = SpotifyWorkspace::new();
    assert!(place.done("now-playing", &json!({})).reason.contains("Spotify plays nothing."));
    place.spotify.set_playing(Some(track(7)));
    let playing = place.done("now-playing", &json!({}));
    assert!(playing.reason.contains("Spotify plays Ida Lund - Line 7, 1:01 of 3:00."), "{}", playing.reason);
    place.spotify.set_playing(Some(episode(1)));
    assert!(place.done("now-playing", &json!({})).reason.contains("The Station - Stop 1"));
    place
        .spotify
        .set_recent(vec![json!({ "track": track(9), "played_at": "2026-01-18T10:15:00.000Z", "context": null })]);
    assert!(place.done("recent", &json!({})).reason.contains("1 last play"));
    let recent: Value = serde_json::from_str(&place.workspace.read("reports/recent.json")).unwrap();
    assert_eq!(recent["plays"][0]["item"]["isrc"], "DEBX10000009");
    place.assert_clean();
}

#[test]
fn the_current_play_is_identified_and_looked_up_in_the_library() {
    let place = SpotifyWorkspace::new();
    let short = |number: usize| {
        let mut track = track(number);
        track["duration_ms"] = json!(4_000);
        track
    };
    // The same recording on another album: another id, and the same ISRC.
    let reissue = {
        let mut track = short(8);
        track["id"] = json!("track00000000000000999");
        track["uri"] = json!("spotify:track:track00000000000000999");
        track
    };
    place.spotify.set_playing(Some(short(8)));
    let before = place.done("now-playing", &json!({}));
    assert!(before.reason.ends_with("1:01 of 0:04."), "an empty catalog has no output: {}", before.reason);
    place.spotify.add(1, "Evening", vec![item(track(7)), item(short(8))]);
    place.done("pull", &json!({}));
    let unknown = place.done("now-playing", &json!({}));
    assert!(unknown.reason.contains("no folder was scanned; it is in the playlist Evening"), "{}", unknown.reason);
    let music = place.workspace.outside().join("music");
    std::fs::create_dir_all(&music).unwrap();
    let file = music.join("Ida Lund - Line 8.wav");
    write_wav(&file, &tune(1, 4));
    place.workspace.baton(&["library", "scan", music.to_str().unwrap()]).ended(0);

    // Reports are deleted before each task, because a second report of the same name would get a number in its name.
    let report = || -> Value {
        let [name] = place.workspace.list("reports").try_into().unwrap();
        serde_json::from_str(&place.workspace.read(&format!("reports/{name}"))).unwrap()
    };
    let clear = || std::fs::remove_dir_all(place.workspace.root().join("reports")).unwrap();
    for (playing, by) in [(short(8), "the same Spotify id"), (reissue.clone(), "the same ISRC")] {
        place.spotify.set_playing(Some(playing));
        clear();
        let found = place.done("now-playing", &json!({}));
        let sentence = format!("Its file is {}; it is in the playlist Evening.", file.display());
        assert!(found.reason.contains(&sentence), "{}", found.reason);
        let library = &report()["playing"]["library"];
        assert!(library["identified_by"].as_str().is_some_and(|how| how.contains(by)), "{library}");
        assert_eq!((&library["state"], &library["shops"]), (&json!("on disk"), &json!([])));
    }
    place.spotify.set_playing(Some(track(7)));
    clear();
    let wanted = place.done("now-playing", &json!({}));
    assert!(wanted.reason.contains("Its file would belong to Evening/Ida Lund - Line 7."), "{}", wanted.reason);
    let shop = &report()["playing"]["library"]["shops"][0];
    assert_eq!(shop["url"], "https://bandcamp.com/search?item_type=t&q=Ida%20Lund%20Line%207");
    let page = &report()["playing"]["library"]["pages"][0];
    assert_eq!(page["url"], "https://open.spotify.com/track/track00000000000000007");

    let play = |track: Value| json!({ "track": track, "played_at": "2026-01-18T10:15:00.000Z", "context": null });
    place.spotify.set_recent([reissue, track(7), track(9), track(9)].map(play).into());
    let recent = place.done("recent", &json!({}));
    assert!(recent.reason.contains("4 last plays. 2 tracks are not on disk"), "{}", recent.reason);
    let table = place.workspace.read("reports/recent.md");
    assert!(table.contains("| Ida Lund - Line 9 | wanted |  | [Bandcamp](https://bandcamp.com/"), "{table}");
    assert!(table.contains(&format!("| {} | Evening |", file.display())), "{table}");
    place.assert_clean();
}

#[test]
fn every_fault_of_one_request_is_overcome() {
    let place = SpotifyWorkspace::new();
    place.spotify.add(1, "Evening", tracks(0..160));
    let faults = [
        Fault::Status("500 Internal Server Error"),
        Fault::Status("502 Bad Gateway"),
        Fault::Busy(1),
        Fault::Cut(40),
        Fault::Lost,
        Fault::Late(Duration::from_secs(2)),
        Fault::Expired,
    ];
    for (round, fault) in faults.into_iter().enumerate() {
        place.spotify.order("offset=100", fault.clone());
        // `Expired` is injected only once: if the service refuses a new token within seconds, Baton treats that as a fault of the
        // service.
        if !matches!(fault, Fault::Expired) {
            place.spotify.order("/v1/me/playlists", fault.clone());
        }
        if round > 0 {
            place.spotify.change("playlist00000000000001", |items| items.rotate_left(1));
        }
        std::thread::sleep(Duration::from_secs(if matches!(fault, Fault::Expired) { 11 } else { 0 }));
        place.done("pull", &json!({ "liked": false }));
        assert_eq!(place.entries().len(), 160, "after {fault:?}");
    }
    place.assert_clean();
}

#[test]
fn a_list_that_changes_while_it_is_read_is_read_again_or_reported_as_incomplete() {
    let place = SpotifyWorkspace::new();
    let id = place.spotify.add(1, "Evening", tracks(0..160));
    place.spotify.order("offset=50", Fault::Changed(id.clone()));
    let read = place.done("pull", &json!({ "liked": false }));
    assert!(!read.reason.contains("INCOMPLETE"), "{}", read.reason);
    assert_eq!(place.entries()[0].2.as_deref(), Some("track00000000000000001"), "as it is now");

    place.spotify.change(&id, |items| items.truncate(120));
    place.spotify.order("offset=50", Fault::Changed(id.clone()));
    place.spotify.order("offset=50", Fault::Changed(id.clone()));
    let part = place.ask("pull", &json!({ "liked": false }));
    assert!(part.outcome.as_deref() == Some("partial") && part.reason.contains("INCOMPLETE"), "{}", part.reason);
    assert_eq!(place.entries().len(), 160, "nothing is deleted after an incomplete reading");
    let whole = place.done("pull", &json!({ "liked": false }));
    assert!(!whole.reason.contains("INCOMPLETE"), "{}", whole.reason);
    assert_eq!(place.entries().len(), 120);
    place.assert_clean();
}

#[test]
fn a_quota_ends_the_task_with_a_clear_message_and_after_a_long_pause_it_is_tried_again() {
    let place = SpotifyWorkspace::new();
    place.spotify.add(1, "Evening", tracks(0..60));
    place.spotify.order("/items", Fault::Quota);
    let task = place.ask("pull", &json!({}));
    assert_eq!(task.state, "failed", "{}", task.reason);
    assert!(task.reason.contains("QUOTA_EXCEEDED") && task.reason.contains("developer account"), "{}", task.reason);
    let before = place.spotify.paths().len();
    place.spotify.order("/v1/me/playlists", Fault::Busy(3_600));
    let task = place.ask("pull", &json!({}));
    assert!(["waiting", "succeeded"].contains(&task.state.as_str()), "{}: {}", task.state, task.reason);
    assert!(place.since(before).len() < 10, "{:?}", place.since(before));
    place.assert_clean();
}

#[test]
fn a_task_waits_after_its_consent_was_revoked_and_continues_with_a_new_one() {
    let place = SpotifyWorkspace::new();
    place.spotify.add(1, "Evening", tracks(0..260));
    std::thread::sleep(Duration::from_secs(11));
    place.spotify.order("offset=100", Fault::Revoked);
    place.drop("Revoked", "pull", &json!({}));
    place.up_once();
    let task = place.workspace.task("Revoked");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add spotify`"), "{}", task.reason);
    accounts::add(&place.workspace).ended(0);
    place.up_once();
    assert_eq!(place.workspace.task("Revoked").state, "succeeded");
    assert_eq!(place.entries().len(), 260);
    place.assert_clean();
}

#[test]
fn after_a_kill_the_next_daemon_continues_with_the_catalog() {
    let place = SpotifyWorkspace::new();
    for number in 0..20 {
        place.spotify.add(number, &format!("List {number}"), tracks(number * 1_000..number * 1_000 + 600));
    }
    place.drop("Killed", "pull", &json!({ "liked": false }));
    for requests in [60, 130] {
        let daemon = place.workspace.up();
        place.workspace.wait_for("requests", |_| (place.spotify.paths().len() >= requests).then_some(()));
        daemon.kill();
    }
    place.up_once();
    assert_eq!(place.workspace.task("Killed").state, "succeeded", "{}", place.workspace.task("Killed").reason);
    assert_eq!(place.entries().len(), 12_000);
    let entries = place.entries();
    place.done("pull", &json!({ "liked": false }));
    assert_eq!(place.entries(), entries, "nothing is there twice");
    place.assert_clean();
}

/// Prism between the plugin and the fake.
pub(crate) struct Prism {
    child: Child,
    pub(crate) port: u16,
}

impl Prism {
    pub(crate) fn start(upstream: &str) -> Result<Self, Skipped> {
        let document = repository().join("../shared/corpus/spotify/openapi.yml");
        if !document.is_file() {
            return Err(skip("the API description of Spotify is not in ../shared/corpus/spotify"));
        }
        let program = tools("judges", "node_modules/.bin/prism")?.join("node_modules/.bin/prism");
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.arg("proxy").arg(document).arg(upstream).args(["--errors", "-h", "127.0.0.1", "-p", &port.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let prism = Self { child, port };
        let begun = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "prism does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(prism)
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Every request of the plugin and every answer of the fake service conform to Spotify's `OpenAPI` description: Prism
/// returns an error for any other request or answer. The description lacks null items, local files without an id, and the
/// status 204. Only the text of the documentation has them.
#[test]
fn requests_and_answers_match_the_published_api() {
    let oauth = OAuthServer::start();
    let spotify = SpotifyServer::start(&oauth);
    let prism = or_skip!(Prism::start(&format!("{}/v1", spotify.address())));
    // Prism serves the paths without the base path of the server.
    let front = PrefixProxy::start(prism.port);
    let place = SpotifyWorkspace::at(oauth, spotify, &front.address());
    place.spotify.add(1, "Evening", [tracks(0..60), vec![item(episode(1))]].concat());
    place.spotify.add_of(2, "Of Others", "somebody", false, tracks(0..5));
    place.spotify.set_liked((0..60).map(liked).collect());
    place.spotify.set_playing(Some(track(7)));
    let read = place.done("pull", &json!({}));
    assert!(read.reason.contains("2 lists were read") && !read.reason.contains("INCOMPLETE"), "{}", read.reason);
    place.done("now-playing", &json!({}));
    place.done("recent", &json!({}));
    assert!(place.spotify.paths().len() >= 8, "{:?}", place.spotify.paths());
    place.assert_clean();
}

/// Removes `/v1` from the paths.
pub(crate) struct PrefixProxy(baton_tests::fake_service::FakeService);

impl PrefixProxy {
    pub(crate) fn start(port: u16) -> Self {
        Self(baton_tests::fake_service::FakeService::start(move |request| {
            let line = request.line.replacen(" /v1", " ", 1);
            forward(&baton_tests::ReceivedRequest { line, ..request.clone() }, port)
        }))
    }

    pub(crate) fn address(&self) -> String {
        self.0.address()
    }
}

/// spotipy reads from the fake service what the test has put there.
#[test]
fn spotipy_reads_the_same_from_the_fake() {
    let python = or_skip!(accounts::spotipy());
    let place = SpotifyWorkspace::new();
    place.spotify.add(1, "Evening", tracks(0..60));
    place.spotify.add(2, "Morning", tracks(0..5));
    place.spotify.set_liked((0..60).map(liked).collect());
    let script = r#"
import sys, spotipy
api = spotipy.Spotify(auth=sys.argv[2])
api.prefix = sys.argv[1] + "/v1/"
lists = api.current_user_playlists(limit=50)
print(api.me()["id"], [(one["name"], one["items"]["total"]) for one in lists["items"]])
print(len(api.current_user_saved_tracks(limit=50)["items"]), api.current_user_playing_track())
print([one["item"]["id"] for one in api._get("playlists/%s/items" % lists["items"][1]["id"])["items"]])
"#;
    let mut command = Command::new(python);
    command.arg("-c").arg(script).arg(place.spotify.address()).arg(access_token(&place));
    let output = Output::of(&mut command).ended(0).stdout;
    let ids: Vec<String> = (0..5).map(|number| format!("'track{number:017}'")).collect();
    let expected = format!("listener [('Evening', 60), ('Morning', 5)]\n50 None\n[{}]\n", ids.join(", "));
    assert_eq!(output, expected);
    place.assert_clean();
}

/// The token of the connected account.
fn access_token(place: &SpotifyWorkspace) -> String {
    let secrets = std::fs::read_to_string(place.workspace.state_folder().join("secrets.json")).unwrap();
    let secrets: Value = serde_json::from_str(&secrets).unwrap();
    let account: Value =
        serde_json::from_str(secrets["secrets"]["account:spotify"]["value"].as_str().unwrap()).unwrap();
    account["access_token"].as_str().unwrap().to_owned()
}

/// rspotify reads from the fake service, page by page, what the test has put there: the list of playlists, and the items of
/// one playlist.
#[test]
fn rspotify_reads_the_same_from_the_fake() {
    let judge = or_skip!(tools("rspotify", "debug/rspotify-judge")).join("debug/rspotify-judge");
    let place = SpotifyWorkspace::new();
    let evening = place.spotify.add(1, "Evening", tracks(0..120));
    place.spotify.add(2, "Morning", tracks(0..5));
    let mut command = Command::new(judge);
    command.arg(place.spotify.address()).arg(access_token(&place)).arg(evening);
    let output = Output::of(&mut command).ended(0).stdout;
    let items: String = (0..120).map(|number| format!("Line {number}\n")).collect();
    assert_eq!(output, format!("listener\nEvening\nMorning\n{items}"));
    place.assert_clean();
}
