//! The catalog as plugins write it and people read it.

use std::path::Path;

use baton_plugin_sql::{Access, Row, Session, StopHandle, Value};

use super::*;

fn writer(folder: &Path) -> Session {
    let path = folder.join("catalog.db");
    let access = Access {
        database: baton_core::grants::Database::Catalog,
        path,
        writable: true,
        writer: None,
        denial: String::new(),
    };
    Session::open(&access, &StopHandle::default()).unwrap()
}

fn catalog(folder: &Path) -> Catalog {
    Catalog::open(&folder.join("catalog.db")).unwrap().unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn put(writer: &Session, view: &str, values: &[(&str, Value)]) {
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    let marks = vec!["?"; values.len()].join(", ");
    let sql = format!("INSERT INTO {view} ({}) VALUES ({marks})", names.join(", "));
    let row: Row = values.iter().map(|(_, value)| value.clone()).collect();
    writer.execute(&sql, &row).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn track(writer: &Session, source: &str, at: i64, id: &str, more: &[(&str, Value)]) {
    let head = [("source", text(source)), ("service", text(source)), ("said_at", Value::Integer(at)), ("id", text(id))];
    put(writer, "put_track", &[&head, more].concat());
}

#[test]
fn there_is_no_catalog_before_the_first_write() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Catalog::open(&folder.path().join("catalog.db")).unwrap().is_none());
}

#[test]
fn repeated_statements_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    let say = || {
        track(
            &writer,
            "djay",
            1,
            "d1",
            &[("title", text("One")), ("artists", text(r#"["A, B", "C"]"#)), ("album", text("X"))],
        );
        put(
            &writer,
            "put_playlist",
            &[("source", text("djay")), ("service", text("djay")), ("id", text("p")), ("name", text("P"))],
        );
        let item = [("source", text("djay")), ("service", text("djay")), ("playlist", text("p"))];
        let place = [("position", Value::Integer(0)), ("track_service", text("djay")), ("track", text("d1"))];
        put(&writer, "put_playlist_item", &[item, place].concat());
        put(
            &writer,
            "put_session",
            &[("source", text("djay")), ("service", text("djay")), ("id", text("s")), ("device_name", text("Mac"))],
        );
        let play = [("source", text("djay")), ("service", text("djay")), ("id", text("y")), ("session", text("s"))];
        put(
            &writer,
            "put_play",
            &[
                play,
                [
                    ("track_service", text("djay")),
                    ("track", text("d1")),
                    ("deck", Value::Integer(2)),
                    ("started_at", Value::Integer(9)),
                ],
            ]
            .concat(),
        );
        put(
            &writer,
            "put_file",
            &[
                ("source", text("eagle")),
                ("path", text("/m/1.flac")),
                ("track_service", text("djay")),
                ("track", text("d1")),
            ],
        );
        put(
            &writer,
            "put_fingerprint",
            &[
                ("source", text("fp")),
                ("path", text("/m/1.flac")),
                ("algorithm", text("chromaprint")),
                ("data", Value::Blob(vec![1])),
            ],
        );
        put(
            &writer,
            "put_tag",
            &[("source", text("eagle")), ("service", text("djay")), ("id", text("d1")), ("tag", text("warm"))],
        );
    };
    say();
    let first = catalog(folder.path()).stats().unwrap();
    let shown = catalog(folder.path()).show(1).unwrap();
    say();
    assert_eq!(catalog(folder.path()).stats().unwrap(), first);
    assert_eq!(catalog(folder.path()).show(1).unwrap(), shown);
    let count = |name: &str| first.counts.iter().find(|named| named.name == name).unwrap().count;
    let rows = ["tracks", "artists", "albums", "playlist items", "plays", "files", "fingerprints", "tags"].map(count);
    assert_eq!(rows, [1, 2, 1, 1, 1, 1, 1, 1]);
    assert_eq!(shown.playlists, [PlaylistPlace { name: "P".to_owned(), position: 1 }]);
    assert_eq!((shown.files[0].fingerprints.join(","), shown.plays[0].deck), ("chromaprint".to_owned(), Some(2)));
}

#[test]
fn a_new_track_has_the_values_chosen_from_its_facts() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    let whole = [
        ("title", text("One")),
        ("artists", text("[\"A\", \"B, C\"]")),
        ("album", text("Album")),
        ("album_artist", text("A")),
        ("duration_ms", Value::Integer(200_000)),
        ("isrc", text("USABC0000001")),
        ("bpm", Value::Real(120.5)),
        ("musical_key", text("Am")),
        ("genre", text("House")),
        ("released", text("2021")),
        ("label", text("Label")),
        ("rating", Value::Integer(4)),
        ("added_at", Value::Integer(9)),
        ("more", text("{\"energy\": 0.5}")),
    ];
    track(&writer, "s", 1, "whole", &whole);
    track(&writer, "s", 1, "bare", &[("title", text("Two")), ("artists", text("A & B")), ("album", text("album"))]);
    track(&writer, "s", 1, "more", &[("title", text("Three")), ("more", text("{\"bpm\": 99.5, \"label\": \"L\"}"))]);
    let rows = || {
        let sql = "SELECT title, artists, artist, album, album_artist, album_id, duration_ms, isrc, bpm, musical_key, genre, \
            released, label, rating, added_at FROM tracks ORDER BY id";
        writer.query(sql, &[]).unwrap().rows
    };
    let first = rows();
    assert_eq!((first[0][3].clone(), first[2][8].clone()), (text("Album"), Value::Real(99.5)));
    // Ranking a source chooses the values of all its tracks again.
    put(&writer, "put_source", &[("name", text("s")), ("rank", Value::Integer(1))]);
    assert_eq!(rows(), first);
}

#[test]
fn the_higher_rank_wins_then_the_newer_value() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    track(&writer, "spotify", 5, "s1", &[("title", text("One")), ("bpm", Value::Real(120.0))]);
    track(&writer, "djay", 6, "d1", &[("title", text("one (rip)")), ("bpm", Value::Real(121.0))]);
    let same = [("source", text("matcher")), ("service", text("djay")), ("id", text("d1"))];
    put(
        &writer,
        "put_same",
        &[same.as_slice(), &[("other_service", text("spotify")), ("other_id", text("s1"))]].concat(),
    );
    let id = match catalog(folder.path()).find("djay:d1").unwrap() {
        FoundTracks::One(id) => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(catalog(folder.path()).find("s1").unwrap(), FoundTracks::One(id));
    assert_eq!(catalog(folder.path()).find("2").unwrap(), FoundTracks::One(id), "the id of the merged track");
    let title = || {
        let facts = catalog(folder.path()).show(id).unwrap().facts;
        let counts = facts.iter().find(|fact| fact.field == "title" && fact.counts).unwrap();
        (counts.value.clone(), counts.source.clone(), facts.iter().filter(|fact| fact.field == "title").count())
    };
    assert_eq!(title(), ("one (rip)".to_owned(), "djay".to_owned(), 2));
    put(&writer, "put_source", &[("name", text("spotify")), ("rank", Value::Integer(10))]);
    assert_eq!(title(), ("One".to_owned(), "spotify".to_owned(), 2));
    assert_eq!(catalog(folder.path()).search("ONE", 5).unwrap()[0].title, "One");
    track(&writer, "djay", 3, "d1", &[("bpm", Value::Real(99.0))]);
    let bpm = writer.query("SELECT value FROM provenance WHERE field = 'bpm' AND source = 'djay'", &[]).unwrap();
    assert_eq!(bpm.rows, [[Value::Real(121.0)]], "an older value does not replace a newer one");
}

#[test]
fn a_shorter_playlist_loses_its_last_items() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    let playlist = |items: i64| {
        let head = [("source", text("s")), ("service", text("s")), ("id", text("p")), ("name", text("P"))];
        put(&writer, "put_playlist", &[head.as_slice(), &[("items", Value::Integer(items))]].concat());
    };
    playlist(3);
    for position in 0..3 {
        track(&writer, "s", 1, &position.to_string(), &[("title", text("T"))]);
        let item = [
            ("source", text("s")),
            ("service", text("s")),
            ("playlist", text("p")),
            ("position", Value::Integer(position)),
        ];
        put(
            &writer,
            "put_playlist_item",
            &[item.as_slice(), &[("track_service", text("s")), ("track", text(&position.to_string()))]].concat(),
        );
    }
    playlist(2);
    assert_eq!(writer.query("SELECT position FROM playlist_items", &[]).unwrap().rows.len(), 2);
}

#[test]
fn a_whole_library_is_loaded_and_searched() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    let rows: Vec<Row> = (0..15_540)
        .map(|n| vec![text(&format!("{n:032x}")), text(&format!("Título {n}")), text(&format!("Artist {}", n % 500))])
        .collect();
    let sql =
        "INSERT INTO put_track (source, said_at, service, id, title, artists) VALUES ('djay', 1, 'djay', ?, ?, ?)";
    for piece in rows.chunks(2_000) {
        writer.batch(sql, piece).unwrap();
    }
    let catalog = catalog(folder.path());
    assert_eq!(catalog.stats().unwrap().counts[0].count, 15_540);
    let hits = catalog.search("titulo 1234 artist", 50).unwrap();
    assert_eq!((hits.len(), hits[0].title.as_str()), (11, "Título 1234"));
    assert!(catalog.search("\" OR * NEAR(", 5).unwrap().is_empty());
    assert!(catalog.search(" -- ", 5).unwrap().is_empty());
}

#[test]
fn an_unused_album_leaves_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    let said = [("title", text("One")), ("album", text("Stray")), ("more", text(r#"{"album": "Counts"}"#))];
    track(&writer, "djay", 1, "d1", &said);
    let albums =
        writer.query("SELECT a.title, t.title FROM albums AS a LEFT JOIN tracks AS t ON t.album_id = a.id", &[]);
    assert_eq!(albums.unwrap().rows, [vec![text("Counts"), text("One")]]);
}

#[test]
fn a_track_can_be_merged_after_its_id_was_reused() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    track(&writer, "djay", 1, "a", &[("title", text("One"))]);
    for id in ["b", "c"] {
        track(&writer, "djay", 1, id, &[("title", text("One"))]);
        let ids = [("service", "djay"), ("id", id), ("other_service", "djay"), ("other_id", "a")];
        let ids = ids.map(|(name, value)| (name, text(value)));
        put(&writer, "put_same", &[&[("source", text("djay"))][..], &ids].concat());
    }
    assert_eq!(catalog(folder.path()).find("djay:c").unwrap(), FoundTracks::One(1));
}

#[test]
fn no_fact_outlives_its_track() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    for id in ["kept", "merged", "withdrawn"] {
        track(&writer, "djay", 1, id, &[("title", text("One")), ("more", text(r#"{"energy": 0.5}"#))]);
    }
    let facts = || {
        let sql = "SELECT count(*), sum(NOT EXISTS (SELECT 1 FROM tracks AS t WHERE t.id = f.track)),
                sum(NOT EXISTS (SELECT 1 FROM sources AS s WHERE s.id = f.source)) FROM facts AS f";
        writer.query(sql, &[]).unwrap().rows.remove(0)
    };
    assert_eq!(facts(), [6, 0, 0].map(Value::Integer));
    let same = ["djay", "merged", "djay", "kept"].map(text);
    let names = ["service", "id", "other_service", "other_id"];
    put(&writer, "put_same", &[vec![("source", text("djay"))], names.into_iter().zip(same).collect()].concat());
    put(&writer, "put_unsaid", &[("source", text("djay")), ("service", text("djay")), ("id", text("withdrawn"))]);
    assert_eq!(facts(), [2, 0, 0].map(Value::Integer));
}
