//! Tracks from all sources through the shipped plugins: scan, import, djay sync, organise, apply, export, undo. After each step, every
//! location in an export, a list of wanted tracks or a list of duplicates must be an existing file. Other programs' parsers
//! (python-m3u8, pyrekordbox) read the exports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use baton_tests::djay_library::{LibraryContent, LibrarySpec, Style, write_with};
use baton_tests::music::{tune, write_wav};
use baton_tests::spotify_exports::HEADER;
use baton_tests::{Output, Workspace, files_below, tools};
use serde_json::Value;

/// Seconds of a piece, long enough to compare.
pub(crate) const SECONDS: u32 = 40;

/// The tracks of the playlists. Each has a file, except the last.
pub(crate) const TRACKS: [(&str, &str); 7] = [
    ("Ida Lund", "Night Bus"),
    ("Oto", "Paper Moon"),
    ("Mara Voss", "Harbour Lights"),
    ("Nils Brekke", "Snow Country"),
    ("Kasper Holt", "Copper Wire"),
    ("Yara Bloom", "Second Season"),
    ("Nobody", "Not on Disk"),
];

const FILES: usize = TRACKS.len() - 1;

/// The folder of the new files: its characters have a meaning in addresses and in playlists.
const FOLDER: &str = "new #1, 100% & Größe";

/// Prints the locations of an M3U8 and of a rekordbox library, as JSON.
const READERS: &str = "
import json, sys, m3u8
from urllib.parse import unquote, urlparse
from pyrekordbox.rbxml import RekordboxXml
lists = [segment.uri for name in sys.argv[2:] for segment in m3u8.loads(open(name, encoding='utf-8').read()).segments]
xml = RekordboxXml(sys.argv[1])
places = [xml.get_track(number)['Location'] for number in range(xml.num_tracks)]
places = [place.removeprefix('file://localhost') for place in places]
print(json.dumps([lists, [place if place.startswith('/') else '/' + place for place in places]]))
";

/// The file of a track.
pub(crate) struct File {
    /// Its path below the incoming folder.
    pub(crate) path: String,
    /// The path that djay names, if it knows the track.
    pub(crate) in_djay: Option<String>,
}

/// A workspace with music, playlists and a djay library beside it.
pub(crate) struct MusicWorkspace {
    pub(crate) workspace: Workspace,
    pub(crate) incoming: PathBuf,
    pub(crate) written: LibraryContent,
    organised: PathBuf,
    made: PathBuf,
}

impl MusicWorkspace {
    fn new() -> Self {
        Self::with(|number| {
            let (artist, title) = TRACKS[number];
            let path = format!("{FOLDER}/{artist} - {title}.wav");
            File { in_djay: Some(path.clone()), path }
        })
    }

    pub(crate) fn with(file: impl Fn(usize) -> File) -> Self {
        let workspace = Workspace::init();
        let outside = workspace.outside().canonicalize().unwrap();
        let folder = |name: &str| {
            let folder = outside.join(name);
            fs::create_dir_all(&folder).unwrap();
            folder
        };
        let [incoming, organised, made, exports] = ["incoming", "organised", "made", "spotify"].map(folder);
        let files: Vec<File> = (0..FILES).map(file).collect();
        for (number, file) in (0..).zip(&files) {
            write_wav(&incoming.join(&file.path), &tune(number, SECONDS));
        }
        let rows = |tracks: &[usize]| {
            let row = |number: &usize| {
                let (artist, title) = TRACKS[*number];
                let more = ",".repeat(17);
                format!("spotify:track:{number:022},{title},Album,{artist},2021,{}{more}99.5,\n", SECONDS * 1_000)
            };
            format!("{HEADER}\n{}", tracks.iter().map(row).collect::<String>())
        };
        fs::write(exports.join("Late Night.csv"), rows(&[0, 1, 2, 3, 6])).unwrap();
        fs::write(exports.join("Sunday.csv"), rows(&[3, 4, 5])).unwrap();
        let djay = folder("djay");
        let written = write_with(&djay.join("MediaLibrary.db"), &LibrarySpec::small(Style::Mac), |written| {
            let named = (0_u32..).zip(&TRACKS).zip(&files);
            let named = named.filter_map(|(track, file)| Some((track, file.in_djay.as_deref()?)));
            for (track, ((number, (artist, title)), path)) in written.tracks.iter_mut().zip(named) {
                let path = incoming.join(path).display().to_string();
                (track.title, track.artist) = ((*title).to_owned(), Some((*artist).to_owned()));
                (track.seconds, track.isrc) = (f64::from(SECONDS), None);
                (track.bpm, track.key_index) = (Some(120.0 + f64::from(number)), Some(1));
                (track.manual_bpm, track.analysed_manual_bpm, track.play_count) = (None, None, Some(3));
                track.sources.truncate(1);
                for source in &mut track.sources {
                    let escaped = path.replace('%', "%25").replace('#', "%23").replace(' ', "%20");
                    source.uri = format!("file://{escaped}");
                    (source.service, source.id, source.path) = ("local", String::new(), Some(path.clone()));
                }
            }
        });
        let mount = |grant: &str, folder: &Path| format!("{grant}={}", folder.display());
        workspace.baton(&["plugin", "grant", "spotify", "sql=catalog:rw", "sql=own:rw"]).ended(0);
        workspace.baton(&["plugin", "grant", "music-files", "sql=catalog:rw", "sql=own:rw", "locks"]).ended(0);
        for (plugin, grant) in [
            ("spotify", mount("files:ro=spotify", &exports)),
            ("spotify", mount("files:rw=exports", &made)),
            ("music-files", mount("files:rw=music", &incoming)),
            ("music-files", mount("files:rw=organised", &organised)),
            ("djay", mount("files:ro=djay", &djay)),
        ] {
            workspace.baton(&["plugin", "grant", plugin, &grant]).ended(0);
        }
        workspace.baton(&["plugin", "grant", "djay", "sql=files:ro", "sql=catalog:rw"]).ended(0);
        Self { workspace, incoming, written, organised, made }
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.workspace.baton(&[&["run"], args].concat()).ended(0)
    }

    #[track_caller]
    pub(crate) fn scan(&self, folder: &Path) -> Value {
        let scanned = self.workspace.baton(&["library", "scan", &folder.display().to_string(), "--json"]);
        // The exit code is 1 if a folder has no audio file.
        assert!([0, 1].contains(&scanned.code), "{}", scanned.stderr);
        scanned.json()
    }

    /// Exports again. Returns the locations in all M3U8 files and in the rekordbox XML. The parsers of other programs must find
    /// the same locations; without Python, this check is skipped and reported.
    #[track_caller]
    pub(crate) fn exported(&self) -> [Vec<String>; 2] {
        fs::remove_dir_all(&self.made).unwrap();
        fs::create_dir(&self.made).unwrap();
        self.run(&["spotify", "export", "--arg", r#"formats=["m3u8","rekordbox"]"#]);
        let lists = ["Late Night.m3u8", "Sunday.m3u8"].map(|name| self.made.join(name));
        let library = self.made.join("rekordbox.xml");
        let read = [lists.iter().flat_map(|list| in_list(&text_of(list))).collect(), in_library(&text_of(&library))];
        let Ok(tools) = tools("python", "bin/python") else { return read };
        let ended = Command::new(tools.join("bin/python")).args(["-c", READERS]).arg(library).args(lists).output();
        let ended = ended.unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let judged: [Vec<String>; 2] = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(read, judged, "the values equal those that other readers find");
        judged
    }

    /// Asserts that every location is an existing file below `folder`, and that every track with a file has one.
    #[track_caller]
    fn every_location_is_there(&self, folder: &Path, when: &str) {
        let exported = self.exported();
        let counts = exported.each_ref().map(Vec::len);
        assert_eq!(counts, [FILES + 1, FILES], "{when}: one track is in two playlists");
        for location in exported.iter().flatten() {
            let path = Path::new(location);
            assert!(path.is_file() && path.starts_with(folder), "{when}: {location} of {exported:#?}");
        }
        let wanted = self.run(&["music-files", "wanted", "--arg", r#"playlists=["Late Night","Sunday"]"#]);
        let said = format!("{}{}", wanted.stdout, wanted.stderr);
        assert!(said.contains("7 tracks in 2 playlists: 6 on disk, 1 wanted, 0 unclear"), "{when}: {said}");
        for (artist, title) in &TRACKS[..FILES] {
            let found = self.workspace.baton(&["catalog", "search", artist, title, "--json"]).ended(0).json();
            assert!(!found["tracks"].as_array().unwrap().is_empty(), "{when}: {artist} - {title}");
        }
    }

    /// Moves the music and moves it back.
    fn goes_there_and_back(&self, is_scanned: bool) {
        self.scan(&self.incoming);
        if is_scanned {
            self.scan(&self.organised);
        }
        self.run(&["spotify", "import"]);
        self.every_location_is_there(&self.incoming, "after scan and import");
        self.run(&["djay", "sync-sessions"]);
        self.run(&["djay", "match-ids"]);
        self.every_location_is_there(&self.incoming, "after djay");
        self.run(&["music-files", "organise", "--arg", "plan_name=friday"]);
        self.every_location_is_there(&self.incoming, "after organise");
        self.run(&["music-files", "apply", "--arg", "plan=friday"]);
        self.every_location_is_there(&self.organised, "after apply");
        // djay still names the old paths.
        self.run(&["djay", "sync-sessions"]);
        self.every_location_is_there(&self.organised, "after djay named the old places again");
        let coverage = self.workspace.baton(&["library", "coverage", "--json"]).json();
        assert_eq!(coverage["total"]["missing"], 0, "moved files are not missing: {coverage:#}");
        self.scan(&self.incoming);
        let scanned = self.scan(&self.organised);
        assert_eq!(scanned["read"]["files"], 0, "moved files are known and not read again: {scanned:#}");
        self.every_location_is_there(&self.organised, "after the scan of the new folder");
        self.run(&["music-files", "undo", "--arg", "plan=friday"]);
        self.every_location_is_there(&self.incoming, "after undo");
        let scanned = self.scan(&self.incoming);
        assert_eq!(scanned["read"]["files"], 0, "{scanned:#}");
        self.every_location_is_there(&self.incoming, "after the last scan");
    }
}

#[test]
fn every_exported_location_exists_from_scan_to_undo_within_the_folders_that_are_scanned() {
    MusicWorkspace::new().goes_there_and_back(true);
}

#[test]
fn every_exported_location_exists_from_scan_to_undo_without_a_scan_of_the_new_folder() {
    MusicWorkspace::new().goes_there_and_back(false);
}

#[test]
fn every_exported_location_exists_after_a_kill_in_the_middle_of_apply() {
    const OTHERS: usize = 1_000;
    let place = MusicWorkspace::new();
    place.scan(&place.incoming);
    place.run(&["spotify", "import"]);
    for number in 0..OTHERS {
        let (artist, _) = TRACKS[number % FILES];
        fs::write(place.incoming.join(FOLDER).join(format!("{artist} - Other {number}.mp3")), [0; 64]).unwrap();
    }
    place.run(&["music-files", "organise", "--arg", "plan_name=friday"]);
    let mut applying = place.workspace.command();
    applying.arg("-w").arg(place.workspace.root()).args(["run", "music-files", "apply", "--arg", "plan=friday"]);
    let mut applying = applying.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let moved = || files_below(&place.organised).len();
    let begun = Instant::now();
    while moved() < OTHERS / 4 {
        assert!(begun.elapsed() < Duration::from_mins(2), "{} were moved", moved());
        std::thread::sleep(Duration::from_millis(1));
    }
    applying.kill().unwrap();
    applying.wait().unwrap();
    assert!(moved() < OTHERS, "it ended before it was killed, so nothing was tested");
    let exported = place.exported();
    assert_eq!(exported.each_ref().map(Vec::len), [FILES + 1, FILES]);
    for location in exported.iter().flatten() {
        assert!(Path::new(location).is_file(), "{location} of {exported:#?}");
    }
    // A task of `baton run` is not tried again, so a new `run` continues the plan.
    place.run(&["music-files", "apply", "--arg", "plan=friday"]);
    assert_eq!(moved(), OTHERS + FILES);
    place.every_location_is_there(&place.organised, "after the next apply");
}

#[test]
fn files_of_djay_are_found_before_and_after_a_scan_of_another_folder() {
    let place = MusicWorkspace::new();
    place.run(&["spotify", "import"]);
    place.run(&["djay", "sync-sessions"]);
    place.run(&["djay", "match-ids"]);
    let other = place.incoming.with_file_name("other");
    write_wav(&other.join("jingle.wav"), &tune(77, SECONDS));
    for scanned in [false, true] {
        if scanned {
            place.scan(&other);
        }
        let wanted = place.run(&["music-files", "wanted", "--arg", r#"playlists=["Late Night","Sunday"]"#]);
        let said = format!("{}{}", wanted.stdout, wanted.stderr);
        assert!(
            said.contains(
                "7 tracks in 2 playlists: 6 on disk (6 of them by paths that no scan has checked), 1 wanted, 0 unclear"
            ),
            "{scanned}: {said}"
        );
    }
}

#[test]
fn duplicates_have_their_current_paths_after_apply() {
    let place = MusicWorkspace::new();
    let [(artist, title), ..] = TRACKS;
    let twin = place.incoming.join("old/twin.wav");
    fs::create_dir_all(twin.parent().unwrap()).unwrap();
    fs::copy(place.incoming.join(format!("{FOLDER}/{artist} - {title}.wav")), twin).unwrap();
    place.scan(&place.incoming);
    place.scan(&place.organised);
    place.run(&["spotify", "import"]);
    place.run(&["music-files", "organise", "--arg", "plan_name=friday"]);
    place.run(&["music-files", "apply", "--arg", "plan=friday"]);
    let told = place.workspace.baton(&["library", "duplicates", "--json"]).ended(0).stdout;
    let paths = paths_in(&serde_json::from_str(&told).unwrap());
    assert!(paths.len() >= 2, "{told}");
    for path in paths {
        assert!(Path::new(&path).is_file(), "{path} of {told}");
    }
}

fn text_of(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// The locations in an M3U8 file.
fn in_list(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// The locations in a rekordbox library.
fn in_library(text: &str) -> Vec<String> {
    let values = text.split("Location=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let plain = |value: &str| value.replace("&apos;", "'").replace("&quot;", "\"").replace("&amp;", "&");
    values.map(|value| unquoted(plain(value).trim_start_matches("file://localhost"))).collect()
}

/// Decodes the `%` escapes of a text.
fn unquoted(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: Vec<u8> = rest.by_ref().take(2).collect();
            let digits = String::from_utf8_lossy(&digits).into_owned();
            bytes.extend(u8::from_str_radix(&digits, 16));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every absolute path of a music file in a JSON value.
fn paths_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.starts_with('/') && text.ends_with(".wav") => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(paths_in).collect(),
        Value::Object(values) => values.values().flat_map(paths_in).collect(),
        _ => Vec::new(),
    }
}
