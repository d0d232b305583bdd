//! Invalid input causes one clear finding or error, and the Drive stays unchanged.

use std::fs::{self, File};
use std::process::Command;

use baton_plugin_sdk::Error;
use baton_tests::{Mount, or_skip};
use serde_json::json;

use crate::test_drive::{TestDrive, ids};

const NAME: (&str, &str, &str) = ("title", "Name", "title");

#[test]
fn unusable_sources_are_reported_and_the_others_are_synced() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    let good = "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n";
    let sidecar = |id: &str| {
        json!({ "id": id, "title": "X", "complete": true, "row_count": 1, "properties": { "title": { "name": "Name", "type": "title" } } }).to_string()
    };
    for (name, csv, sidecar) in [
        ("a-twice", good, sidecar("twice")),
        ("b-twice", good, sidecar("TWICE")),
        ("cut", "__page_id,__last_synced_iso,Name\n,,title\np1,,\"On", sidecar("cut")),
        ("fewer", "__page_id,__last_synced_iso,Name\n,,title\n", sidecar("fewer")),
        ("keys", "__page_id,__last_synced_iso,Name\n,,title\np1,,A\np1,,B\n", sidecar("keys").replace(":1,", ":2,")),
        ("json", good, "{".to_owned()),
        ("none", good, json!({ "id": "none", "title": "", "complete": true, "properties": {} }).to_string()),
        ("path", good, sidecar("../../x")),
    ] {
        drive.write(&format!("databases/{name}.csv"), csv);
        drive.write(&format!("databases/{name}.json"), &sidecar);
    }
    drive.write("databases/alone.csv", good);
    fs::create_dir(drive.path("databases/folder.csv")).unwrap();
    File::create(drive.path("databases/large.csv")).unwrap().set_len(500 << 20).unwrap();
    drive.write("databases/large.json", &sidecar("large"));
    let outcome = drive.sync();
    let expected = [
        "id-twice:twice",
        "source:alone",
        "source:folder",
        "source:json",
        "source:path",
        "source:cut",
        "source:fewer",
        "source:keys",
        "source:large",
        "source:none",
    ];
    let mut found = ids(&outcome);
    found.sort_unstable();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{:#?}", outcome.findings);
    assert!(outcome.summary.contains("1 written (1 row)"), "{}", outcome.summary);
    let large = outcome.findings.iter().find(|finding| finding.id == "source:large").unwrap();
    assert!(large.title.ends_with("it has 524288000 bytes; the limit is 16777216 (16 MB)"), "{}", large.title);
    assert_eq!(drive.names("drive"), ["T_id-1"]);
}

#[test]
fn a_pipe_in_place_of_a_csv_is_not_waited_for() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    fs::remove_file(drive.path("drive/T_id-1/T_id-1.csv")).unwrap();
    for path in ["databases/pipe.csv", "drive/T_id-1/T_id-1.csv"] {
        assert!(Command::new("mkfifo").arg(drive.path(path)).status().unwrap().success());
    }
    drive.write("databases/pipe.json", "{}");
    let outcome = drive.sync();
    assert_eq!(ids(&outcome), ["source:pipe", "unreadable:id-1"], "{:?}", outcome.findings);
    let shown = "drive/T_id-1/T_id-1.csv: it is not a regular file";
    assert!(
        outcome.findings[1].title.starts_with(shown),
        "the path of the Drive on the host: {:?}",
        outcome.findings[1]
    );
    drive.run("diagnose", &json!({}));
}

#[test]
fn titles_stay_in_the_drive() {
    let drive = TestDrive::new();
    for title in ["../../../etc/passwd", "a/b\\c", "\u{0}\u{1b}[31m\r\n\u{202e}x", "..", "", &"ä".repeat(5_000)] {
        let outcome = drive.run("ensure-folder", &json!({ "database": "id-1", "title": title }));
        assert!(!outcome.summary.contains(|c: char| c.is_control()), "{outcome:?}");
        assert_eq!(drive.names("drive").len(), 1, "{title:?}");
    }
    let outside = drive.names("");
    assert!(
        outside.iter().all(|name| ["catalog", "databases", "drive", "exports", "own"]
            .iter()
            .any(|known| name.starts_with(known))),
        "{outside:?}"
    );
    for id in ["", "../x", "a_b", "a b", &"x".repeat(65)] {
        let error = drive.try_run("ensure-folder", &json!({ "database": id, "title": "T" }));
        assert!(matches!(error, Err(Error::Permanent(_))), "{id}");
    }
}

#[test]
fn a_damaged_csv_on_the_drive_is_not_used() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    let damaged: [&[u8]; 4] = [b"", b"\xff\xfe\x00", b"__page_id,__last_synced_iso,Name\n,,title\np1,,\"One", b"x;y\n"];
    for bytes in damaged {
        fs::write(drive.path("drive/T_id-1/T_id-1.csv"), bytes).unwrap();
        for args in [json!({}), json!({ "overwrite": true }), json!({ "direction": "from-drive" })] {
            assert_eq!(ids(&drive.run("sync", &args)), ["drive-csv-damaged:id-1"], "{bytes:?} {args}");
        }
        assert_eq!(fs::read(drive.path("drive/T_id-1/T_id-1.csv")).unwrap(), bytes);
    }
}

#[test]
fn a_full_disk_changes_no_file() {
    let drive = TestDrive::new();
    let rows: Vec<[String; 2]> = (0..2_000).map(|row| [format!("p{row}"), format!("name {row}")]).collect();
    let rows: Vec<[&str; 2]> = rows.iter().map(|[key, name]| [key.as_str(), name.as_str()]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
    drive.database(&[NAME], &rows[..1_000], true);
    let mount = or_skip!(Mount::small(&drive.path("drive"), 512));
    drive.sync();
    let csv = drive.csv();
    mount.fill();
    drive.database(&[NAME], &rows, true);
    let error = drive.try_run("sync", &json!({})).unwrap_err();
    assert!(matches!(&error, Error::Retryable(text) if text.contains("cannot write to the Drive")), "{error:?}");
    assert_eq!(drive.csv(), csv);
    let left = [drive.names("drive/T_id-1"), drive.names("drive/T_id-1/.archive")].concat();
    assert!(left.iter().all(|name| !name.contains("part")), "{left:?}");
    mount.free();
    drive.sync();
    assert_eq!(drive.csv().lines().count(), 2_002);
}

#[test]
fn missing_folders_are_requested() {
    let drive = TestDrive::new();
    let mut task = crate::test_drive::task(&drive.path(""), "sync", &json!({}), 1);
    let run = |task: &baton_plugin_sdk::Task| {
        let web = crate::account_web::TcpWeb(String::new());
        let services = drive_sync::act::HostServices {
            own: drive.own(),
            catalog: drive.catalog(),
            locks: &drive.locks,
            pause: &|_| {},
            web: drive_sync::account::Networks { drive: &web, sheets: &web },
        };
        drive_sync::act::run(task, services)
    };
    task.mounts.remove(1);
    assert!(
        matches!(run(&task), Err(Error::NeedsGrant(text)) if text.contains("baton plugin grant drive-sync files:ro=databases="))
    );
    task.mounts.remove(0);
    assert!(
        matches!(run(&task), Err(Error::NeedsGrant(text)) if text.contains("baton plugin grant drive-sync files:rw=drive="))
    );
}

#[test]
fn unknown_arguments_are_refused_with_the_known_ones() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    for (action, args, other, has) in [
        ("sync", json!({ "overwite": true }), "overwite", "`overwrite`"),
        ("repair", json!({ "aply": true }), "aply", "`apply`, `keep`"),
        ("diagnose", json!({ "database": "id-1" }), "database", "`keep`"),
    ] {
        let error = drive.try_run(action, &args);
        assert!(
            matches!(&error, Err(Error::Permanent(text)) if text.contains(&format!("no argument `{other}`")) && text.contains(has)),
            "{error:?}"
        );
    }
    assert!(drive.names("drive").is_empty());
}

#[test]
fn an_id_may_be_a_number() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    let sidecar = drive.read("databases/T.json").replace("id-1", "2024");
    drive.write("databases/T.json", &sidecar);
    drive.run("ensure-folder", &json!({ "database": 2024, "title": 1984 }));
    assert_eq!(drive.names("drive"), ["1984_2024"]);
    for ids in [json!(2024), json!([2024]), json!(["2024"])] {
        assert!(drive.run("sync", &json!({ "database": ids })).summary.starts_with("1 database checked"));
    }
    assert!(drive.try_run("sync", &json!({ "database": true })).is_err());
}
