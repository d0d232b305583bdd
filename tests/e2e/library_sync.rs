//! `baton library sync` writes fingerprints as tags to Eagle, through both versions of its API, and to files only on request.
//! The users' own tags must not be lost silently, whatever a server does.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use baton_tests::music::{EagleItem, EagleLibrary, tune, wav, write_wav};
use baton_tests::{
    Eagle, Offset, Output, ResponseFault, SaveBehaviour, ServerBehaviour, Workspace, contents_below, files_below,
    or_skip, tool,
};
use serde_json::{Value, json};

const HEAD: &str = "fingerprint:chromaprint-2:";
const OLD: &str = "fingerprint:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A workspace with a scanned Eagle library.
struct EagleWorkspace {
    workspace: Workspace,
    ids: Vec<String>,
}

impl EagleWorkspace {
    /// Creates a library with this number of pieces.
    fn of(pieces: u64) -> Self {
        let workspace = Workspace::init();
        let folder = workspace.outside().join("Music.library");
        let mut library = EagleLibrary::create(&folder);
        let add = |number: u64| {
            let name = format!("Piece {number}");
            library.add(EagleItem { name: &name, ext: "wav", deleted: false }, &wav(&tune(number, 4)))
        };
        let ids = (0..pieces).map(add).collect();
        library.finish();
        workspace.baton(&["library", "scan", folder.to_str().unwrap()]).ended(0);
        Self { workspace, ids }
    }

    /// Starts Eagle with that library open; each item has two tags.
    fn eagle(&self, manner: ServerBehaviour) -> Eagle {
        let eagle = Eagle::start(manner);
        for (number, id) in self.ids.iter().enumerate() {
            eagle.add(id, &format!("Piece {number}"), &["b", "a: x"]);
        }
        eagle
    }

    fn sync(&self, eagle: &Eagle, args: &[&str]) -> Output {
        let url = eagle.url();
        self.workspace.baton(&[&["library", "sync", "--json", "--url", &url], args].concat())
    }

    fn apply(&self, eagle: &Eagle) -> Output {
        self.sync(eagle, &["--apply"])
    }

    /// Asserts that every item has its two tags, in their order, and then the fingerprint tag.
    fn assert_tagged(&self, eagle: &Eagle) {
        for id in &self.ids {
            let tags = eagle.tags(id);
            assert_eq!(tags[..2], ["b", "a: x"], "{id}: {tags:?}");
            assert!(tags.len() == 3 && tags[2].len() == HEAD.len() + 32 && tags[2].starts_with(HEAD), "{id}: {tags:?}");
            assert_eq!(eagle.star(id), Some(3));
        }
    }
}

fn both() -> [ServerBehaviour; 2] {
    [false, true].map(|v2| ServerBehaviour { v2, ..ServerBehaviour::default() })
}

fn counts(output: &Output) -> Value {
    output.json()["counts"].clone()
}

#[test]
fn nothing_is_sent_without_apply() {
    let place = EagleWorkspace::of(3);
    for manner in both() {
        let eagle = place.eagle(manner.clone());
        let shown = place.sync(&eagle, &[]).ended(0);
        assert_eq!((counts(&shown), &shown.json()["applied"]), (json!({ "planned": 3 }), &json!(false)));
        assert_eq!(shown.json()["eagle"]["api"], if manner.v2 { "v2" } else { "v1" });
        let text = place.workspace.baton(&["library", "sync", "--url", &eagle.url()]).ended(0);
        assert!(text.stdout.contains("Piece 2") && text.stdout.contains("3 planned"), "{}", text.stdout);
        assert!(text.stderr.contains("--apply"), "{}", text.stderr);
        assert_eq!(eagle.asked("update"), 0);
        assert_eq!(eagle.tags(&place.ids[0]), ["b", "a: x"]);
    }
}

#[test]
fn each_item_gets_its_tag_once_and_keeps_its_other_tags() {
    let place = EagleWorkspace::of(3);
    for manner in both() {
        let eagle = place.eagle(manner);
        eagle.behave(|manner| manner.hand = Some((place.ids[1].clone(), "new".to_owned())));
        assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "succeeded": 3 }));
        let came: Vec<_> = eagle.tags(&place.ids[1]).into_iter().filter(|tag| tag == "new").collect();
        // The fake adds the tag `new` after an answer with several items. With V1 and so few items, Baton reads each item
        // separately, so the fake adds the tag only with V2.
        assert_eq!(came.len(), usize::from(eagle.asked("/v2/") > 1));
        let tags: Vec<_> = place.ids.iter().map(|id| eagle.tags(id)).collect();
        assert!(tags.iter().all(|tags| tags.iter().filter(|tag| tag.starts_with(HEAD)).count() == 1), "{tags:?}");
        assert!(tags[0][2] != tags[2][2] && tags[0][..2] == ["b", "a: x"], "{tags:?}");
        let writes = eagle.asked("update");
        assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "already_has_fingerprint": 3 }));
        assert_eq!((writes, eagle.asked("update")), (3, 3));
    }
}

#[test]
fn old_tags_are_removed_only_on_request() {
    let place = EagleWorkspace::of(1);
    let eagle = Eagle::start(ServerBehaviour { v2: true, ..ServerBehaviour::default() });
    eagle.add(&place.ids[0], "Piece 0", &[OLD, "a"]);
    place.apply(&eagle).ended(0);
    assert_eq!(eagle.tags(&place.ids[0])[..2], [OLD, "a"]);
    place.sync(&eagle, &["--apply", "--replace-old"]).ended(0);
    let tags = eagle.tags(&place.ids[0]);
    assert!(tags.len() == 2 && tags[0] == "a" && tags[1].starts_with(HEAD), "{tags:?}");
}

#[test]
fn temporary_failures_are_tried_again_after_one_two_and_four_seconds() {
    let place = EagleWorkspace::of(1);
    for manner in both() {
        let eagle = place.eagle(manner);
        eagle.behave(|manner| {
            let troubles = [ResponseFault::Status(500), ResponseFault::Hangs, ResponseFault::Half];
            manner.trouble = troubles.into_iter().map(|trouble| ("update", trouble)).collect();
        });
        let begun = Instant::now();
        assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "succeeded": 1 }));
        assert!(begun.elapsed() >= Duration::from_secs(7), "{:?}", begun.elapsed());
        place.assert_tagged(&eagle);
        // The third request took effect, but its answer was cut off. Baton read the item and found the tag, so it sent no
        // fourth request.
        assert_eq!(eagle.asked("update"), 3);
    }
}

#[test]
fn slow_answers_are_read_to_their_end_and_incomplete_ones_requested_again() {
    let place = EagleWorkspace::of(2);
    for manner in both() {
        let eagle = place.eagle(manner);
        let slow = ResponseFault::Slow(Duration::from_millis(2));
        eagle.behave(|manner| {
            let get = if manner.v2 { "v2/item/get" } else { "item/info" };
            let half = ResponseFault::Text("{\"status\":\"success\",\"data\":{\"id\":\"L");
            manner.trouble = vec![("info", slow.clone()), (get, half), (get, slow.clone()), ("update", slow)];
        });
        assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "succeeded": 2 }));
        place.assert_tagged(&eagle);
    }
}

#[test]
fn an_item_that_fails_four_times_is_a_failure_and_the_others_continue() {
    let place = EagleWorkspace::of(2);
    let eagle = place.eagle(ServerBehaviour { v2: true, ..ServerBehaviour::default() });
    eagle.behave(|manner| manner.trouble = vec![("update", ResponseFault::Status(503)); 4]);
    let output = place.apply(&eagle).ended(1);
    assert_eq!(counts(&output), json!({ "failed": 1, "succeeded": 1 }));
    assert!(output.stdout.contains("503"), "{}", output.stdout);
    assert_eq!((eagle.tags(&place.ids[0]).len(), eagle.asked("update")), (2, 5));
    assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "already_has_fingerprint": 1, "succeeded": 1 }));
    place.assert_tagged(&eagle);
}

#[test]
fn a_write_with_a_late_answer_is_not_repeated() {
    let place = EagleWorkspace::of(1);
    for manner in both() {
        let eagle = place.eagle(manner);
        eagle.behave(|manner| manner.trouble = vec![("update", ResponseFault::Late(Duration::from_secs(4)))]);
        let output = place.sync(&eagle, &["--apply", "--timeout", "2s"]).ended(0);
        assert_eq!((counts(&output), eagle.asked("update")), (json!({ "succeeded": 1 }), 1));
        place.assert_tagged(&eagle);
    }
}

#[test]
fn tags_that_a_server_loses_are_written_again() {
    let place = EagleWorkspace::of(2);
    for manner in both() {
        let eagle = place.eagle(ServerBehaviour { saving: SaveBehaviour::LosesFirstOnce, ..manner });
        assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "succeeded": 2 }));
        place.assert_tagged(&eagle);
    }
}

#[test]
fn a_server_that_loses_tags_twice_gets_no_more_requests() {
    let place = EagleWorkspace::of(4);
    for manner in both() {
        let eagle = place.eagle(ServerBehaviour { saving: SaveBehaviour::LosesFirst, ..manner });
        let output = place.apply(&eagle).ended(2);
        assert!(output.stderr.contains("lost tags") && output.stderr.contains(": b;"), "{}", output.stderr);
        let touched = place.ids.iter().filter(|id| eagle.tags(id) != ["b", "a: x"]).count();
        assert_eq!((counts(&output), touched), (json!({ "failed": 1 }), 1));
    }
}

#[test]
fn a_false_success_of_a_server_is_detected() {
    let place = EagleWorkspace::of(8);
    for saving in [SaveBehaviour::Nothing, SaveBehaviour::SaysFalse] {
        let eagle = place.eagle(ServerBehaviour { v2: true, saving, ..ServerBehaviour::default() });
        let output = place.apply(&eagle).ended(2);
        assert_eq!(counts(&output), json!({ "failed": 5 }));
        assert_eq!(eagle.asked("update"), 5);
    }
}

#[test]
fn missing_items_are_skipped() {
    let place = EagleWorkspace::of(3);
    for manner in both() {
        let eagle = Eagle::start(manner);
        eagle.add(&place.ids[0], "Piece 0", &[]);
        eagle.add(&place.ids[1], "Piece 1", &[]);
        eagle.trash(&place.ids[1]);
        let output = place.apply(&eagle).ended(1);
        assert_eq!(counts(&output), json!({ "in_trash": 1, "not_found": 1, "succeeded": 1 }));
        assert_eq!(eagle.tags(&place.ids[1]), Vec::<String>::new());
    }
}

#[test]
fn an_item_with_invalid_tags_is_a_finding_and_the_others_continue() {
    let place = EagleWorkspace::of(4);
    for manner in both() {
        let eagle = place.eagle(manner);
        eagle.corrupt_tags(&place.ids[1], Value::Null);
        eagle.corrupt_tags(&place.ids[2], json!(["b", 7]));
        let output = place.apply(&eagle).ended(1);
        assert_eq!(counts(&output), json!({ "failed": 2, "succeeded": 2 }));
        assert!(output.stdout.contains("does not return its tags as a list of texts"), "{}", output.stdout);
        assert_eq!((eagle.asked("update"), eagle.tags(&place.ids[2])), (2, vec!["b".to_owned()]));
    }
}

#[test]
fn a_refusal_that_names_another_reason_does_not_mean_a_missing_item() {
    let place = EagleWorkspace::of(1);
    let eagle = place.eagle(ServerBehaviour::default());
    let loading = ResponseFault::Text("{\"status\":\"error\",\"message\":\"the library is being loaded\"}");
    eagle.behave(|manner| manner.trouble = vec![("item/info", loading)]);
    let output = place.apply(&eagle).ended(2);
    assert!(output.stderr.contains("the library is being loaded"), "{}", output.stderr);
    assert_eq!(eagle.asked("update"), 0);
}

#[test]
fn the_open_one_of_two_libraries_with_the_same_name_gets_its_tags() {
    let place = EagleWorkspace::of(2);
    let first = place.workspace.outside().canonicalize().unwrap().join("Music.library");
    let copy = first.with_file_name("copy").join("Music.library");
    ran("cp", &["-a", "--", first.to_str().unwrap(), make(copy.parent().unwrap())]);
    // The first item of the copy has another piece.
    let changed = files_below(&copy.join("images").join(format!("{}.info", place.ids[0])));
    let changed = changed.iter().find(|file| file.extension().is_some_and(|ending| ending == "wav")).unwrap();
    write_wav(changed, &tune(77, 5));
    place.workspace.baton(&["library", "scan", copy.to_str().unwrap()]).ended(0);
    let eagle = place.eagle(ServerBehaviour { v2: true, ..ServerBehaviour::default() });
    // Eagle reports a path that is neither of the two libraries, so Baton does not know which one is open.
    let output = place.apply(&eagle).ended(1);
    assert_eq!((counts(&output), eagle.asked("update")), (json!({ "failed": 4 }), 0));
    let mut tags = Vec::new();
    for folder in [&first, &copy] {
        eagle.behave(|manner| manner.library = folder.to_str().map(str::to_owned));
        place.apply(&eagle).ended(0);
        place.assert_tagged(&eagle);
        tags.push(eagle.tags(&place.ids[0]));
        assert_eq!(
            counts(&place.apply(&eagle).ended(0)),
            json!({ "already_has_fingerprint": 2, "library_not_open": 2 })
        );
    }
    assert_ne!(tags[0], tags[1]);
}

/// Makes a folder.
fn make(folder: &Path) -> &str {
    fs::create_dir(folder).unwrap();
    folder.to_str().unwrap()
}

#[test]
fn files_of_another_library_are_not_searched_in_the_open_one() {
    let place = EagleWorkspace::of(1);
    let other = place.workspace.outside().join("Music.library");
    let eagle = place.eagle(ServerBehaviour::default());
    fs::rename(&other, other.with_file_name("Other.library")).unwrap();
    let moved = other.with_file_name("Other.library");
    place.workspace.baton(&["library", "scan", moved.to_str().unwrap()]).ended(0);
    // Without `--apply`, the command only shows the result. With `--apply`, the exit code is 1, because nothing could be changed.
    assert_eq!(place.sync(&eagle, &[moved.to_str().unwrap()]).ended(0).json()["outcome"], Value::Null);
    let output = place.sync(&eagle, &["--apply", moved.to_str().unwrap()]).ended(1);
    assert_eq!((counts(&output), &output.json()["outcome"]), (json!({ "library_not_open": 1 }), &json!("refused")));
    assert!(output.stderr.contains("refused: nothing was changed: 1 library_not_open"), "{}", output.stderr);
    assert!(output.stderr.contains("next: open their library in Eagle"), "{}", output.stderr);
    assert_eq!(eagle.asked("update"), 0);
}

#[test]
fn a_limit_is_respected_and_the_next_sync_continues() {
    let place = EagleWorkspace::of(3);
    let eagle = place.eagle(ServerBehaviour { v2: true, ..ServerBehaviour::default() });
    let output = place.sync(&eagle, &["--apply", "-n", "2"]).ended(0);
    assert_eq!((counts(&output), &output.json()["beyond_limit"]), (json!({ "succeeded": 2 }), &json!(1)));
    assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "already_has_fingerprint": 2, "succeeded": 1 }));
    place.assert_tagged(&eagle);
}

#[test]
fn every_meaning_of_offset_is_supported() {
    let place = EagleWorkspace::of(120);
    for offset in [Offset::Pages, Offset::Items, Offset::Nothing] {
        let eagle = place.eagle(ServerBehaviour { offset, largest_page: Some(50), ..ServerBehaviour::default() });
        assert_eq!(counts(&place.sync(&eagle, &[]).ended(0)), json!({ "planned": 120 }), "{offset:?}");
    }
    let eagle = place.eagle(ServerBehaviour { v2: true, largest_page: Some(7), ..ServerBehaviour::default() });
    assert_eq!(counts(&place.apply(&eagle).ended(0)), json!({ "succeeded": 120 }));
    place.assert_tagged(&eagle);
}

#[test]
fn a_killed_sync_resumes() {
    let place = EagleWorkspace::of(6);
    let eagle = place.eagle(ServerBehaviour { v2: true, ..ServerBehaviour::default() });
    let mut command = place.workspace.command();
    command.arg("-w").arg(place.workspace.root()).args(["library", "sync", "--apply", "--pause", "300ms", "--url"]);
    let mut running = command.arg(eagle.url()).spawn().unwrap();
    place.workspace.wait_for("two items", |_| (eagle.asked("update") >= 2).then_some(()));
    running.kill().unwrap();
    running.wait().unwrap();
    let left = 6 - place.ids.iter().filter(|id| eagle.tags(id).len() == 3).count();
    assert!(left > 0, "it was killed too late");
    let output = place.apply(&eagle).ended(0);
    assert_eq!(counts(&output), json!({ "already_has_fingerprint": 6 - left, "succeeded": left }));
    place.assert_tagged(&eagle);
}

#[test]
fn the_error_for_an_unreachable_eagle_has_the_fix() {
    let place = EagleWorkspace::of(1);
    let gone = place.eagle(ServerBehaviour::default()).url();
    let output = place.workspace.baton(&["library", "sync", "--url", &gone]).ended(2);
    assert!(output.stderr.contains("start Eagle"), "{}", output.stderr);
    let nothing = Workspace::init().baton(&["library", "sync"]).ended(2);
    assert!(nothing.stderr.contains("baton library scan"), "{}", nothing.stderr);
    let page = place.eagle(ServerBehaviour::default());
    page.behave(|manner| manner.trouble = vec![("info", ResponseFault::Text("<html>")); 2]);
    let output = place.sync(&page, &[]).ended(2);
    assert!(output.stderr.contains("not from Eagle's API"), "{}", output.stderr);
    let endless = place.eagle(ServerBehaviour::default());
    endless.behave(|manner| manner.trouble = vec![("info", ResponseFault::Bytes(64 << 20))]);
    assert!(place.sync(&endless, &[]).ended(2).stderr.contains("more than"));
}

#[test]
fn the_token_is_sent_only_to_eagle() {
    const TOKEN: &str = "5e8b0c1d-very-secret-77";
    let place = EagleWorkspace::of(1);
    for manner in both() {
        let eagle = place.eagle(ServerBehaviour { token: Some(TOKEN.to_owned()), ..manner });
        let _ = place.workspace.baton(&["secret", "rm", "eagle"]);
        let refused = place.apply(&eagle).ended(2);
        assert!(refused.stderr.contains("baton secret set eagle"), "{}", refused.stderr);
        let mut set = place.workspace.command();
        let set =
            Output::fed(set.arg("-w").arg(place.workspace.root()).args(["secret", "set", "eagle"]), TOKEN.as_bytes());
        set.ended(0);
        // The token is also hidden when the server repeats it in its answer, and when a request gets no answer.
        eagle.behave(|manner| {
            manner.trouble = vec![
                ("update", ResponseFault::Hangs),
                ("update", ResponseFault::Text("token=5e8b0c1d-very-secret-77")),
            ];
        });
        let mut command = place.workspace.command();
        command.env("BATON_LOG", "trace").arg("-w").arg(place.workspace.root());
        let loud = Output::of(command.args(["library", "sync", "--apply", "--url", &eagle.url()]));
        assert!(!(loud.stdout + &loud.stderr).contains("very-secret"), "it was shown");
        place.apply(&eagle).ended(0);
        place.assert_tagged(&eagle);
        assert!(eagle.asked(TOKEN) > 0);
    }
    let kept: Vec<_> = files_below(place.workspace.outside())
        .into_iter()
        .filter(|file| file.is_file() && holds(file, TOKEN))
        .collect();
    assert_eq!(kept.iter().map(|file| file.file_name().unwrap()).collect::<Vec<_>>(), ["secrets.json"]);
}

fn holds(file: &Path, text: &str) -> bool {
    fs::read(file).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn files_get_their_tag_only_on_request_and_keep_their_audio() {
    let place = EagleWorkspace::of(1);
    let (workspace, folder) = (&place.workspace, place.workspace.outside().join("songs"));
    for number in 10..13 {
        write_wav(&folder.join(format!("{number}.wav")), &tune(number, 4));
    }
    workspace.baton(&["library", "scan", folder.to_str().unwrap()]).ended(0);
    let (before, library) = (contents_below(&folder), workspace.outside().join("Music.library"));
    let of_eagle = contents_below(&library);
    let sync = |args: &[&str]| workspace.baton(&[&["library", "sync", "--json", "--file-tags"], args].concat());
    let shown = sync(&[]).ended(0);
    assert_eq!(counts(&shown), json!({ "in_eagle_library": 1, "planned": 3 }));
    assert_eq!(contents_below(&folder), before);
    assert_eq!(counts(&sync(&["--apply"]).ended(0)), json!({ "in_eagle_library": 1, "succeeded": 3 }));
    let after = contents_below(&folder);
    assert!(after.keys().eq(before.keys()), "{:?}", after.keys());
    for (file, bytes) in &after {
        let sound = before[file].windows(4).position(|window| window == b"data").unwrap();
        let sound = &before[file][sound..];
        assert!(bytes.windows(sound.len()).any(|window| window == sound), "{}: another sound", file.display());
        assert!(holds(file, "BATON_FINGERPRINT") && holds(file, "chromaprint-2:"), "{}", file.display());
    }
    assert_eq!(contents_below(&library), of_eagle);
    // Only the tags have changed, so a scan does not read the files again. With `--verify` it reads them, and the
    // fingerprints are the same.
    let scan = |args: &[&str]| {
        let scanned = [&["library", "scan", "--json", folder.to_str().unwrap()], args].concat();
        workspace.baton(&scanned).ended(0).json()
    };
    assert_eq!(scan(&[])["read"]["files"], 0);
    let verified = scan(&["--verify"]);
    assert_eq!((&verified["read"]["same"], &verified["read"]["differ"]), (&json!(3), &json!(0)));
    let again = json!({ "already_has_fingerprint": 3, "in_eagle_library": 1 });
    assert_eq!(counts(&sync(&["--apply"]).ended(0)), again);
    assert_eq!(contents_below(&folder), after);
    // Another piece under the same name does not get the tag of the earlier piece.
    write_wav(&folder.join("10.wav"), &tune(99, 4));
    let bytes = fs::read(folder.join("10.wav")).unwrap();
    let left = sync(&["--apply"]).ended(1);
    assert_eq!((&counts(&left)["changed_since_scan"], &left.json()["outcome"]), (&json!(1), &json!("partial")));
    assert!(left.stderr.contains("next: scan the folder again"), "{}", left.stderr);
    assert_eq!(fs::read(folder.join("10.wav")).unwrap(), bytes);
}

fn ran(program: &str, args: &[&str]) -> String {
    let ran = Command::new(program).args(args).output().unwrap();
    assert!(ran.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn another_program_finds_the_packets_of_every_format_unchanged() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let folder = workspace.outside().join("songs");
    let source = workspace.outside().join("source.wav");
    write_wav(&source, &tune(5, 8));
    fs::create_dir(&folder).unwrap();
    let formats = ["a.mp3", "a.flac", "a.ogg", "a.m4a", "a.aiff"];
    for name in formats {
        let (from, to) = (source.to_str().unwrap(), folder.join(name));
        let args = ["-nostdin", "-loglevel", "error", "-i", from, "-metadata", "title=Ein Stück", "-write_id3v2", "1"];
        let id3 = name.ends_with("aiff");
        ran("ffmpeg", &[&args[..if id3 { 9 } else { 7 }], &["-ar", "44100", to.to_str().unwrap()]].concat());
    }
    let packets = |name: &str| {
        let path = folder.join(name);
        let args = ["-nostdin", "-loglevel", "error", "-i", path.to_str().unwrap(), "-map", "0", "-c", "copy", "-f"];
        ran("ffmpeg", &[args.as_slice(), &["streamhash", "-"]].concat())
    };
    let before = formats.map(packets);
    workspace.baton(&["library", "scan", folder.to_str().unwrap()]).ended(0);
    let output = workspace.baton(&["library", "sync", "--json", "--file-tags", "--apply"]).ended(0);
    assert_eq!(counts(&output), json!({ "succeeded": formats.len() }), "{}", output.stdout);
    assert_eq!(formats.map(packets), before);
    for name in formats {
        let path = folder.join(name);
        let args = ["-v", "error", "-show_entries", "format_tags:stream_tags", path.to_str().unwrap()];
        let tags = ran("ffprobe", &args).to_lowercase();
        assert!(
            tags.contains("baton_fingerprint=chromaprint-2:") && tags.contains("title=ein stück"),
            "{name}: {tags}"
        );
    }
}
