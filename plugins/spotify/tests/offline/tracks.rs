//! `playlists-for-track`: tests every way to name a track, and the path where the track's file belongs.

use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::Error;
use spotify::action_result::ActionResult;
use spotify::playlists_for_track::{self, Args};

use super::support::{TestDatabases, ids, row, uri};

fn place() -> TestDatabases {
    let one = row(1, "Night Bus", "Ida Lund;Oto");
    let place = TestDatabases::with(&[
        ("A: Late?", &[row(2, "Night Bus (Live)", "Ida Lund"), one.clone(), one.clone()]),
        ("B", &[one]),
    ]);
    place.import();
    let said = "INSERT INTO put_track (source, service, id, isrc) VALUES ('test', 'spotify', ?1, 'GBAYE0000351')";
    place.catalog.execute(said, &[format!("{:022}", 1).into()]).unwrap();
    let lonely =
        "INSERT INTO put_track (source, service, id, title, artists) VALUES ('test', 'spotify', ?1, 'Alone', 'Oto')";
    place.catalog.execute(lonely, &[format!("{:022}", 7).into()]).unwrap();
    place
}

fn asked(place: &TestDatabases, args: &Args) -> (Result<ActionResult, Error>, Vec<String>) {
    let (made, findings) = place.run(|sources, findings| playlists_for_track::run(sources.catalog, args, findings));
    (made, ids(&findings).into_iter().map(str::to_owned).collect())
}

fn named(track: &str) -> Args {
    Args { track: Some(track.to_owned()), ..Args::default() }
}

#[test]
fn a_track_is_found_by_any_of_its_names() {
    let place = place();
    let id = format!("{:022}", 1);
    let number = spotify::catalog::track_by_id(&place.catalog, &id).unwrap()[0].0;
    let by_name = |title: &str, artist: &str| Args {
        title: Some(title.to_owned()),
        artist: Some(artist.to_owned()),
        ..Args::default()
    };
    for args in [
        named(&id),
        named(&uri(1)),
        named(&format!("https://open.spotify.com/track/{id}?si=x")),
        named("gb-aye-00-00351"),
        named(&number.to_string()),
        Args { title: Some("night bus".to_owned()), ..Args::default() },
        by_name("Night Bus", "Ida Lund & Oto"),
        by_name("NIGHT BUS (feat. Oto)", "Ida Lund"),
    ] {
        let (made, findings) = asked(&place, &args);
        let made = made.unwrap();
        assert!(findings.is_empty(), "{args:?}: {findings:?}");
        let data: serde_json::Value = serde_json::from_slice(&made.reports[2].bytes).unwrap();
        let found: Vec<_> = data["tracks"][0]["playlists"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["playlist"].as_str().unwrap(), one["position"].as_i64().unwrap()))
            .collect();
        assert_eq!(found, [("A: Late?", 2), ("A: Late?", 3), ("B", 1)], "{args:?}");
        assert_eq!(data["tracks"][0]["file"], "A_ Late_/Ida Lund, Oto - Night Bus");
        assert!(made.summary.contains("2 playlists"), "{}", made.summary);
    }
}

#[test]
fn a_track_of_no_playlist_is_found_by_its_names_too() {
    let args = Args { title: Some("Alone".to_owned()), artist: Some("Oto".to_owned()), ..Args::default() };
    let (made, findings) = asked(&place(), &args);
    assert!(made.unwrap().summary.contains("Unassigned/Oto - Alone"), "{findings:?}");
}

#[test]
fn tracks_in_no_playlist_are_unassigned() {
    let (made, _) = asked(&place(), &named(&uri(7)));
    let made = made.unwrap();
    assert!(made.summary.contains("0 playlists, `Unassigned/Oto - Alone`"), "{}", made.summary);
    assert!(String::from_utf8_lossy(&made.reports[1].bytes).contains("Unassigned/Oto - Alone"));
}

#[test]
fn ambiguous_names_cause_a_question_and_no_guess() {
    let place = place();
    let (made, findings) = asked(
        &place,
        &Args { title: Some("Nite Buss".to_owned()), artist: Some("Nobody".to_owned()), ..Args::default() },
    );
    let made = made.unwrap();
    assert!(made.summary.starts_with("No track of the catalog") && made.reports.is_empty(), "{}", made.summary);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let other = "INSERT INTO put_track (source, service, id, title, artists) VALUES ('test', 'spotify', ?1, 'Night Bus', 'Nobody')";
    place.catalog.execute(other, &[format!("{:022}", 8).into()]).unwrap();
    let title = |artist: Option<&str>| Args {
        title: Some("Night Bus".to_owned()),
        artist: artist.map(str::to_owned),
        ..Args::default()
    };
    let made = asked(&place, &title(None)).0.unwrap();
    assert!(made.reports.is_empty() && made.next_steps[0].contains("--arg artist="), "{:?}", made.next_steps);
    assert!(asked(&place, &title(Some("Nobody"))).0.unwrap().summary.starts_with("Nobody - Night Bus"));
    let (made, findings) = asked(&place, &named("nonsense"));
    assert!(made.unwrap().summary.starts_with("No track") && findings == ["unknown-track:nonsense"], "{findings:?}");
    assert!(
        matches!(asked(&place, &Args::default()).0, Err(Error::Permanent(text)) if text.contains("name the track"))
    );
}
