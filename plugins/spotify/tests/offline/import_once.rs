//! An import compares tracks that have no id with Spotify's only where there is something new to compare.

use std::cell::Cell;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{Rows, Tables, Writable};
use baton_plugin_sdk::sql::{Error, Row, Table, Value};
use baton_tests::host_services::HostDatabase;
use spotify::import::{self, Args};
use spotify::watch::NoWatch;

use super::support::{Place, row};

/// A catalog that counts how often all tracks are read.
struct Counting<'a> {
    catalog: &'a HostDatabase,
    reads: Cell<u32>,
}

impl Tables for Counting<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, Error> {
        self.catalog.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, Error> {
        self.reads.set(self.reads.get() + u32::from(statement.contains("FROM tracks AS t WHERE")));
        self.catalog.rows(statement, parameters)
    }
}

impl Writable for Counting<'_> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.catalog.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, Error> {
        self.catalog.batch(statement, rows)
    }
}

/// How often an import reads all tracks.
fn reads(place: &Place) -> u32 {
    let catalog = Counting { catalog: &place.catalog, reads: Cell::new(0) };
    let lent = import::HostServices { catalog: &catalog, own: &place.own, watch: &NoWatch };
    import::import(lent, &place.folders(), &Args::default(), &mut Findings::default()).unwrap();
    catalog.reads.get()
}

#[test]
fn tracks_are_compared_once_until_there_are_others() {
    let place = Place::with(&[("Mix", &[row(1, "One", "Oto")])]);
    place.write("Rain.csv", "title,artist,album,isrc\nGlow,Ida Lund,Licht,\n");
    assert_eq!([reads(&place), reads(&place), reads(&place)], [1, 0, 0]);
    // Another program brings a track of Spotify's.
    let put = "INSERT INTO put_track (source, service, id, title) VALUES ('djay', 'spotify', 'x', 'Harbour')";
    place.catalog.execute(put, &[]).unwrap();
    assert_eq!([reads(&place), reads(&place)], [1, 0]);
    place.playlist("More", &[row(2, "Two", "Oto")]);
    assert_eq!([reads(&place), reads(&place)], [1, 0]);
}
