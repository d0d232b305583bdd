//! Every dialect of the CSV exports becomes the same entry, with any encoding and any order of its columns.

use baton_plugin_kit::Findings;
use spotify::model::{Entry, Playlist};
use spotify::read::{Mapping, read_csv};
use spotify::uri::Uri;

const ID: &str = "4uLU6hMCjMI75M1A2tKUQC";

fn read(bytes: &[u8]) -> Playlist {
    let mut findings = Findings::default();
    let mut csv = read_csv(bytes.to_vec(), "Mix", "Mix.csv", &Mapping::default(), &mut findings).unwrap();
    let told: Vec<_> = findings.into_list().into_iter().filter(|finding| !finding.id.starts_with("latin")).collect();
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(csv.playlists.len(), 1);
    csv.playlists.remove(0)
}

fn only(bytes: &[u8]) -> Entry {
    let mut playlist = read(bytes);
    assert_eq!(playlist.entries.len(), 1);
    playlist.entries.remove(0)
}

/// The facts of the track in all dialects.
fn common() -> Entry {
    Entry {
        uri: Some(Uri::Track(ID.to_owned())),
        title: "Nachtbus, zweiter Teil".to_owned(),
        artists: vec!["Ida Lund".to_owned(), "Käthe & Söhne".to_owned()],
        album: Some("Fahrplan".to_owned()),
        duration_ms: Some(221_000),
        ..Entry::default()
    }
}

#[test]
fn a_current_format() {
    let header = super::support::A;
    for (artists, mark) in [("\"Ida Lund,Käthe & Söhne\"", ""), ("Ida Lund;Käthe & Söhne", "\u{feff}")] {
        let text = format!(
            "{mark}{header}\r\nspotify:track:{ID},\"Nachtbus, zweiter Teil\",Fahrplan,{artists},2021-03-04,221000,41,true,someone,\
             2024-01-02T03:04:05Z,\"house,deep house\",Küste,0.5,,9,-7.1,0,,,,,,122.5,4\r\n"
        );
        let entry = only(text.as_bytes());
        let mut expected = Entry {
            released: Some("2021-03-04".to_owned()),
            explicit: Some(true),
            added_by: Some("someone".to_owned()),
            added_at: Some(1_704_164_645_000),
            genres: Some("house,deep house".to_owned()),
            label: Some("Küste".to_owned()),
            ..common()
        };
        for (field, value) in
            [("popularity", 41.0), ("danceability", 0.5), ("key", 9.0), ("loudness", -7.1), ("mode", 0.0)]
        {
            expected.set_number(field, Some(value));
        }
        expected.set_number("tempo", Some(122.5));
        expected.set_number("time_signature", Some(4.0));
        assert_eq!(entry, expected);
    }
}

#[test]
fn a_format_without_uris() {
    let text = format!(
        "Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Added By,Added At\n\
         {ID},\"a,b\",\"Nachtbus, zweiter Teil\",Fahrplan,\"Ida Lund, Käthe & Söhne\",2021,221000,41,,\n"
    );
    let mut expected = Entry { released: Some("2021".to_owned()), ..common() };
    expected.set_number("popularity", Some(41.0));
    assert_eq!(only(text.as_bytes()), expected);
}

#[test]
fn b_with_and_without_isrc() {
    let header = "Track URI,Track Name,Artist URI(s),Artist Name(s),Album URI,Album Name,Album Artist URI(s),Album Artist Name(s),\
        Album Release Date,Album Image URL,Disc Number,Track Number,Track Duration (ms),Track Preview URL,Explicit,Popularity";
    let row = format!(
        "spotify:track:{ID},\"Nachtbus, zweiter Teil\",\"spotify:artist:a, spotify:artist:b\",\"Ida Lund, Käthe & Söhne\",\
         spotify:album:x,Fahrplan,spotify:artist:a,Ida Lund,2021-03,https://i.example/x,1,2,221000,,false,41"
    );
    for (more, cell, isrc) in [(",ISRC", ",debx12100001", Some("DEBX12100001")), ("", "", None)] {
        let entry = only(format!("{header}{more},Added By,Added At\n{row}{cell},,1970-01-01T00:00:00Z\n").as_bytes());
        let mut expected = Entry {
            released: Some("2021-03".to_owned()),
            album_artist: Some("Ida Lund".to_owned()),
            explicit: Some(false),
            isrc: isrc.map(str::to_owned),
            ..common()
        };
        expected.set_number("popularity", Some(41.0));
        assert_eq!(entry, expected);
    }
}

#[test]
fn b_uses_single_artists_to_find_names_with_commas() {
    let header = "Track URI,Track Name,Artist URI(s),Artist Name(s)";
    let rows = [("x", "Lund, Voss & Co"), ("x, y", "Lund, Voss & Co, Oto"), ("y, z", "Oto, A, B"), ("v, w", "A, B, C")];
    let rows = rows.map(|(ids, names)| format!("spotify:track:{ID},T,\"{ids}\",\"{names}\"")).join("\n");
    let artists: Vec<_> =
        read(format!("{header}\n{rows}\n").as_bytes()).entries.into_iter().map(|entry| entry.artists).collect();
    assert_eq!(artists[0], ["Lund, Voss & Co"]);
    assert_eq!(artists[1], ["Lund, Voss & Co", "Oto"]);
    // No row has `y` as its only artist, so two splits fit, and the credit is not split.
    assert_eq!(artists[2], ["Oto, A, B"]);
    assert_eq!(artists[3], ["A, B, C"]);
}

#[test]
fn c_with_underscores_and_other_separators() {
    for separator in [',', ';', '\t'] {
        let header = ["duration_ms", "track_name", "artist_name(s)", "album_name", "track_uri", "something_else"];
        let row = [
            "221000",
            "\"Nachtbus, zweiter Teil\"",
            "\"Ida Lund,Käthe & Söhne\"",
            "Fahrplan",
            &format!("spotify:track:{ID}"),
            "x",
        ];
        let join = |cells: &[&str]| cells.join(&separator.to_string());
        assert_eq!(only(format!("{}\n{}\n", join(&header), join(&row)).as_bytes()), common(), "{separator:?}");
    }
}

#[test]
fn latin_letters_of_old_programs_are_read() {
    let text = format!(
        "Track URI,Track Name,Artist Name(s),Album Name,Duration (ms)\n\
         spotify:track:{ID},\"Nachtbus, zweiter Teil\",\"Ida Lund,Käthe & Söhne\",Fahrplan,221000\n"
    );
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(only(&latin), common());
}
