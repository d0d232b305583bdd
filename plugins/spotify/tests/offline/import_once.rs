//! An import writes each track once, and compares tracks without an id with Spotify's tracks only if there are new ones.

use std::cell::{Cell, RefCell};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{NoProgress, Rows, Tables, Writable};
use baton_plugin_sdk::sql::{Error, Row, Table, Value};
use baton_tests::host_services::{Call, HookedDatabase, HostDatabase};
use spotify::import::{self, Args};

use super::support::{TestDatabases, row};

/// Counts how often an import reads all tracks.
fn reads(place: &TestDatabases) -> u32 {
    let count = Cell::new(0);
    let catalog = HookedDatabase::new(&place.catalog, |call, statement| {
        count.set(count.get() + u32::from(call == Call::Rows && statement.contains("FROM tracks AS t WHERE")));
        Ok(())
    });
    let services = import::HostServices { catalog: &catalog, own: &place.own, progress: &NoProgress };
    import::import(services, &place.folders(), &Args::default(), &mut Findings::default()).unwrap();
    count.get()
}

#[test]
fn tracks_are_compared_once_until_there_are_others() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto")])]);
    place.write("Rain.csv", "title,artist,album,isrc\nGlow,Ida Lund,Licht,\n");
    assert_eq!([reads(&place), reads(&place), reads(&place)], [1, 0, 0]);
    // Another program adds a track of Spotify.
    let put = "INSERT INTO put_track (source, service, id, title) VALUES ('djay', 'spotify', 'x', 'Harbour')";
    place.catalog.execute(put, &[]).unwrap();
    assert_eq!([reads(&place), reads(&place)], [1, 0]);
    place.playlist("More", &[row(2, "Two", "Oto")]);
    assert_eq!([reads(&place), reads(&place)], [1, 0]);
}

/// A catalog that records the id of each written track.
struct RecordedTracks<'a> {
    catalog: &'a HostDatabase,
    ids: RefCell<Vec<String>>,
}

impl RecordedTracks<'_> {
    fn record(&self, statement: &str, row: &[Value]) {
        // The fourth value of the statement is the id.
        if statement.contains("INTO put_track ")
            && let Some(Value::Text(id)) = row.get(3)
        {
            self.ids.borrow_mut().push(id.clone());
        }
    }
}

impl Tables for RecordedTracks<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        self.catalog.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        self.catalog.rows(statement, parameters)
    }
}

impl Writable for RecordedTracks<'_> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.record(statement, parameters);
        self.catalog.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error> {
        self.catalog.batch(statement, &mut rows.inspect(|row| self.record(statement, row)))
    }
}

#[test]
fn a_track_in_several_playlists_is_written_once() {
    let [one, two, three] = [row(1, "One", "Oto"), row(2, "Two", "Oto"), row(3, "Three", "Oto")];
    let place = TestDatabases::with(&[
        ("First", &[one.clone(), two.clone(), one.clone()]),
        ("Second", &[two.clone(), one.clone()]),
        ("Third", &[three, one, two]),
    ]);
    let catalog = RecordedTracks { catalog: &place.catalog, ids: RefCell::default() };
    let services = import::HostServices { catalog: &catalog, own: &place.own, progress: &NoProgress };
    import::import(services, &place.folders(), &Args::default(), &mut Findings::default()).unwrap();
    let mut ids = catalog.ids.into_inner();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3].map(|number| format!("{number:022}")));
    assert_eq!(place.rows("SELECT count(*) FROM playlist_items"), ["8"]);
}
