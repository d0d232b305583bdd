//! An import compares tracks without an id with Spotify's tracks only if there are new ones.

use std::cell::Cell;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{NoProgress, Writable as _};
use baton_tests::host_services::{Call, HookedDatabase};
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
