//! Other people, other apps and failed requests change the account at the worst moment. No content is lost.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use baton_plugin_kit::host::{Call, Web};
use baton_plugin_sdk::http::{HttpError, Response};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind};
use baton_tests::drive_server::{DriveServer, FakeFile, Fault, ROOT, marked_folder};
use serde_json::json;

use crate::account::{
    CSV, KilledWeb, MIRRORED, PROPERTIES, all_faults, args, assert_settled, by_a_person, paths, sync, workspace,
};
use crate::account_web::TcpWeb;
use crate::test_drive::{TestDrive, ids};

/// Runs a closure before or after the first request whose method and path contain a text.
struct InterceptedWeb<'a> {
    web: TcpWeb,
    at: String,
    closure: RefCell<Option<Box<dyn FnOnce() + 'a>>>,
    /// The request takes effect before the closure runs, and its answer is lost.
    is_lost: bool,
}

impl Web for InterceptedWeb<'_> {
    fn send(&self, call: &Call<'_>) -> Result<Response, HttpError> {
        let is_it = format!("{} {}", call.method, call.path).contains(&self.at);
        let Some(closure) = self.closure.borrow_mut().take_if(|_| is_it) else { return self.web.send(call) };
        if !self.is_lost {
            closure();
            return self.web.send(call);
        }
        drop(self.web.send(call));
        closure();
        Err(HttpError::Failed("lost".into()))
    }

    fn pause(&self, _: Duration) {}

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

#[track_caller]
pub(crate) fn run_interposed(
    server: &DriveServer,
    drive: &TestDrive,
    at: &str,
    is_lost: bool,
    closure: impl FnOnce(),
) -> Outcome {
    let closure: Box<dyn FnOnce() + '_> = Box::new(closure);
    let web =
        InterceptedWeb { web: TcpWeb(server.address()), at: at.into(), closure: RefCell::new(Some(closure)), is_lost };
    let outcome = drive.run_over("sync", &args(&json!({})), drive.own(), &drive.locks, &web).unwrap();
    assert!(web.closure.borrow().is_none(), "{at} was not requested");
    outcome
}

/// A mirrored database whose source has a new content.
fn updated(server: &DriveServer) -> TestDrive {
    let drive = workspace(server);
    sync(&drive, &json!({}));
    drive.database(&PROPERTIES, &[&["p1", "One", "121"], &["p2", "Two", "124"]], true);
    drive
}

#[test]
fn an_edit_of_the_folder_that_could_not_be_uploaded_is_not_replaced() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    drive.edit_csv("120", "121");
    let ours = drive.csv();
    server.set_full(true);
    for _ in 0..2 {
        let full = sync(&drive, &json!({}));
        assert!(ids(&full).contains(&"account-full:account"), "{:?}", full.findings);
        assert_eq!(drive.csv(), ours);
    }
    server.set_full(false);
    sync(&drive, &json!({}));
    assert_eq!((drive.csv(), server.at(CSV).unwrap().content), (ours.clone(), ours.into_bytes()));
}

#[test]
fn an_edit_of_both_sides_during_a_failed_upload_is_a_conflict() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let theirs = drive.csv().replace("124", "126");
    drive.edit_csv("120", "121");
    let ours = drive.csv();
    server.set_full(true);
    sync(&drive, &json!({}));
    server.edit(CSV, &theirs);
    server.set_full(false);
    let left = sync(&drive, &json!({}));
    assert!(ids(&left).contains(&"account-conflict:T_id-1/T_id-1.csv"), "{:?}", left.findings);
    assert_eq!((drive.csv(), server.at(CSV).unwrap().content), (ours, theirs.into_bytes()));
}

/// Requests of the sync of an update.
fn update_requests() -> usize {
    let server = DriveServer::start_open();
    let drive = updated(&server);
    let before = server.requests();
    sync(&drive, &json!({}));
    server.requests() - before
}

#[test]
fn an_update_recovers_from_every_fault_of_every_request() {
    for number in 1..=update_requests() {
        for fault in all_faults() {
            let server = DriveServer::start_open();
            let drive = updated(&server);
            server.order_at(number, fault.clone());
            sync(&drive, &json!({}));
            sync(&drive, &json!({}));
            assert!(drive.csv().contains("121"), "request {number}: {fault:?}");
            assert_settled(&server, &drive, &format!("request {number}: {fault:?}"));
            assert_eq!((server.ever(), server.bin().len()), (4, 0), "request {number}: {fault:?}");
        }
    }
}

#[test]
fn an_update_that_is_killed_at_any_request_continues() {
    for number in 1..=update_requests() {
        for has_effect in [false, true] {
            let server = DriveServer::start_open();
            let drive = updated(&server);
            let web = TcpWeb(server.address());
            let killed = KilledWeb { web: &web, left: Cell::new(number), has_effect };
            let run = || drive.run_over("sync", &args(&json!({})), drive.own(), &drive.locks, &killed);
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "request {number}");
            drive.database(&PROPERTIES, &[&["p1", "One", "130"], &["p2", "Two", "124"]], true);
            let outcome = sync(&drive, &json!({}));
            assert_eq!(ids(&outcome), [""; 0], "request {number}, effect: {has_effect}");
            assert!(drive.csv().contains("130"), "request {number}, effect: {has_effect}");
            assert_settled(&server, &drive, &format!("request {number}, effect: {has_effect}"));
        }
    }
}

#[test]
fn an_edit_after_an_upload_whose_answer_was_lost_is_not_replaced() {
    let server = DriveServer::start_open();
    let drive = updated(&server);
    let theirs = "of a person\n";
    let left = run_interposed(&server, &drive, "PATCH /upload", true, || server.edit(CSV, theirs));
    assert!(ids(&left).contains(&"account-conflict:T_id-1/T_id-1.csv"), "{:?}", left.findings);
    assert_eq!(server.at(CSV).unwrap().content, theirs.as_bytes());
    assert!(drive.csv().contains("121"));
    // The test is repeated with a new file.
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    run_interposed(&server, &drive, "POST /upload", true, || server.edit(CSV, theirs));
    assert_eq!(server.at(CSV).unwrap().content, theirs.as_bytes());
}

#[test]
fn with_the_scope_drive_file_a_merged_folder_with_files_of_a_person_is_kept() {
    let server = DriveServer::start_open();
    server.restrict();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let top = server.at("Baton").unwrap().id;
    let theirs = server.add(marked_folder(&top, "T_id-1", "Baton", "id-1"));
    by_a_person(&server, &theirs);
    let mut outcome = sync(&drive, &json!({}));
    for _ in 0..3 {
        outcome = sync(&drive, &json!({}));
    }
    assert_eq!(server.bin(), []);
    assert!(paths(&server).contains(&"Baton/T_id-1/by a person.txt".to_owned()), "{:?}", paths(&server));
    assert_eq!(ids(&outcome), [format!("account-merged-folder:{theirs}")]);
    assert_eq!(outcome.kind, OutcomeKind::Done, "it is not a failure of every run");
    assert!(outcome.findings[0].title.starts_with("T_id-1:"), "{:?}", outcome.findings);
    assert_eq!(server.problems(), [""; 0]);
}

#[test]
fn one_of_two_equal_files_is_kept_when_a_person_deletes_the_other_file() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let keep = server.at(CSV).unwrap();
    let twin = server.add(FakeFile { id: String::new(), ..keep.clone() });
    let delete = || server.change(CSV, |file| file.trashed = true);
    run_interposed(&server, &drive, &format!("GET /drive/v3/files/{}?", keep.id), false, delete);
    assert_eq!((server.at(CSV).unwrap().id, server.bin().len()), (twin, 1));
    sync(&drive, &json!({}));
    assert_settled(&server, &drive, "one is left");
}

#[test]
fn another_google_account_gets_all_files() {
    let (first, second) = (DriveServer::start_open(), DriveServer::start_open());
    second.set_user("99");
    let drive = workspace(&first);
    sync(&drive, &json!({}));
    *drive.account.borrow_mut() = second.address();
    sync(&drive, &json!({}));
    assert_settled(&second, &drive, "another account");
    *drive.account.borrow_mut() = first.address();
    sync(&drive, &json!({}));
    assert_settled(&first, &drive, "the first account again");
    assert_eq!((first.ever(), second.ever()), (4, 4));
}

#[test]
fn files_that_another_person_shares_are_ignored() {
    let server = DriveServer::start_open();
    let theirs = FakeFile { of_other: true, ..marked_folder(ROOT, "T_id-1", "Baton", "id-1") };
    server.set_lag(0);
    server.add(theirs);
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let mut expected = MIRRORED.map(str::to_owned).to_vec();
    expected.push("T_id-1/".to_owned());
    assert_eq!(paths(&server), expected);
}

#[test]
fn a_file_that_may_not_be_moved_stops_no_other_database() {
    for fault in [Fault::Forbidden("insufficientFilePermissions"), Fault::Status("404 Not Found")] {
        let server = DriveServer::start_open();
        let drive = updated(&server);
        let top = server.at("Baton").unwrap().id;
        let theirs = server.add(marked_folder(&top, "T_id-1", "Baton", "id-1"));
        by_a_person(&server, &theirs);
        server.order("addParents", fault.clone());
        let outcome = drive.try_run("sync", &args(&json!({}))).unwrap();
        if matches!(fault, Fault::Forbidden(_)) {
            assert_eq!(outcome.kind, OutcomeKind::Partial);
            assert!(ids(&outcome).iter().any(|id| id.starts_with("account-refused:")), "{:?}", outcome.findings);
        }
        assert!(server.at(CSV).unwrap().content == drive.csv().into_bytes(), "{fault:?}");
        for _ in 0..3 {
            sync(&drive, &json!({}));
        }
        let found = paths(&server);
        assert_eq!(found.iter().filter(|path| *path == "Baton/T_id-1/").count(), 1, "{found:?}");
        assert!(found.contains(&"Baton/T_id-1/by a person.txt".to_owned()), "{found:?}");
        assert_eq!(server.faults_left(), 0);
    }
}

#[test]
fn files_removed_from_the_account_are_created_again_and_no_local_file_is_deleted() {
    let places = ["Baton", "Baton/T_id-1", CSV];
    for (path, are_named) in places.into_iter().flat_map(|path| [(path, true), (path, false)]) {
        let server = DriveServer::start_open();
        server.set_content_changes(are_named);
        let drive = workspace(&server);
        sync(&drive, &json!({}));
        let before = drive.csv();
        server.leave(path);
        sync(&drive, &json!({}));
        assert_eq!(drive.csv(), before, "{path}");
        assert_settled(&server, &drive, path);
        assert_eq!(server.bin().len(), 0, "{path}");
    }
}

#[test]
fn an_incomplete_search_changes_nothing() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    server.lose_tokens();
    server.set_lag(0);
    for searches in [1, 2] {
        server.set_incomplete_searches(searches);
        let before = server.lines().len();
        let error = drive.try_run("sync", &args(&json!({}))).unwrap_err();
        assert!(matches!(&error, Error::Retryable(text) if text.contains("incompleteSearch")), "{error:?}");
        assert!(server.lines()[before..].iter().all(|line| line.starts_with("GET ")));
        server.set_incomplete_searches(0);
    }
    sync(&drive, &json!({}));
    assert_settled(&server, &drive, "after an incomplete search");
    assert_eq!((server.ever(), server.bin().len()), (4, 0));
}

#[test]
fn files_moved_out_of_a_shared_drive_are_created_again_in_it() {
    for path in [CSV, "Baton/T_id-1", "Baton"] {
        let server = DriveServer::start_open();
        server.add_shared_drive("0Shared");
        let drive = workspace(&server);
        let place = json!({ "shared_drive": "0Shared" });
        sync(&drive, &place);
        let of_drive = |server: &DriveServer| {
            let all = server.files_of_drive("0Shared");
            (all.len(), all.iter().filter(|name| name.as_str() == "T_id-1.csv").count())
        };
        assert_eq!(of_drive(&server), (4, 1), "{path}");
        server.change(path, |file| file.parent = Some(ROOT.to_owned()));
        for _ in 0..2 {
            sync(&drive, &place);
        }
        assert_eq!(of_drive(&server), (4, 1), "{path}");
        assert_eq!(server.bin().len(), 0);
        assert_eq!(server.problems(), [""; 0]);
        server.remove_shared_drive("0Shared");
        let error = drive.try_run("sync", &args(&place)).unwrap_err();
        assert!(matches!(&error, Error::Permanent(text) if text.contains("no shared drive `0Shared`")), "{error:?}");
    }
}
