//! A folder with exports, a catalog and own tables, with the grants of the host.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{NoProgress, Tables};
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Finding};
use baton_tests::host_services::HostDatabase;
use spotify::import::{self, Args, Report};
use spotify::read::Folder;
use spotify::source::PlaylistSources;

/// The header of today's dialect.
pub(crate) const A: &str = "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,\
    Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,\
    Valence,Tempo,Time Signature";

/// A row with these names and no other facts.
pub(crate) fn row(number: usize, title: &str, artists: &str) -> String {
    format!(
        "{},{title},Album {number},\"{artists}\",2021-03-0{},{},40,false,someone,2024-01-02T03:04:05Z,,Label,0.5,0.6,9,-7.1,0,0.05,0.1,0,0.12,0.4,122.5,4",
        uri(number),
        number % 9 + 1,
        200_000 + number * 20_000
    )
}

/// The URI of the track with a number.
pub(crate) fn uri(number: usize) -> String {
    format!("spotify:track:{number:022}")
}

pub(crate) struct TestDatabases {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) catalog: HostDatabase,
    pub(crate) own: HostDatabase,
}

impl TestDatabases {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("spotify")).unwrap();
        let (catalog, own) = (HostDatabase::catalog(folder.path()), HostDatabase::own(folder.path()));
        Self { folder, catalog, own }
    }

    /// A folder with these playlists in today's dialect, each given by its name and rows.
    pub(crate) fn with(playlists: &[(&str, &[String])]) -> Self {
        let place = Self::new();
        for (name, rows) in playlists {
            place.playlist(name, rows);
        }
        place
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("spotify")
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn playlist(&self, name: &str, rows: &[String]) {
        self.write(&format!("{name}.csv"), format!("{A}\n{}\n", rows.join("\n")));
    }

    pub(crate) fn folders(&self) -> Vec<Folder> {
        vec![Folder { path: self.path(), shown: "spotify".to_owned() }]
    }

    pub(crate) fn import(&self) -> (Report, Vec<Finding>) {
        self.import_only(&Args::default()).unwrap()
    }

    pub(crate) fn import_only(&self, args: &Args) -> Result<(Report, Vec<Finding>), Error> {
        let mut findings = Findings::default();
        let services = import::HostServices { catalog: &self.catalog, own: &self.own, progress: &NoProgress };
        let report = import::import(services, &self.folders(), args, &mut findings)?;
        Ok((report, findings.into_list()))
    }

    /// Runs an action that reads playlists. Returns its result and its findings.
    pub(crate) fn run<T>(&self, action: impl FnOnce(PlaylistSources<'_>, &mut Findings) -> T) -> (T, Vec<Finding>) {
        let (folders, mut findings) = (self.folders(), Findings::default());
        let made =
            action(PlaylistSources { catalog: &self.catalog, own: Some(&self.own), folders: &folders }, &mut findings);
        (made, findings.into_list())
    }

    /// The rows of a query, as text.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        texts(&self.catalog, sql)
    }

    /// Every row of every table of the catalog, to compare states.
    pub(crate) fn dump(&self) -> Vec<String> {
        let tables =
            texts(&self.catalog, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'");
        tables
            .iter()
            .flat_map(|table| texts(&self.catalog, &format!("SELECT * FROM \"{table}\" ORDER BY 1, 2")))
            .collect()
    }
}

/// The rows of a query, each as one text.
pub(crate) fn texts(tables: &dyn Tables, sql: &str) -> Vec<String> {
    let row = |row: Vec<Value>| {
        let cells = row.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Blob(bytes) => format!("{bytes:?}"),
        });
        cells.collect::<Vec<_>>().join("|")
    };
    tables.rows(sql, &[]).unwrap().map(|found| row(found.unwrap())).collect()
}

pub(crate) fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id.as_str()).collect()
}

/// True if a file below the folder has these bytes.
pub(crate) fn holds(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holds(&path, bytes)
        } else {
            fs::read(path).unwrap().windows(bytes.len()).any(|part| part == bytes)
        }
    })
}

/// Each playlist: service, id, name, number of items.
pub(crate) fn playlists(place: &TestDatabases) -> Vec<String> {
    place.rows(
        "SELECT e.service, e.external_id, p.name, (SELECT count(*) FROM playlist_items AS i WHERE i.playlist = p.id) \
         FROM playlists AS p JOIN external_ids AS e ON e.kind = 'playlist' AND e.item = p.id ORDER BY 1, 2",
    )
}

/// The titles of a playlist, in order; empty where the track is unknown.
pub(crate) fn titles(place: &TestDatabases, id: &str) -> Vec<String> {
    place.rows(&format!(
        "SELECT t.title FROM playlist_items AS i LEFT JOIN tracks AS t ON t.id = i.track JOIN external_ids AS e \
         ON e.kind = 'playlist' AND e.item = i.playlist AND e.external_id = '{id}' ORDER BY i.position"
    ))
}

/// Sets the age of a file in hours.
pub(crate) fn age(place: &TestDatabases, name: &str, hours: u64) {
    let file = fs::File::options().write(true).open(place.path().join(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(hours)).unwrap();
}

/// A playlist of a dialect with only names and lengths.
pub(crate) fn short(place: &TestDatabases, name: &str, title: &str) {
    let header = "Track URI,Track Name,Album Name,Artist Name(s),Duration (ms)";
    place.write(name, format!("{header}\n{},{title},Album 1,Ida Lund,220000\n", uri(1)));
}
