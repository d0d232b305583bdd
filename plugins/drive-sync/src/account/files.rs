//! The endpoints of Drive v3 that Baton uses. Each request names the fields it needs and includes shared drives.

use std::cell::RefCell;

use baton_plugin_kit::host::Call;
use baton_plugin_sdk::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::api::{Api, Refusal, retryable};

/// The type of a folder.
const FOLDER: &str = "application/vnd.google-apps.folder";

/// The type of a Google Sheet.
const SPREADSHEET: &str = "application/vnd.google-apps.spreadsheet";

/// The fields of a file.
pub(super) const FIELDS: &str =
    "id,name,mimeType,parents,driveId,md5Checksum,createdTime,modifiedTime,trashed,ownedByMe,appProperties";

/// The number of files on a page. The API allows 1,000.
const PAGE: usize = 1_000;

/// The maximum number of pages of one list. A server that returns more than a million files is faulty.
const PAGES: usize = 1_000;

/// The number of ids that one request returns. The API allows 1,000.
const IDS: usize = 100;

/// The names of the markers in `appProperties`, which only this OAuth client sees. A name and its value have at most 124 bytes.
pub(super) const PLACE: &str = "batonPlace";
const DATABASE: &str = "batonDatabase";
const PART: &str = "batonPart";
const MERGED: &str = "batonMerged";

/// A file or folder of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RemoteFile {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: String,
    pub(super) is_folder: bool,
    /// MD5 of its content; empty for folders.
    pub(super) md5: String,
    /// The time of creation in RFC 3339. All times have the same number of digits, so they can be sorted as texts.
    pub(super) created: String,
    /// The time of the last change of a spreadsheet; empty for other files, which are compared by their content.
    pub(super) modified: String,
    pub(super) trashed: bool,
    /// True if the account owns the file. Files of a shared drive have no owner.
    pub(super) is_owned: bool,
    /// The id of the file's shared drive; empty for My Drive.
    pub(super) drive: String,
    pub(super) marker: Marker,
}

/// The properties that Baton stores with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marker {
    /// The name of the top folder below which Baton created the file; empty if Baton did not create the file.
    pub(super) place: String,
    /// The compared form of the database's id.
    pub(super) database: String,
    /// `top`, `folder`, `csv` or `manifest`.
    pub(super) part: String,
    /// The folder into which this one was merged.
    pub(super) merged: String,
}

impl Marker {
    fn json(&self) -> Value {
        let pairs = [(PLACE, &self.place), (DATABASE, &self.database), (PART, &self.part), (MERGED, &self.merged)];
        let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        Value::Object(set.map(|(name, value)| (name.to_owned(), json!(value))).collect())
    }
}

impl RemoteFile {
    /// Reads the JSON of the API; `None` if the JSON has no id.
    pub(super) fn read(file: &Value) -> Option<Self> {
        let text = |place: &str| file.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
        let property = |name: &str| text(&format!("/appProperties/{name}"));
        let id = text("/id");
        let modified = if text("/mimeType") == SPREADSHEET { text("/modifiedTime") } else { String::new() };
        (!id.is_empty()).then(|| Self {
            id,
            name: text("/name"),
            parent: text("/parents/0"),
            is_folder: text("/mimeType") == FOLDER,
            md5: text("/md5Checksum"),
            created: text("/createdTime"),
            modified,
            trashed: file.get("trashed").and_then(Value::as_bool).unwrap_or(false),
            is_owned: file.get("ownedByMe").and_then(Value::as_bool).unwrap_or(false),
            drive: text("/driveId"),
            marker: Marker {
                place: property(PLACE),
                database: property(DATABASE),
                part: property(PART),
                merged: property(MERGED),
            },
        })
    }

    pub(super) fn is_spreadsheet(&self) -> bool {
        !self.modified.is_empty()
    }

    /// The sort key for duplicates. Every workspace keeps the folder or file with the lowest key.
    pub(super) fn rank(&self) -> (&str, &str) {
        (&self.created, &self.id)
    }

    /// The metadata in the request that creates the file.
    pub(super) fn metadata(&self) -> Value {
        let mut metadata = Map::new();
        metadata.insert("id".to_owned(), json!(self.id));
        metadata.insert("name".to_owned(), json!(self.name));
        metadata.insert("appProperties".to_owned(), self.marker.json());
        if self.is_folder {
            metadata.insert("mimeType".to_owned(), json!(FOLDER));
        }
        if !self.parent.is_empty() {
            metadata.insert("parents".to_owned(), json!([self.parent]));
        }
        Value::Object(metadata)
    }
}

/// A page of the changes feed.
#[derive(Debug, Default)]
pub(super) struct ChangesPage {
    /// Changed files.
    pub(super) files: Vec<RemoteFile>,
    /// Ids of files that are not visible any more.
    pub(super) removed: Vec<String>,
    /// The token of the next page.
    pub(super) next: Option<String>,
    /// The token for the next reading. Only the last page has it.
    pub(super) start: Option<String>,
}

/// The endpoints.
pub(super) struct Files<'a> {
    pub(super) api: &'a Api<'a>,
    /// The id of a shared drive; empty: My Drive.
    pub(super) shared_drive: &'a str,
    drawn: RefCell<Vec<String>>,
}

impl<'a> Files<'a> {
    pub(super) fn new(api: &'a Api<'a>, shared_drive: &'a str) -> Self {
        Self { api, shared_drive, drawn: RefCell::default() }
    }

    /// Requests an id for a new file.
    pub(super) fn draw_id(&self) -> Result<String, Refusal> {
        if let Some(id) = self.drawn.borrow_mut().pop() {
            return Ok(id);
        }
        let path = format!("/drive/v3/files/generateIds?count={IDS}&space=drive&type=files");
        let answer = self.api.json(&Call::new("GET", path))?;
        let ids = answer.get("ids").and_then(Value::as_array).into_iter().flatten();
        let mut ids: Vec<String> = ids.filter_map(Value::as_str).map(str::to_owned).collect();
        let one = ids.pop().ok_or_else(|| retryable("Google Drive returned no id".to_owned()))?;
        *self.drawn.borrow_mut() = ids;
        Ok(one)
    }

    /// A file by its id, also in the trash; `None` if it does not exist.
    pub(super) fn get(&self, id: &str) -> Result<Option<RemoteFile>, Refusal> {
        let path = format!("/drive/v3/files/{}?supportsAllDrives=true&fields={FIELDS}", encoded(id));
        match self.api.json(&Call::new("GET", path)) {
            Ok(file) => Ok(RemoteFile::read(&file)),
            Err(Refusal::Missing) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// All files of a search, without those in the trash.
    pub(super) fn list(&self, query: &str) -> Result<Vec<RemoteFile>, Refusal> {
        let query = format!("{query} and trashed = false");
        let query = encoded(&query);
        let base = format!(
            "/drive/v3/files?q={query}&pageSize={PAGE}&fields=nextPageToken,incompleteSearch,files({FIELDS})&{}",
            self.scope()
        );
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let path = match &token {
                Some(token) => format!("{base}&pageToken={}", encoded(token)),
                None => base.clone(),
            };
            let page = self.api.json(&Call::new("GET", path))?;
            if page.get("incompleteSearch").and_then(Value::as_bool) == Some(true) {
                return Err(retryable("Google Drive returned incomplete search results (incompleteSearch)".to_owned()));
            }
            let files = page.get("files").and_then(Value::as_array);
            found.extend(files.into_iter().flatten().filter_map(RemoteFile::read));
            token = page.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(retryable("Google Drive returns more than a million files".to_owned()))
    }

    /// Files in a folder.
    pub(super) fn children(&self, folder: &str) -> Result<Vec<RemoteFile>, Refusal> {
        self.list(&format!("'{}' in parents", quoted(folder)))
    }

    /// Files with the marker of a place.
    pub(super) fn marked(&self, place: &str) -> Result<Vec<RemoteFile>, Refusal> {
        self.list(&format!("appProperties has {{ key='{PLACE}' and value='{}' }}", quoted(place)))
    }

    /// All spreadsheets.
    pub(super) fn spreadsheets(&self) -> Result<Vec<RemoteFile>, Refusal> {
        self.list(&format!("mimeType = '{SPREADSHEET}'"))
    }

    /// The permission id of the Google account.
    pub(super) fn user(&self) -> Result<String, Refusal> {
        let answer = self.api.json(&Call::new("GET", "/drive/v3/about?fields=user(permissionId)"))?;
        let id = answer.pointer("/user/permissionId").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| retryable("Google Drive returned no id of the account".to_owned()))
    }

    /// Whether the granted scope shows files that other apps created. `false` if the first page of files has no such file.
    pub(super) fn sees_other_apps(&self) -> Result<bool, Refusal> {
        let query = encoded("trashed = false");
        let path = format!("/drive/v3/files?q={query}&pageSize={PAGE}&fields=files(isAppAuthorized)&{}", self.scope());
        let page = self.api.json(&Call::new("GET", path))?;
        let files = page.get("files").and_then(Value::as_array);
        let is_other = |file: &Value| file.get("isAppAuthorized").and_then(Value::as_bool) == Some(false);
        Ok(files.into_iter().flatten().any(is_other))
    }

    /// Requests a token. With it, a later task gets the changes from now on.
    pub(super) fn start_token(&self) -> Result<String, Refusal> {
        let call = Call::new("GET", format!("/drive/v3/changes/startPageToken?{}", self.drive()));
        let answer = self.api.json(&call).map_err(|refusal| match refusal {
            Refusal::Missing => Refusal::Failed(Error::Permanent(format!(
                "the account has no shared drive `{}`: check `shared_drive`, and that the account is a member",
                self.shared_drive
            ))),
            refusal => refusal,
        })?;
        let token = answer.get("startPageToken").and_then(Value::as_str);
        token
            .map(str::to_owned)
            .ok_or_else(|| retryable("Google Drive returned no start token for its list of changes".to_owned()))
    }

    /// The changes since a token.
    pub(super) fn changes(&self, token: &str) -> Result<ChangesPage, Refusal> {
        let path = format!(
            "/drive/v3/changes?pageToken={}&pageSize={PAGE}&includeRemoved=true&includeItemsFromAllDrives=true&{}\
             &fields=nextPageToken,newStartPageToken,changes(changeType,fileId,removed,file({FIELDS}))",
            encoded(token),
            self.drive()
        );
        let answer = self.api.json(&Call::new("GET", path))?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut page =
            ChangesPage { next: text("nextPageToken"), start: text("newStartPageToken"), ..ChangesPage::default() };
        for change in answer.get("changes").and_then(Value::as_array).into_iter().flatten() {
            match change.get("file").and_then(RemoteFile::read).filter(|file| !file.trashed) {
                Some(file) => page.files.push(file),
                None => page.removed.extend(change.get("fileId").and_then(Value::as_str).map(str::to_owned)),
            }
        }
        Ok(page)
    }

    /// Creates a folder with an id of `generateIds`. If the folder already exists, returns the existing folder.
    pub(super) fn create_folder(&self, folder: &RemoteFile) -> Result<RemoteFile, Refusal> {
        let path = format!("/drive/v3/files?supportsAllDrives=true&fields={FIELDS}");
        match self.api.json(&Call::with_json("POST", path, &folder.metadata())) {
            Ok(made) => RemoteFile::read(&made).ok_or_else(|| retryable("a new folder has no id".to_owned())),
            Err(Refusal::Exists) => self.get(&folder.id)?.ok_or(Refusal::Missing),
            Err(refusal) => Err(refusal),
        }
    }

    /// Changes the metadata of a file.
    pub(super) fn change(&self, id: &str, change: &Value) -> Result<(), Refusal> {
        let path = format!("/drive/v3/files/{}?supportsAllDrives=true&fields=id", encoded(id));
        self.api.call(&Call::with_json("PATCH", path, change)).map(drop)
    }

    /// Moves a file from one folder to another.
    pub(super) fn move_to(&self, id: &str, from: &str, to: &str) -> Result<(), Refusal> {
        let path = format!(
            "/drive/v3/files/{}?supportsAllDrives=true&fields=id&addParents={}&removeParents={}",
            encoded(id),
            encoded(to),
            encoded(from)
        );
        self.api.call(&Call::with_json("PATCH", path, &json!({}))).map(drop)
    }

    /// Gives an existing folder the marker of a database.
    pub(super) fn adopt(&self, id: &str, marker: &Marker) -> Result<(), Refusal> {
        self.change(id, &json!({ "appProperties": marker.json() }))
    }

    /// Renames a file.
    pub(super) fn rename(&self, id: &str, name: &str) -> Result<(), Refusal> {
        self.change(id, &json!({ "name": name }))
    }

    /// Marks a folder as merged into another one.
    pub(super) fn mark_merged(&self, id: &str, into: &str) -> Result<(), Refusal> {
        self.change(id, &json!({ "appProperties": { MERGED: into } }))
    }

    /// Renames a file and removes the marker of its part, so that Baton treats it as any other file.
    pub(super) fn set_aside(&self, id: &str, name: &str) -> Result<(), Refusal> {
        self.change(id, &json!({ "name": name, "appProperties": { PART: null } }))
    }

    /// Moves a file to the trash, where it stays for 30 days.
    pub(super) fn trash(&self, id: &str) -> Result<(), Refusal> {
        self.change(id, &json!({ "trashed": true }))
    }

    /// The content of a file.
    pub(super) fn download(&self, id: &str) -> Result<Vec<u8>, Refusal> {
        let path = format!("/drive/v3/files/{}?alt=media&supportsAllDrives=true", encoded(id));
        Ok(self.api.call(&Call::new("GET", path))?.body)
    }

    /// The parameters of a search.
    fn scope(&self) -> String {
        let corpora = if self.shared_drive.is_empty() { "user" } else { "drive" };
        format!("spaces=drive&corpora={corpora}&includeItemsFromAllDrives=true&{}", self.drive())
    }

    fn drive(&self) -> String {
        let id = if self.shared_drive.is_empty() {
            String::new()
        } else {
            format!("&driveId={}", encoded(self.shared_drive))
        };
        format!("supportsAllDrives=true{id}")
    }
}

/// Escapes a text that is placed between single quotes in a search.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a text that becomes a part of an address.
pub(super) fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}
