//! A stateful Google Drive v3 on loopback. It accepts several folders of one name, as Drive does. It is strict: an id must be
//! from `generateIds` and can be used once (409), a file has one parent, unknown searches and uploads that are not exactly right
//! are refused. A search finds new files only after a delay; the changes feed and a request by id find them at once. Files that
//! the app did not create are visible only with the scope `drive`. An answer has only the requested `fields`. A file that left
//! the account is a change with `removed`. A search over all drives is incomplete. Addresses of upload sessions lead to another
//! server, so a client that uses them fails; independent clients get the real addresses. The server accepts the tokens of an
//! [`OAuthServer`]. A test can inject faults.

mod answers;
mod cells;
mod fields;
mod files;
mod query;
mod refusals;
mod sheets;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::fake_service::{Answer, FakeService};
use crate::oauth_server::OAuthServer;
use crate::server::ReceivedRequest;

pub use cells::{FakeCell, FakeSheet, SPREADSHEET};
use files::Drive;
pub use files::{FOLDER, FakeFile, ROOT};

/// A fault that the server injects into a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status without an effect.
    Status(&'static str),
    /// 403 with this reason, without an effect.
    Forbidden(&'static str),
    /// 429 with this many seconds of `Retry-After`.
    Busy(u64),
    /// The body ends after this many bytes; the request takes effect.
    Cut(usize),
    /// No answer; the request takes effect.
    Lost,
    /// No answer and no effect.
    Dropped,
    /// The answer comes after this pause.
    Late(Duration),
    /// This status, although the request takes effect.
    Failed(&'static str),
    /// The request takes effect twice.
    Twice,
    /// No answer; the request takes effect only when this many further requests have arrived, before the last of them is
    /// answered.
    Delayed(usize),
    /// The user ends the consent; the request gets 401.
    Revoked,
    /// Before the request, another client of the same app creates this folder.
    Overtaken(Box<FakeFile>),
}

/// The request from which on the service does not answer.
#[derive(Clone, Copy, Debug)]
struct Gate {
    at: usize,
    has_effect: bool,
}

struct Service {
    drive: Drive,
    oauth: Option<OAuthServer>,
    faults: Vec<(String, Fault)>,
    /// Faults of requests with a number.
    numbered: Vec<(usize, Fault)>,
    delayed: Vec<(usize, ReceivedRequest)>,
    /// The number of requests so far, and the request from which on answers stop.
    requests: usize,
    gate: Option<Gate>,
    /// True if any token has only the scope `drive.file`.
    is_restricted: bool,
}

/// The server.
pub struct DriveServer {
    service: Arc<Mutex<Service>>,
    web: FakeService,
}

impl DriveServer {
    /// An empty account with the tokens of an OAuth server.
    #[must_use]
    pub fn start(oauth: &OAuthServer) -> Self {
        Self::with(Some(oauth.clone()))
    }

    /// An empty account that accepts any token.
    #[must_use]
    pub fn start_open() -> Self {
        Self::with(None)
    }

    fn with(oauth: Option<OAuthServer>) -> Self {
        let service = Service {
            drive: Drive::new(),
            oauth,
            faults: Vec::new(),
            numbered: Vec::new(),
            delayed: Vec::new(),
            requests: 0,
            gate: None,
            is_restricted: false,
        };
        let service = Arc::new(Mutex::new(service));
        let own = Arc::clone(&service);
        let web = FakeService::start(move |request| answer(&own, request));
        Self { service, web }
    }

    fn state(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        self.web.address()
    }

    /// Answers requests of another listener, such as a proxy.
    pub fn answers(&self) -> impl Fn(&ReceivedRequest) -> Answer + Clone + Send + Sync + 'static {
        let own = Arc::clone(&self.service);
        move |request| answer(&own, request)
    }

    /// The next request whose first line contains `text` has this fault.
    pub fn order(&self, text: &str, fault: Fault) {
        self.state().faults.push((text.to_owned(), fault));
    }

    /// The request with this number from now on, counted from 1, has this fault.
    pub fn order_at(&self, number: usize, fault: Fault) {
        let mut service = self.state();
        let at = service.requests + number;
        service.numbered.push((at, fault));
    }

    /// The request with this number, counted from 1, and all later ones get no answer. `has_effect`: the request with
    /// this number takes effect.
    pub fn stop_at(&self, at: usize, has_effect: bool) {
        let mut service = self.state();
        service.gate = Some(Gate { at: service.requests + at, has_effect });
    }

    /// Answers requests again after [`Self::stop_at`].
    pub fn answer_again(&self) {
        self.state().gate = None;
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// The first lines of the requests so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.web.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// The errors in the requests of clients.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.state().drive.problems.clone()
    }

    /// The faults that no request has had.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.state().faults.len()
    }

    /// All files that are not in the trash, as `path` from the root, sorted, with their content. Equal paths are all listed.
    #[must_use]
    pub fn tree(&self) -> Vec<(String, String)> {
        self.state().drive.tree()
    }

    /// The names of the files of a shared drive.
    #[must_use]
    pub fn files_of_drive(&self, id: &str) -> Vec<String> {
        let service = self.state();
        let drive = &service.drive;
        let is_in = |file: &&FakeFile| {
            !drive.left.contains(&file.id) && !file.trashed && drive.drive_of(file).as_deref() == Some(id)
        };
        drive.files.iter().filter(is_in).map(|file| file.name.clone()).collect()
    }

    /// The trashed files, by name.
    #[must_use]
    pub fn bin(&self) -> Vec<FakeFile> {
        self.state().drive.files.iter().filter(|file| file.trashed).cloned().collect()
    }

    /// The number of files that ever existed, without the root.
    #[must_use]
    pub fn ever(&self) -> usize {
        self.state().drive.files.len()
    }

    /// The file at a path that is not in the trash; the oldest of several.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<FakeFile> {
        self.state().drive.at(path)
    }

    /// A person or another client adds a file or folder. Returns its id.
    #[expect(clippy::must_use_candidate, reason = "not every test needs the id")]
    pub fn add(&self, file: FakeFile) -> String {
        self.state().drive.add(file)
    }

    /// A person changes the content of a file.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn edit(&self, path: &str, content: &str) {
        let mut service = self.state();
        let id = service.drive.at(path).expect("a file at the path").id;
        service.drive.set_content(&id, content.as_bytes().to_vec());
    }

    /// A person changes a file.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn change(&self, path: &str, change: impl FnOnce(&mut FakeFile)) {
        let mut service = self.state();
        let id = service.drive.at(path).expect("a file at the path").id;
        service.drive.change(&id, change);
    }

    /// A person deletes a file permanently, or its owner no longer shares it. If the file is a folder, its content is
    /// deleted too.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn leave(&self, path: &str) {
        let mut service = self.state();
        let id = service.drive.at(path).expect("a file at the path").id;
        service.drive.leave(&id);
    }

    /// Makes the next searches incomplete: they find only a part of the files, and report that.
    pub fn set_incomplete_searches(&self, searches: usize) {
        self.state().drive.incomplete_searches = searches;
    }

    /// The account is not a member of a shared drive any more.
    pub fn remove_shared_drive(&self, id: &str) {
        self.state().drive.remove_shared_drive(id);
    }

    /// Creates a shared drive with this id.
    pub fn add_shared_drive(&self, id: &str) {
        self.state().drive.add_shared_drive(id);
    }

    /// Refuses new content, as an account without space does.
    pub fn set_full(&self, is_full: bool) {
        self.state().drive.is_full = is_full;
    }

    /// Every token has only the scope `drive.file` from now on.
    pub fn restrict(&self) {
        self.state().is_restricted = true;
    }

    /// The permission id of the Google account.
    pub fn set_user(&self, id: &str) {
        id.clone_into(&mut self.state().drive.user);
    }

    /// Sets whether the changes feed also names the files in a changed folder. Drive does not promise to name them.
    pub fn set_content_changes(&self, are_named: bool) {
        self.state().drive.has_content_changes = are_named;
    }

    /// Refuses all page tokens of the changes feed that the server has returned so far.
    pub fn lose_tokens(&self) {
        self.state().drive.token_generation += 1;
    }

    /// The number of requests after which a search finds a new file.
    pub fn set_lag(&self, requests: usize) {
        self.state().drive.lag = requests;
    }

    /// Sets the maximum number of files on a page.
    pub fn set_page(&self, files: usize) {
        self.state().drive.page = files;
    }
}

fn answer(service: &Mutex<Service>, request: &ReceivedRequest) -> Answer {
    let mut service = service.lock().unwrap_or_else(PoisonError::into_inner);
    service.requests += 1;
    service.take_effect_late();
    service.faulty(request)
}

impl Service {
    fn faulty(&mut self, request: &ReceivedRequest) -> Answer {
        if let Some(gate) = self.gate.filter(|gate| self.requests >= gate.at) {
            if self.requests == gate.at && gate.has_effect {
                self.answer(request);
            }
            return Answer { pause: Duration::from_secs(20), ..Answer::lost() };
        }
        let fault = self.faults.iter().position(|(text, _)| request.line.contains(text.as_str()));
        let numbered = self.numbered.iter().position(|(number, _)| *number == self.requests);
        let fault = match (fault, numbered) {
            (Some(at), _) => Some(self.faults.remove(at).1),
            (None, Some(at)) => Some(self.numbered.remove(at).1),
            (None, None) => None,
        };
        match &fault {
            Some(Fault::Status(status)) => return refusals::error(status, "backendError", "out of order"),
            Some(Fault::Forbidden(reason)) => return refusals::error("403 Forbidden", reason, "not allowed"),
            Some(Fault::Busy(seconds)) => {
                return refusals::error("429 Too Many Requests", "rateLimitExceeded", "slow down")
                    .with("Retry-After", &seconds.to_string());
            }
            Some(Fault::Dropped) => return Answer::lost(),
            Some(Fault::Delayed(requests)) => {
                self.delayed.push((*requests, request.clone()));
                return Answer::lost();
            }
            Some(Fault::Twice) => drop(self.answer(request)),
            Some(Fault::Revoked) => {
                if let Some(oauth) = &self.oauth {
                    oauth.revoke();
                }
            }
            Some(Fault::Overtaken(file)) => drop(self.drive.add((**file).clone())),
            _ => {}
        }
        let mut answer = self.answer(request);
        match fault {
            Some(Fault::Cut(bytes)) => answer.cut = Some(bytes),
            Some(Fault::Lost) => answer.lost = true,
            Some(Fault::Late(pause)) => answer.pause = pause,
            Some(Fault::Failed(status)) => return refusals::error(status, "backendError", "out of order"),
            _ => {}
        }
        answer
    }

    fn take_effect_late(&mut self) {
        for (requests, _) in &mut self.delayed {
            *requests = requests.saturating_sub(1);
        }
        let (due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.delayed).into_iter().partition(|(requests, _)| *requests == 0);
        self.delayed = rest;
        for (_, request) in due {
            self.answer(&request);
        }
    }

    fn answer(&mut self, request: &ReceivedRequest) -> Answer {
        self.drive.clock += 1;
        let authorization = request.header("authorization");
        self.drive.sees_all = match &self.oauth {
            None => !self.is_restricted,
            Some(oauth) if !oauth.knows(authorization) => {
                return refusals::error("401 Unauthorized", "authError", "Invalid Credentials");
            }
            Some(oauth) => {
                let has =
                    |scope: &str| oauth.accepts(authorization, &format!("https://www.googleapis.com/auth/{scope}"));
                if !has("drive") && !has("drive.file") {
                    let text = "Request had insufficient authentication scopes.";
                    return refusals::error("403 Forbidden", "insufficientPermissions", text);
                }
                has("drive")
            }
        };
        answers::answer(&mut self.drive, request)
    }
}

/// A file of another client of the same app: a folder with the markers of Baton.
#[must_use]
pub fn marked_folder(parent: &str, name: &str, place: &str, database: &str) -> FakeFile {
    FakeFile {
        name: name.to_owned(),
        mime: FOLDER.to_owned(),
        parent: Some(parent.to_owned()),
        of_app: true,
        properties: json!({ "batonPlace": place, "batonDatabase": database, "batonPart": "folder" }),
        ..FakeFile::default()
    }
}
