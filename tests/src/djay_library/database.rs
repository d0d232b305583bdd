//! The tables of `YapDatabase` and the rows in them.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

use super::content::OLD_LIST;
use super::random::Random;
use super::tsaf::{Tree, encode};
use super::{LibraryContent, LibrarySpec, Style, objects};

const SCHEMA: &str = r#"
CREATE TABLE "yap2" ("extension" CHAR NOT NULL, "key" CHAR NOT NULL, "data" BLOB, PRIMARY KEY ("extension","key"));
CREATE TABLE "database2" ("rowid" INTEGER PRIMARY KEY, "collection" CHAR NOT NULL, "key" CHAR NOT NULL, "data" BLOB, "metadata" BLOB);
CREATE UNIQUE INDEX "true_primary_key" ON "database2" ("collection","key");
CREATE TABLE "secondaryIndex_mediaItemAnalyzedDataIndex" ("rowid" INTEGER PRIMARY KEY, "bpm" REAL, "manualBPM" REAL, "keySignatureIndex" INTEGER);
CREATE TABLE "secondaryIndex_mediaItemUserDataIndex" ("rowid" INTEGER PRIMARY KEY, "tags" TEXT, "manualBPM" REAL);
CREATE TABLE "secondaryIndex_mediaItemLocationIndex" ("rowid" INTEGER PRIMARY KEY, "fileName" TEXT);
INSERT INTO "yap2" VALUES ('', 'snapshot', 1);
"#;

const VIEW: &str = r#"
CREATE TABLE "view_mediaItemPlaylistView_map" ("rowid" INTEGER PRIMARY KEY, "pageKey" CHAR NOT NULL);
CREATE TABLE "view_mediaItemPlaylistView_page" ("pageKey" CHAR NOT NULL PRIMARY KEY, "group" CHAR NOT NULL, "prevPageKey" CHAR, "count" INTEGER, "data" BLOB);
"#;

/// The number of rowids that `YapDatabase` keeps in a page.
const PAGE: usize = 50;

/// An empty dictionary as a binary property list.
const PLIST: &[u8] = b"bplist00\xd0\x08\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09";

pub(super) fn write(path: &Path, wanted: &LibrarySpec, written: &LibraryContent) {
    let mut connection = Connection::open(path).expect("the database opens");
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;").expect("it takes its settings");
    connection.execute_batch(SCHEMA).expect("the tables are made");
    if !written.playlists.is_empty() {
        connection.execute_batch(VIEW).expect("the view is made");
    }
    connection.pragma_update(None, "user_version", 3).expect("it has its version");
    let transaction = connection.transaction().expect("a transaction begins");
    let mut rows = Rows { transaction: &transaction, style: wanted.style, random: Random::new(wanted.seed ^ 1) };
    rows.row("databaseInfo", "databaseInfo", PLIST);
    let titles = rows.tracks(written);
    rows.history(written);
    rows.playlists(written, &titles);
    transaction.commit().expect("it is written");
}

struct Rows<'a> {
    transaction: &'a Transaction<'a>,
    style: Style,
    random: Random,
}

impl Rows<'_> {
    fn row(&self, collection: &str, key: &str, data: &[u8]) -> i64 {
        let sql = "INSERT INTO database2 (collection, key, data) VALUES (?1, ?2, ?3)";
        let mut statement = self.transaction.prepare_cached(sql).expect("a statement");
        statement.execute(params![collection, key, data]).expect("a row is written");
        self.transaction.last_insert_rowid()
    }

    fn object(&self, collection: &str, key: &str, tree: &Tree) -> i64 {
        self.row(collection, key, &encode(tree, self.style))
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) {
        let mut statement = self.transaction.prepare_cached(sql).expect("a statement");
        statement.execute(parameters).expect("a row is written");
    }

    /// Returns the rowids of the tracks' titles.
    fn tracks(&self, written: &LibraryContent) -> Vec<i64> {
        let mut titles = Vec::new();
        for track in &written.tracks {
            titles.push(self.object("mediaItemTitleIDs", &track.id, &objects::title_id(track)));
            let local = track.sources.iter().any(|source| matches!(source.service, "local" | "apple"));
            let collection = if local { "localMediaItemLocations" } else { "globalMediaItemLocations" };
            let location = self.object(collection, &track.id, &objects::location(track));
            let file = track.sources.iter().find_map(|source| source.path.as_deref()?.rsplit(['/', '\\']).next());
            self.execute("INSERT INTO secondaryIndex_mediaItemLocationIndex VALUES (?1, ?2)", params![location, file]);
            if let Some(tree) = objects::analysed(track) {
                let row = self.object("mediaItemAnalyzedData", &track.id, &tree);
                let sql = "INSERT INTO secondaryIndex_mediaItemAnalyzedDataIndex VALUES (?1, ?2, ?3, ?4)";
                self.execute(sql, params![row, track.bpm, track.analysed_manual_bpm, track.key_index]);
            }
            if let Some(tree) = objects::user_data(track) {
                let row = self.object("mediaItemUserData", &track.id, &tree);
                let sql = "INSERT INTO secondaryIndex_mediaItemUserDataIndex VALUES (?1, NULL, ?2)";
                self.execute(sql, params![row, track.manual_bpm]);
            }
        }
        titles
    }

    fn history(&self, written: &LibraryContent) {
        for (place, session) in written.sessions.iter().enumerate() {
            let plays: Vec<_> = written.plays.iter().filter(|play| play.session == place).collect();
            self.object("historySessions", &session.id, &objects::session(session, &plays));
            for play in plays {
                let Some(track) = written.tracks.get(play.track) else { continue };
                self.object("historySessionItems", &play.id, &objects::play(play, session, track));
            }
        }
    }

    /// Writes the playlists in the form of newer versions of djay (each item is an object, the group is the playlist's id), and one in
    /// the form of older versions (rows of titles, the group is the playlist's name).
    fn playlists(&mut self, written: &LibraryContent, titles: &[i64]) {
        let root = Tree::object("ADCMediaItemPlaylist", vec![("uuid", Tree::text("mediaItemPlaylist-root"))]);
        self.object("mediaItemPlaylists", "mediaItemPlaylist-root", &root);
        for (number, playlist) in written.playlists.iter().enumerate() {
            self.object("mediaItemPlaylists", &playlist.id, &objects::playlist(playlist));
            let tracks = playlist.tracks.iter().filter_map(|track| Some((*track, written.tracks.get(*track)?)));
            let old = number == OLD_LIST;
            let mut rows = Vec::new();
            for (place, track) in tracks {
                let id = self.random.uuid();
                rows.push(if old {
                    titles.get(place).copied().unwrap_or_default()
                } else {
                    self.object("mediaItemPlaylistItems", &id, &objects::playlist_item(&id, playlist, track))
                });
            }
            self.pages(if old { &playlist.name } else { &playlist.id }, &rows);
        }
    }

    fn pages(&mut self, group: &str, rows: &[i64]) {
        let mut before: Option<String> = None;
        for page in rows.chunks(PAGE) {
            let key = self.random.uuid();
            let data: Vec<u8> = page.iter().flat_map(|row| row.to_le_bytes()).collect();
            let sql = "INSERT INTO view_mediaItemPlaylistView_page VALUES (?1, ?2, ?3, ?4, ?5)";
            let count = i64::try_from(page.len()).unwrap_or_default();
            self.execute(sql, params![key, group, before, count, data]);
            for row in page {
                self.execute("INSERT OR IGNORE INTO view_mediaItemPlaylistView_map VALUES (?1, ?2)", params![row, key]);
            }
            before = Some(key);
        }
    }
}
