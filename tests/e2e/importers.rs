//! Imports CSV files of many kinds with the real program: `TuneMyMusic`, Soundiiz, Exportify in other languages, any file with mapped
//! columns, UTF-16 and `sep=`. Also the triggers that import new files once they are granted.

use std::fs;
use std::path::PathBuf;

use baton_tests::djay_library::{LibrarySpec, write};
use baton_tests::spotify_exports::{HEADER, granted};
use baton_tests::{Task, Workspace};
use serde_json::{Value, json};

/// A workspace in which spotify may read a folder of exports.
struct ExportsWorkspace {
    workspace: Workspace,
    exports: PathBuf,
}

impl ExportsWorkspace {
    fn new() -> Self {
        let workspace = Workspace::init();
        let exports = granted(&workspace);
        Self { workspace, exports }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.exports.join(name), bytes).unwrap();
    }

    #[track_caller]
    fn import(&self, args: &Value) -> Task {
        let title = format!("Import {}", self.workspace.status().len());
        self.workspace.drop_handoff_with("spotify", &title, json!({ "action": "import", "args": args }));
        self.workspace.up_once();
        let task = self.workspace.task(&title);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        task
    }

    fn json(&self, args: &[&str]) -> Value {
        self.workspace.baton(&[&["catalog"], args, &["--json"]].concat()).ended(0).json()
    }

    fn count(&self, what: &str) -> Value {
        self.json(&["stats"])["counts"][what].clone()
    }

    /// The titles of the playlist with exactly this name, in order.
    #[track_caller]
    fn titles(&self, playlist: &str) -> Vec<String> {
        let titles = "SELECT t.title FROM playlist_items AS i JOIN tracks AS t ON t.id = i.track \
            JOIN playlists AS p ON p.id = i.playlist WHERE p.name = ?1 ORDER BY i.position";
        self.workspace.column("catalog.db", titles, [playlist])
    }

    /// The only track that a search finds: its ids (`SERVICE:ID`), its playlists, and its fields.
    #[track_caller]
    fn track(&self, words: &str) -> (Vec<String>, Vec<String>, Value) {
        let found = self.json(&["search", words]);
        let [hit] = found["tracks"].as_array().unwrap().as_slice() else { panic!("{words}: {found:#}") };
        let shown = self.json(&["show", &hit["id"].to_string()]);
        let named = |list: &str, name: &dyn Fn(&Value) -> String| -> Vec<String> {
            shown[list].as_array().unwrap().iter().map(name).collect()
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let ids = named("ids", &|id| format!("{}:{}", text(&id["service"]), text(&id["id"])));
        let playlists = named("playlists", &|playlist| text(&playlist["name"]));
        (ids, playlists, hit.clone())
    }
}

const ID: &str = "4uLU6hMCjMI75M1A2tKUQC";

fn utf_16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn playlists_of_other_services_are_imported_and_a_track_that_spotify_knows_is_one_track() {
    let place = ExportsWorkspace::new();
    place.file(
        "Late.csv",
        format!("{HEADER}\nspotify:track:{ID},Night Bus,Fahrplan,Ida Lund,2021,221000{}\n", ",".repeat(18)),
    );
    place.file(
        "My library.csv",
        utf_16(
            "Track name,Artist name,Album,Playlist name,Type,ISRC,Apple - id\r\n\
             Night Bus,Ida Lund,Fahrplan,Drive,Playlist,DEBX12100001,1440833098\r\n\
             Käthes Lied,Käthe,Haus,Drive,Playlist,DEBX12100002,\r\n\
             Käthes Lied,Käthe,Haus,Home,Playlist,DEBX12100002,\r\n\
             ,Käthe,,Followed,Artist,,\r\n",
        ),
    );
    place.file("Rain.csv", "sep=;\r\ntitle;artist;album;isrc;addedDate;addedBy;duration;url\r\nGlow;Oto;Licht;DEBX12100003;2024-01-02;someone;225s;\r\n");
    place.import(&json!({}));
    // The list of followed artists is not a playlist.
    assert_eq!((place.count("playlists"), place.count("tracks")), (json!(4), json!(3)));
    let (ids, playlists, night_bus) = place.track("night bus");
    assert_eq!(playlists, ["Drive", "Late"]);
    assert!(ids.contains(&format!("spotify:{ID}")) && ids.len() == 2, "{ids:?}");
    assert_eq!(night_bus["duration_ms"], 221_000);
    assert_eq!(place.track("lied").1, ["Drive", "Home"]);
    assert_eq!(
        (place.track("glow").1, place.track("glow").2["duration_ms"].clone()),
        (vec!["Rain".to_owned()], json!(225_000))
    );
    let again = place.import(&json!({}));
    assert!(again.reason.contains("Nothing has changed: 3 of 3 files"), "{}", again.reason);
    assert_eq!((place.count("playlists"), place.count("tracks")), (json!(4), json!(3)));
}

/// Headers of Exportify in each of its languages except English and Chinese, with the language codes. The columns are the
/// URI, the title, the artists, the album and the length.
const EXPORTIFY: [(&str, &str); 11] = [
    ("ar", "رابط الأغنية (URI),اسم الأغنية,أسماء الفنانين,اسم الألبوم,مدة الأغنية (بالمللي ثانية)"),
    ("de", "Track-URI,Track-Name,Künstlername(n),Album-Name,Track-Dauer (ms)"),
    ("el", "URI κομματιού,Όνομα κομματιού,Όνομα/τα καλλιτέχνη,Όνομα άλμπουμ,Διάρκεια κομματιού (ms)"),
    ("es", "URI de la canción,Nombre de la canción,Nombre(s) del artista,Nombre del álbum,Duración de la canción (ms)"),
    ("fr", "URI du titre,Nom du titre,Nom(s) de l'artiste,Nom de l'album,Durée du titre (ms)"),
    ("it", "URI della traccia,Nome della traccia,Nome dell'artista,Nome dell'album,Durata della traccia (ms)"),
    ("ja", "トラックURI,トラック名,アーティスト名,アルバム名,トラックの長さ（ミリ秒）"),
    ("nl", "Nummer URI,Nummernaam,Naam van artiest,Naam van album,Nummerduur (ms)"),
    ("pt", "URI da faixa,Nome da faixa,Nome(s) do artista,Nome do álbum,Duração da faixa (ms)"),
    ("sv", "Låtens URI,Låtens namn,Artistens namn,Albumets namn,Låtlängd (ms)"),
    ("tr", "Parça URI,Parça Adı,Sanatçı Adı,Albüm Adı,Parça Süresi (ms)"),
];

#[test]
fn exportify_is_read_in_every_language() {
    let place = ExportsWorkspace::new();
    let row = |title: &str| format!("spotify:track:{title:0>22},{title},Ida Lund,Fahrplan,221000\n");
    for (title, header) in EXPORTIFY {
        place.file(&format!("{title}.csv"), format!("{header}\n{}", row(title)));
    }
    place.import(&json!({}));
    for (title, _) in EXPORTIFY {
        let (_, playlists, track) = place.track(title);
        let read = (&track["artist"], &track["album"], &track["duration_ms"]);
        assert_eq!((playlists[0].as_str(), read), (title, (&json!("Ida Lund"), &json!("Fahrplan"), &json!(221_000))));
    }
}

#[test]
fn any_csv_is_imported_with_a_mapping_of_its_columns() {
    let place = ExportsWorkspace::new();
    place.file("set.csv", "Nr\tStück\tInterpret\tDauer\n1\tNight Bus\tIda Lund\t3:41\n2\tGlow\tOto\t4:02\n");
    let refused = place.workspace.why(&place_unread(&place).id).findings;
    assert!(refused[0].title.contains("`Nr, Stück, Interpret, Dauer`"), "{refused:?}");
    assert!(refused[0].title.contains("\"columns\""), "{refused:?}");
    let columns = json!({ "title": "Stück", "artists": "Interpret", "duration": "Dauer" });
    place.import(&json!({ "columns": columns }));
    assert_eq!((place.count("playlists"), place.count("tracks")), (json!(1), json!(2)));
    assert_eq!(place.track("night bus").2["duration_ms"], 221_000);
    // The file is read again because the mapping is new.
    let again = place.import(&json!({ "columns": columns }));
    assert!(again.reason.contains("Nothing has changed"), "{}", again.reason);
    place.import(&json!({ "columns": { "title": "Stück", "artists": "Nr" } }));
    assert_eq!(place.count("tracks"), json!(4));
}

#[test]
fn a_file_that_was_imported_without_a_mapping_is_imported_again_with_one() {
    let place = ExportsWorkspace::new();
    place.file("Rain.csv", "title;artist;album;isrc\nLicht;Oto;Glow;\n");
    place.import(&json!({}));
    assert_eq!(place.track("oto").2["title"], "Licht");
    let columns = json!({ "title": "album", "artists": "artist", "album": "title" });
    let task = place.import(&json!({ "columns": columns }));
    assert!(task.reason.contains("1 playlist with 1 entry"), "{}", task.reason);
    assert_eq!(place.titles("Rain"), ["Glow"]);
    let again = place.import(&json!({ "columns": columns }));
    assert!(again.reason.contains("Nothing has changed"), "{}", again.reason);
    place.import(&json!({}));
    assert_eq!(place.titles("Rain"), ["Licht"]);
}

#[test]
fn a_column_called_type_of_an_unknown_program_leaves_no_row_out() {
    let place = ExportsWorkspace::new();
    place.file("set.csv", "Stück\tInterpret\tType\nNight Bus\tIda Lund\tAlbum\nGlow\tOto\tSingle\n");
    place.import(&json!({ "columns": { "title": "Stück", "artists": "Interpret" } }));
    assert_eq!(place.titles("set"), ["Night Bus", "Glow"]);
}

#[test]
fn playlists_of_one_file_whose_names_differ_in_case_are_two() {
    let place = ExportsWorkspace::new();
    let head = "Track name,Artist name,Album,Playlist name,Type,ISRC\n";
    place.file(
        "library.csv",
        format!("{head}One,Oto,A,mix,Playlist,\nTwo,Oto,A,MIX,Playlist,\nThree,Oto,A,mix,Playlist,\n"),
    );
    place.import(&json!({}));
    assert_eq!(
        (place.titles("mix"), place.titles("MIX")),
        (vec!["One".to_owned(), "Three".to_owned()], vec!["Two".to_owned()])
    );
    // The order of the rows makes no difference.
    place.file("library.csv", format!("{head}Two,Oto,A,MIX,Playlist,\nOne,Oto,A,mix,Playlist,\n"));
    place.import(&json!({}));
    assert_eq!((place.titles("mix"), place.titles("MIX")), (vec!["One".to_owned()], vec!["Two".to_owned()]));
    assert_eq!(place.count("playlists"), 2);
}

#[test]
fn lists_of_favourite_albums_and_artists_are_reported_and_are_not_playlists() {
    let place = ExportsWorkspace::new();
    place.file(
        "library.csv",
        "Track name,Artist name,Album,Playlist name,Type,ISRC\nOne,Oto,A,Mix,Playlist,\n,Oto,Licht,Mix,Favorite Album,\n\
         ,Oto,Licht,My Albums,Album,\n,Oto,,My Artists,Artist,\n",
    );
    place.file("albums.csv", "title;artist;album;isrc;url\nLicht;Oto;Licht;;https://open.spotify.com/album/x\n");
    place.file("artists.csv", "title;artist;album;isrc\n;Oto;;\n");
    let task = place.import(&json!({}));
    assert_eq!((place.count("playlists"), place.titles("Mix")), (json!(1), vec!["One".to_owned()]));
    let findings = place.workspace.why(&task.id).findings;
    let told: Vec<_> = findings.iter().filter(|told| told.title.contains("not imported")).collect();
    assert_eq!(told.len(), 3, "{findings:?}");
    assert!(told.iter().any(|told| told.title.contains("3 rows of favourite albums and artists")), "{told:?}");
    assert!(task.reason.contains("2 files have no playlist"), "{}", task.reason);
}

#[test]
fn an_import_that_finds_only_favourites_did_not_succeed() {
    let place = ExportsWorkspace::new();
    place.file("albums.csv", "title;artist;album;isrc;url\nLicht;Oto;Licht;;https://open.spotify.com/album/x\n");
    let task = place_unread(&place);
    assert_eq!(task.outcome.as_deref(), Some("refused"), "{}", task.reason);
    assert!(task.reason.contains("Nothing was imported. 1 file has no playlist"), "{}", task.reason);
    let ended = place.workspace.baton(&["run", "spotify", "import"]).ended(1);
    assert!(ended.stderr.contains("Nothing was imported") || ended.stdout.contains("Nothing was imported"));
}

/// Runs an import that can read none of the files; returns the task.
fn place_unread(place: &ExportsWorkspace) -> Task {
    place.workspace.drop_handoff_with("spotify", "Unread", json!({ "action": "import" }));
    place.workspace.up_once();
    place.workspace.task("Unread")
}

fn triggered(workspace: &Workspace, plugin: &str) -> Vec<Task> {
    let from_baton = |task: &Task| task.from.as_deref() == Some("baton");
    workspace.tasks_of(plugin).into_iter().filter(from_baton).collect()
}

#[test]
fn a_new_csv_is_imported_automatically_once_the_trigger_is_granted() {
    let place = ExportsWorkspace::new();
    let row = |id: u32| format!("spotify:track:{id:022},Song {id},Album,Ida Lund,2021,200000{}\n", ",".repeat(18));
    place.file("One.csv", format!("{HEADER}\n{}", row(1)));
    place.workspace.up_once();
    assert!(triggered(&place.workspace, "spotify").is_empty(), "a granted folder alone starts nothing");
    let shown = place.workspace.baton(&["plugin", "grants", "spotify"]).ended(0).stdout;
    assert!(shown.contains("off until `triggers` is granted"), "{shown}");
    place.workspace.baton(&["plugin", "grant", "spotify", "triggers"]).ended(0);
    place.workspace.up_once();
    place.file("Two.csv", format!("{HEADER}\n{}", row(2)));
    place.workspace.up_once();
    place.workspace.up_once();
    let tasks = triggered(&place.workspace, "spotify");
    assert!(tasks.len() == 2 && tasks.iter().all(|task| task.state == "succeeded"), "{tasks:#?}");
    assert_eq!((place.count("playlists"), place.count("tracks")), (json!(2), json!(2)));
    place.workspace.baton(&["plugin", "revoke", "spotify", "triggers"]).ended(0);
    place.file("Three.csv", format!("{HEADER}\n{}", row(3)));
    place.workspace.up_once();
    assert_eq!(triggered(&place.workspace, "spotify").len(), 2);
}

#[test]
fn a_changed_library_of_djay_is_synced_automatically_once_the_trigger_is_granted() {
    let workspace = Workspace::init();
    let folder = workspace.outside().join("music/djay/djay Media Library.djayMediaLibrary");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("MediaLibrary.db");
    let written = write(&path, &LibrarySpec::tiny());
    let djay = format!("files:ro=djay={}", workspace.outside().join("music").display());
    workspace.baton(&["plugin", "grant", "djay", "sql=files:ro", "sql=catalog:rw", &djay]).ended(0);
    workspace.up_once();
    assert!(triggered(&workspace, "djay").is_empty());
    workspace.baton(&["plugin", "grant", "djay", "triggers"]).ended(0);
    workspace.up_once();
    let tasks = triggered(&workspace, "djay");
    assert!(tasks.len() == 1 && tasks.iter().all(|task| task.state == "succeeded"), "{tasks:#?}");
    let stats = workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
    assert_eq!(stats["counts"]["plays"], json!(written.plays.len()));

    workspace.up_once();
    assert_eq!(triggered(&workspace, "djay").len(), 1, "nothing has changed");
    fs::remove_file(&path).unwrap();
    let more = LibrarySpec { plays: LibrarySpec::tiny().plays + 3, ..LibrarySpec::tiny() };
    drop(write(&path, &more));
    workspace.up_once();
    let tasks = triggered(&workspace, "djay");
    assert!(tasks.len() == 2 && tasks.iter().all(|task| task.state == "succeeded"), "{tasks:#?}");
    let stats = workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
    assert!(stats["counts"]["plays"].as_u64() > Some(written.plays.len() as u64), "{stats}");
}

#[test]
fn an_unchanged_export_of_notion_is_a_database() {
    let workspace = Workspace::init();
    let [drive, databases] = ["drive", "databases"].map(|name| workspace.outside().join(name));
    fs::create_dir_all(&drive).unwrap();
    fs::create_dir_all(&databases).unwrap();
    let name = "Music Tracks 5a1e9c302fa38048adc6fe9a6e37a9a4";
    let rows = "\u{feff}Name,BPM,Tags\nNight Bus,120,\"house, deep\"\nGlow,98,\n";
    fs::write(databases.join(format!("{name}.csv")), "\u{feff}Name,BPM,Tags\nGlow,98,\n").unwrap();
    fs::write(databases.join(format!("{name}_all.csv")), rows).unwrap();
    let folders =
        [format!("files:rw=drive={}", drive.display()), format!("files:ro=databases={}", databases.display())];
    let grants = ["plugin", "grant", "drive-sync", "sql=own:rw", "locks", &folders[0], &folders[1]];
    workspace.baton(&grants).ended(0);
    let sync = || workspace.baton(&["run", "drive-sync", "sync"]).ended(0).stdout;
    sync();
    let folder = "Music Tracks_5a1e9c302fa38048adc6fe9a6e37a9a4";
    let csv = drive.join(folder).join(format!("{folder}.csv"));
    let first = fs::read_to_string(&csv).unwrap();
    let lines: Vec<_> = first.lines().collect();
    assert_eq!(lines[..2], ["__page_id,__last_synced_iso,Name,BPM,Tags", ",,title,rich_text,rich_text"], "{first}");
    assert!(lines.len() == 4 && lines[2].ends_with(",Night Bus,120,\"house, deep\""), "{first}");
    // If a cell changes, its row is updated and keeps its key.
    fs::write(databases.join(format!("{name}_all.csv")), rows.replace("Bus,120", "Bus,121")).unwrap();
    sync();
    let second = fs::read_to_string(&csv).unwrap();
    let keys =
        |text: &str| text.lines().filter_map(|line| line.split(',').next().map(str::to_owned)).collect::<Vec<_>>();
    assert!(keys(&first) == keys(&second) && second.contains(",Night Bus,121,"), "{second}");
}

#[test]
fn a_uuid_with_dashes_is_the_same_database_and_a_row_without_a_title_stays_one_row() {
    let workspace = Workspace::init();
    let [drive, databases] = ["drive", "databases"].map(|name| workspace.outside().join(name));
    fs::create_dir_all(&drive).unwrap();
    fs::create_dir_all(&databases).unwrap();
    let folders =
        [format!("files:rw=drive={}", drive.display()), format!("files:ro=databases={}", databases.display())];
    let grants = ["plugin", "grant", "drive-sync", "sql=own:rw", "locks", &folders[0], &folders[1]];
    workspace.baton(&grants).ended(0);
    let plain = databases.join("Music Tracks 5a1e9c302fa38048adc6fe9a6e37a9a4.csv");
    let dashed = "5a1e9c30-2fa3-8048-adc6-fe9a6e37a9a4";
    fs::write(&plain, "Name,BPM\n,120\nGlow,98\n").unwrap();
    workspace.baton(&["run", "drive-sync", "sync"]).ended(0);
    fs::remove_file(plain).unwrap();
    fs::write(databases.join(format!("Music Tracks {dashed}.csv")), "Name,BPM\n,121\nGlow,98\n").unwrap();
    workspace.baton(&["run", "drive-sync", "sync"]).ended(0);
    let folder = "Music Tracks_5a1e9c302fa38048adc6fe9a6e37a9a4";
    let there: Vec<_> = fs::read_dir(&drive).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, [folder], "there is one database");
    let csv = fs::read_to_string(drive.join(folder).join(format!("{folder}.csv"))).unwrap();
    assert!(csv.lines().count() == 4 && csv.contains(",,121") && !csv.contains(",,120"), "{csv}");
    // A second source with the same id is reported, whatever the form of the id.
    let named = format!("__page_id,__last_synced_iso,Name\nids=names,id={},title\np1,,One\n", dashed.to_uppercase());
    fs::write(databases.join("Other.csv"), named).unwrap();
    let refused = workspace.baton(&["run", "drive-sync", "sync"]).ended(1);
    assert!(refused.stderr.contains("2 sources have the id"), "{}", refused.stderr);
}
