//! Any bytes as an export of Spotify: reading ends and never panics. The result is written, and reading it again gives the same.
#![no_main]

use baton_plugin_kit::Findings;
use libfuzzer_sys::fuzz_target;
use spotify::diff::changes;
use spotify::export::csv;
use spotify::model::Entry;
use spotify::read::{Mapping, read_csv};

fuzz_target!(|bytes: &[u8]| {
    let mut findings = Findings::default();
    let Ok(read) = read_csv(bytes.to_vec(), "x", "x.csv", &Mapping::default(), &mut findings) else { return };
    let Some(read) = read.playlists.first() else { return };
    let Ok(written) = csv::write(&read.entries) else { panic!("what was read can be written") };
    let again = read_csv(written, "x", "x.csv", &Mapping::default(), &mut findings);
    let Some(again) = again.ok().and_then(|csv| csv.playlists.into_iter().next()) else { panic!("what was written can be read") };
    let names = |entries: &[Entry]| entries.iter().map(|entry| entry.uri.as_ref().map(|uri| uri.text()).unwrap_or_default()).collect::<Vec<_>>();
    let (before, after) = (names(&read.entries), names(&again.entries));
    assert_eq!(before, after);
    assert!(changes(&before, &after).is_empty());
});
