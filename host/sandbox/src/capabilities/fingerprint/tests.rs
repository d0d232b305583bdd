//! Grants, denials and missing declarations; allowed paths; the end of a call. The computation of fingerprints is
//! tested in its own crate.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::beneath::{OpenError, RefusalReason};
use super::super::files::folder::Folder;
use super::gate::WorkSize;
use super::*;
use crate::capabilities::progress::Cancel;
use crate::limits;

const ALL: &str = r#""files":[{"folder":"music","mode":"ro","reason":""},{"folder":"more","mode":"ro","reason":""}],
    "fingerprint":[{"of":"files","reason":""},{"of":"library","reason":""}]"#;

fn sounds(capabilities: &str, granted: &FingerprintGrants, host: &Path) -> FingerprintHost {
    let text = format!(
        r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
            "capabilities":{{{capabilities}}}}}}}"#
    );
    let mount = MountGrant {
        name: "music".to_owned(),
        host: host.to_owned(),
        folder: Folder::open(host).unwrap(),
        guest: "/music/0".to_owned(),
        shown_as: "music".to_owned(),
        writable: false,
    };
    FingerprintHost::new(&Manifest::parse(text.as_bytes()).unwrap(), granted, &[mount], WorkGate::default())
}

fn all() -> FingerprintGrants {
    FingerprintGrants { files: true, library: Some("/catalog.db".into()) }
}

#[track_caller]
fn is_denied<T: std::fmt::Debug>(result: Result<T, Error>, words: &str) {
    let Err(Error::Denied(said)) = result else { panic!("{result:?}") };
    assert!(said.contains(words), "{said}");
}

#[test]
fn works_when_it_is_declared_and_granted() {
    let sounds = sounds(ALL, &all(), Path::new("/"));
    assert_eq!(sounds.files(), Ok(()));
    assert_eq!(sounds.library(), Ok(PathBuf::from("/catalog.db")));
}

#[test]
fn errors_with_the_command_when_it_is_not_granted() {
    let sounds = sounds(ALL, &FingerprintGrants::default(), Path::new("/"));
    is_denied(sounds.files(), "baton plugin grant x fingerprint=files");
    is_denied(sounds.library(), "baton plugin grant x fingerprint=library");
}

#[test]
fn errors_when_it_is_not_declared_even_if_it_is_granted() {
    for (capabilities, files, library) in [
        ("", false, false),
        (r#""fingerprint":[{"of":"files","reason":""}]"#, true, false),
        (r#""fingerprint":[{"of":"library","reason":""}]"#, false, true),
    ] {
        let sounds = sounds(capabilities, &all(), Path::new("/"));
        assert_eq!((sounds.files().is_ok(), sounds.library().is_ok()), (files, library), "{capabilities}");
    }
    is_denied(sounds("", &all(), Path::new("/")).files(), "does not declare fingerprints of files");
}

#[test]
fn errors_when_a_path_is_not_plain_or_not_below_a_mount() {
    let sounds = sounds(ALL, &all(), Path::new("/"));
    let long = format!("/music/0/{}", "a".repeat(limits::PATH_BYTES));
    for path in [
        "",
        "/",
        "a.wav",
        "/music",
        "/music/0",
        "/music/0/",
        "/music/1/a.wav",
        "/music/0/../a.wav",
        "/music/0/./a.wav",
        "/music/0//a.wav",
        "/music/0/a/../../../b",
        "/music/00/a.wav",
        "/etc/passwd",
        "/music/0/a\0b",
        &long,
    ] {
        let told = sounds.place(path);
        assert!(matches!(told, Err(Error::Invalid(_))), "{path:?}: {told:?}");
    }
    assert!(sounds.place("/music/0/a/b.wav").is_ok());
    is_denied(sounds.place("/more/0/a.wav"), "baton plugin grant x files:ro=more");
}

/// A folder with music, and a file beside it.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().canonicalize().unwrap().join("music");
    fs::create_dir_all(music.join("in")).unwrap();
    fs::write(music.join("in/a.wav"), "a").unwrap();
    fs::write(folder.path().join("outside.wav"), "b").unwrap();
    (folder, music)
}

fn opened(music: &Path, path: &str, hard_links: bool) -> Result<std::fs::File, OpenError> {
    sounds(ALL, &all(), music).place(&format!("/music/0/{path}")).unwrap().open(hard_links)
}

#[test]
fn links_are_followed_inside_the_folder_and_never_out_of_it() {
    let (_folder, music) = folder();
    symlink("in/a.wav", music.join("link.wav")).unwrap();
    symlink("../outside.wav", music.join("out.wav")).unwrap();
    symlink("..", music.join("up")).unwrap();
    symlink("/etc/passwd", music.join("absolute.wav")).unwrap();
    symlink("out.wav", music.join("twice.wav")).unwrap();
    assert!(opened(&music, "in/a.wav", false).is_ok() && opened(&music, "link.wav", false).is_ok());
    for path in ["out.wav", "up/outside.wav", "absolute.wav", "twice.wav", "up/music/in/a.wav"] {
        let told = opened(&music, path, true);
        assert!(matches!(told, Err(OpenError::Refused(RefusalReason::Outside))), "{path}: {told:?}");
    }
}

#[test]
fn a_link_in_the_place_of_a_folder_that_was_opened_leads_nowhere() {
    let (folder, music) = folder();
    let sounds = sounds(ALL, &all(), &music);
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.wav"), "c").unwrap();
    fs::rename(&music, folder.path().join("aside")).unwrap();
    symlink(&outside, &music).unwrap();
    let open = |path: &str| sounds.place(&format!("/music/0/{path}")).unwrap().open(false);
    assert!(matches!(open("secret.wav"), Err(OpenError::Failed(_))));
    assert!(open("in/a.wav").is_ok(), "the granted folder is still open");
}

#[test]
fn a_file_with_several_names_needs_the_grant() {
    let (folder, music) = folder();
    fs::hard_link(folder.path().join("outside.wav"), music.join("hard.wav")).unwrap();
    assert!(matches!(opened(&music, "hard.wav", false), Err(OpenError::Refused(RefusalReason::HardLinks))));
    assert!(opened(&music, "hard.wav", true).is_ok());
}

#[test]
fn a_missing_file_or_a_pipe_blocks_nothing() {
    let (_folder, music) = folder();
    assert!(matches!(opened(&music, "gone.wav", false), Err(OpenError::Failed(_))));
    assert!(matches!(opened(&music, "in/a.wav/b.wav", false), Err(OpenError::Failed(_))));
    let pipe = music.join("pipe.wav");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Opening does not block. The file type is checked afterwards.
    let stop = AtomicBool::new(false);
    let options = baton_fingerprint::Options { length: None, hashes: true };
    for path in ["pipe.wav", "in"] {
        let read = baton_fingerprint::read_opened(opened(&music, path, false).unwrap(), options, &stop);
        assert_eq!(read.unwrap_err().reason, baton_fingerprint::Reason::Unsupported, "{path}");
    }
}

/// Work that ends when it gets the signal, and records that.
fn until_told(ended: &Arc<AtomicBool>) -> impl FnOnce(&AtomicBool) + Send + 'static {
    let ended = Arc::clone(ended);
    move |stop| {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        ended.store(true, Ordering::Relaxed);
    }
}

async fn has_ended(ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn work_ends_when_the_task_is_cancelled() {
    let (gate, cancel, ended) = (WorkGate::default(), Cancel::default(), Arc::new(AtomicBool::new(false)));
    let work = gate.work(WorkSize::One, &cancel, until_told(&ended));
    let later = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        cancel.cancel();
    };
    let (told, ()) = tokio::join!(work, later);
    assert!(matches!(&told, Err(Error::Timeout(text)) if text.contains("cancelled")), "{told:?}");
    has_ended(&ended).await;
}

#[tokio::test]
async fn work_without_a_caller_ends_and_releases_its_permit() {
    let (gate, cancel, ended) = (WorkGate::default(), Cancel::default(), Arc::new(AtomicBool::new(false)));
    for _ in 0..limits::SOUNDS_AT_ONCE {
        let work = gate.work(WorkSize::One, &cancel, until_told(&ended));
        assert!(tokio::time::timeout(Duration::from_millis(20), work).await.is_err());
    }
    // This work needs all permits.
    assert_eq!(gate.work(WorkSize::All, &cancel, |_| 7).await, Ok(7));
}

#[tokio::test]
async fn work_without_a_permit_waits_and_can_be_cancelled_while_it_waits() {
    let (gate, ended) = (WorkGate::default(), Arc::new(AtomicBool::new(false)));
    let (busy, waiting) = (Cancel::default(), Cancel::default());
    let all = gate.work(WorkSize::All, &busy, until_told(&ended));
    let one = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let later = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            waiting.cancel();
        };
        let (told, ()) = tokio::join!(gate.work(WorkSize::One, &waiting, |_| ()), later);
        assert!(matches!(told, Err(Error::Timeout(_))), "{told:?}");
        busy.cancel();
    };
    tokio::join!(all, one).0.unwrap_err();
}

#[tokio::test]
async fn a_panic_in_the_work_is_an_error_and_does_not_end_the_host() {
    let told: Result<(), Error> =
        WorkGate::default().work(WorkSize::One, &Cancel::default(), |_| panic!("broken")).await;
    assert!(matches!(told, Err(Error::Failed(_))), "{told:?}");
}
