//! The files of the fake: times, parents, the trash, the feed of changes.

use std::collections::{BTreeMap, BTreeSet};

use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::cells::FakeSheet;

/// The type of a folder.
pub const FOLDER: &str = "application/vnd.google-apps.folder";

/// The id of My Drive.
pub const ROOT: &str = "0AroOtOfMyDrive";

/// A file or folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FakeFile {
    /// Its id. If the id is empty, the server chooses one.
    pub id: String,
    /// Its name. Several files of one folder can have the same name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its folder.
    pub parent: Option<String>,
    /// Its content.
    pub content: Vec<u8>,
    /// The sheets of a spreadsheet.
    pub sheets: Vec<FakeSheet>,
    /// True if the file itself is in the trash, not only one of its folders.
    pub trashed: bool,
    /// True if the app created it.
    pub of_app: bool,
    /// True if another person owns it and shares it.
    pub of_other: bool,
    /// `appProperties`.
    pub properties: Value,
    /// When it was created, in milliseconds.
    pub created: u64,
    /// When it was changed, in milliseconds.
    pub modified: u64,
    /// The `modifiedTime` that a client has set.
    pub said_modified: Option<String>,
    /// The number of its changes.
    pub version: u64,
    /// The number of the request from which on a search finds the file.
    pub searchable_at: u64,
}

impl FakeFile {
    pub(super) fn is_folder(&self) -> bool {
        self.mime == FOLDER
    }

    pub(super) fn md5(&self) -> String {
        Md5::digest(&self.content).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An upload session.
pub(super) struct Session {
    /// The file to create or to change.
    pub(super) target: Value,
    /// The id of the file to change.
    pub(super) changes: Option<String>,
    pub(super) total: Option<usize>,
    pub(super) bytes: Vec<u8>,
    /// The id of the file, after the last part has arrived.
    pub(super) done: Option<String>,
}

/// An entry of the changes feed. `drive` is the shared drive that had the file before the change, or that has it now.
pub(super) struct Change {
    pub(super) id: String,
    pub(super) drive: Option<String>,
}

/// The state of the account.
pub(super) struct Drive {
    pub(super) files: Vec<FakeFile>,
    shared: Vec<String>,
    /// Ids that `generateIds` has returned and no file uses yet.
    pub(super) drawn: Vec<String>,
    draws: u64,
    /// The changes, in order.
    pub(super) changes: Vec<Change>,
    /// The ids of files that were deleted for ever, or that the account cannot see any more.
    pub(super) left: BTreeSet<String>,
    /// The number of next searches that are incomplete.
    pub(super) incomplete_searches: usize,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) token_generation: u32,
    /// The number of requests.
    pub(super) clock: u64,
    pub(super) lag: usize,
    pub(super) page: usize,
    pub(super) is_full: bool,
    /// The permission id of the Google account.
    pub(super) user: String,
    /// True if the feed names the content of a changed folder.
    pub(super) has_content_changes: bool,
    /// True if the present request sees files of other owners.
    pub(super) sees_all: bool,
    pub(super) problems: Vec<String>,
}

impl Drive {
    pub(super) fn new() -> Self {
        Self {
            files: Vec::new(),
            shared: Vec::new(),
            drawn: Vec::new(),
            draws: 0,
            changes: Vec::new(),
            left: BTreeSet::new(),
            incomplete_searches: 0,
            sessions: BTreeMap::new(),
            token_generation: 1,
            clock: 0,
            lag: 5,
            page: 100,
            is_full: false,
            user: "01234567890123456789".to_owned(),
            has_content_changes: true,
            sees_all: true,
            problems: Vec::new(),
        }
    }

    pub(super) fn draw(&mut self) -> String {
        self.draws += 1;
        let digest = Md5::digest(self.draws.to_string());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("1{digest}")
    }

    pub(super) fn add_shared_drive(&mut self, id: &str) {
        self.shared.push(id.to_owned());
    }

    /// The account does not see a shared drive any more.
    pub(super) fn remove_shared_drive(&mut self, id: &str) {
        self.shared.retain(|drive| drive != id);
    }

    pub(super) fn has_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    pub(super) fn is_place(&self, id: &str) -> bool {
        id == ROOT || self.shared.iter().any(|drive| drive == id)
    }

    pub(super) fn find(&self, id: &str) -> Option<&FakeFile> {
        self.files.iter().find(|file| file.id == id && !self.left.contains(&file.id) && self.is_of_view(file))
    }

    /// True if the scope of the request's token includes the file.
    pub(super) fn is_of_view(&self, file: &FakeFile) -> bool {
        self.sees_all || file.of_app
    }

    /// A file and its content leave the account.
    pub(super) fn leave(&mut self, id: &str) {
        let below = self.below(id);
        self.change(id, |_| {});
        self.left.extend(below);
        self.left.insert(id.to_owned());
    }

    fn below(&self, id: &str) -> Vec<String> {
        let is_below = |file: &&FakeFile| self.ancestors(file).iter().any(|own| own == id);
        self.files.iter().filter(is_below).map(|file| file.id.clone()).collect()
    }

    fn push_change(&mut self, id: &str) {
        let drive = self.files.iter().find(|file| file.id == id).and_then(|file| self.drive_of(file));
        self.changes.push(Change { id: id.to_owned(), drive });
    }

    /// The shared drive of a file.
    pub(super) fn drive_of(&self, file: &FakeFile) -> Option<String> {
        let top = self.ancestors(file).pop()?;
        self.shared.iter().find(|drive| **drive == top).cloned()
    }

    /// The ids of the folders that contain the file, the nearest first.
    fn ancestors(&self, file: &FakeFile) -> Vec<String> {
        let mut ids = Vec::new();
        let mut parent = file.parent.clone();
        while let Some(id) = parent.filter(|_| ids.len() < 100) {
            parent = self.files.iter().find(|file| file.id == id).and_then(|file| file.parent.clone());
            ids.push(id);
        }
        ids
    }

    /// True if the file or one of its folders is in the trash.
    pub(super) fn is_trashed(&self, file: &FakeFile) -> bool {
        let is = |id: &String| self.files.iter().any(|file| file.id == *id && file.trashed);
        file.trashed || self.ancestors(file).iter().any(is)
    }

    pub(super) fn add(&mut self, mut file: FakeFile) -> String {
        if file.id.is_empty() {
            file.id = self.draw();
        }
        if file.parent.is_none() {
            file.parent = Some(ROOT.to_owned());
        }
        let now = self.now();
        (file.created, file.modified, file.version) = (now, now, 1);
        file.searchable_at = self.clock + self.lag as u64;
        let id = file.id.clone();
        self.files.push(file);
        self.push_change(&id);
        id
    }

    fn now(&self) -> u64 {
        1_768_731_300_000 + (self.clock + self.changes.len() as u64) * 7
    }

    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut FakeFile)) {
        let now = self.now();
        let Some(before) = self.files.iter().find(|file| file.id == id).map(|file| self.drive_of(file)) else { return };
        let Some(file) = self.files.iter_mut().find(|file| file.id == id) else { return };
        change(file);
        (file.modified, file.version) = (now, file.version + 1);
        let is_folder = file.is_folder();
        let mut changed = vec![id.to_owned()];
        if self.has_content_changes && is_folder {
            changed.extend(self.below(id));
        }
        for id in changed {
            self.push_change(&id);
            if self.changes.last().is_some_and(|change| change.drive != before) {
                self.changes.push(Change { id, drive: before.clone() });
            }
        }
    }

    pub(super) fn set_content(&mut self, id: &str, content: Vec<u8>) {
        self.change(id, |file| file.content = content);
    }

    fn path(&self, file: &FakeFile) -> String {
        let mut names = vec![file.name.clone()];
        for id in self.ancestors(file) {
            names.extend(self.files.iter().find(|file| file.id == id).map(|file| file.name.clone()));
        }
        names.reverse();
        names.join("/")
    }

    pub(super) fn tree(&self) -> Vec<(String, String)> {
        let here = self.files.iter().filter(|file| !self.left.contains(&file.id) && !self.is_trashed(file));
        let mut all: Vec<_> = here
            .map(|file| {
                let slash = if file.is_folder() { "/" } else { "" };
                (self.path(file) + slash, String::from_utf8_lossy(&file.content).into_owned())
            })
            .collect();
        all.sort();
        all
    }

    pub(super) fn at(&self, path: &str) -> Option<FakeFile> {
        self.files
            .iter()
            .find(|file| !self.left.contains(&file.id) && !self.is_trashed(file) && self.path(file) == path)
            .cloned()
    }

    /// The JSON of a file.
    pub(super) fn json(&self, file: &FakeFile) -> Value {
        let mut all = Map::new();
        let json = json!({
            "kind": "drive#file",
            "id": file.id,
            "name": file.name,
            "mimeType": file.mime,
            "parents": file.parent.iter().collect::<Vec<_>>(),
            "trashed": self.is_trashed(file),
            "explicitlyTrashed": file.trashed,
            "createdTime": time(file.created),
            "modifiedTime": file.said_modified.clone().unwrap_or_else(|| time(file.modified)),
            "version": file.version.to_string(),
            "spaces": ["drive"],
            "ownedByMe": !file.of_other,
            "isAppAuthorized": file.of_app,
            "capabilities": { "canDownload": true, "canEdit": true },
        });
        all.extend(json.as_object().cloned().unwrap_or_default());
        if file.properties.as_object().is_some_and(|properties| !properties.is_empty()) && file.of_app {
            all.insert("appProperties".to_owned(), file.properties.clone());
        }
        // Files of Google's own types have no bytes.
        if !file.mime.starts_with("application/vnd.google-apps.") {
            all.insert("md5Checksum".to_owned(), json!(file.md5()));
            all.insert("size".to_owned(), json!(file.content.len().to_string()));
            all.insert("headRevisionId".to_owned(), json!(format!("r{}", file.version)));
        }
        if let Some(drive) = self.drive_of(file) {
            all.insert("driveId".to_owned(), json!(drive));
        }
        Value::Object(all)
    }
}

/// The id of a folder in an address.
pub(super) fn resolved(id: &str) -> &str {
    if id == "root" { ROOT } else { id }
}

/// RFC 3339 with milliseconds, from milliseconds since 1970.
fn time(millis: u64) -> String {
    let text =
        baton_plugin_kit::time::text(i64::try_from(millis - millis % 1_000).unwrap_or_default()).unwrap_or_default();
    format!("{}.{:03}Z", text.trim_end_matches('Z'), millis % 1_000)
}
