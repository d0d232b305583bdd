//! Uploads: metadata and content in one request, or a resumable session for larger files. Afterwards, the MD5 that the server
//! reports is compared.
//!
//! The address of a session gives access like a token, so it is kept only in memory. After a kill, the next task begins the
//! upload again.

use baton_plugin_kit::host::Call;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::http::Response;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::api::{Refusal, retryable};
use super::files::{FIELDS, Files, RemoteFile, encoded};

/// Larger files are uploaded in a session. The documentation recommends it above 5 MB.
const ONE_REQUEST: usize = 5 << 20;

/// Bytes of one part of a session: a multiple of 256 KiB, as the API demands.
const PIECE: usize = 4 << 20;

/// How often the content of one file is sent.
const TRIES: u32 = 5;

/// The number of failures after which a session is given up.
const FAILURES: usize = 8;

/// MD5 in hexadecimal digits, as the API reports it.
pub(super) fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Creates a file with an id of `generateIds`. If a file with this id exists, an earlier request has succeeded.
pub(super) fn create(files: &Files<'_>, file: &RemoteFile, bytes: &[u8]) -> Result<RemoteFile, Refusal> {
    let path = format!("/upload/drive/v3/files?supportsAllDrives=true&fields={FIELDS}");
    let request = Request { files, method: "POST", path, metadata: file.metadata() };
    let own = md5(bytes);
    for try_number in 0..TRIES {
        let (is_known, why) = match request.send(bytes) {
            Err(Refusal::Exists) => (true, "its id exists".to_owned()),
            Err(Refusal::Failed(Error::Retryable(why))) => (false, why),
            sent => return checked(sent?, &own),
        };
        match files.get(&file.id)? {
            Some(found) if found.trashed || found.md5 == own => return Ok(found),
            Some(_) => return Err(Refusal::Conflict),
            None if is_known => return Err(Refusal::Missing),
            None => files.api.pause(1 << try_number, &why)?,
        }
    }
    Err(retryable(format!("{}: the upload failed {TRIES} times", file.name)))
}

/// Replaces the content of a file that has the content of `before`. Drive keeps the old content as a revision. After a
/// request with an unknown effect, the new content is sent again only if the file still has the old content.
pub(super) fn replace(files: &Files<'_>, before: &RemoteFile, bytes: &[u8]) -> Result<RemoteFile, Refusal> {
    let path = format!("/upload/drive/v3/files/{}?supportsAllDrives=true&fields={FIELDS}", encoded(&before.id));
    let request = Request { files, method: "PATCH", path, metadata: json!({}) };
    let own = md5(bytes);
    for try_number in 0..TRIES {
        let why = match request.send(bytes) {
            Err(Refusal::Failed(Error::Retryable(why))) => why,
            sent => return checked(sent?, &own),
        };
        match files.get(&before.id)? {
            Some(found) if found.trashed => return Err(Refusal::Missing),
            Some(found) if found.md5 == own => return Ok(found),
            Some(found) if found.md5 == before.md5 => files.api.pause(1 << try_number, &why)?,
            Some(_) => return Err(Refusal::Conflict),
            None => return Err(Refusal::Missing),
        }
    }
    Err(retryable(format!("{}: the upload failed {TRIES} times", before.name)))
}

fn checked(sent: RemoteFile, own: &str) -> Result<RemoteFile, Refusal> {
    if sent.md5 == own {
        return Ok(sent);
    }
    Err(retryable(format!("{}: the account has other bytes than were uploaded (md5Checksum)", sent.name)))
}

struct Request<'a> {
    files: &'a Files<'a>,
    method: &'static str,
    path: String,
    metadata: Value,
}

impl Request<'_> {
    fn send(&self, bytes: &[u8]) -> Result<RemoteFile, Refusal> {
        if bytes.len() > ONE_REQUEST { self.resumable(bytes) } else { self.multipart(bytes) }
    }

    fn multipart(&self, bytes: &[u8]) -> Result<RemoteFile, Refusal> {
        // The content cannot contain its own digest, so the boundary does not occur in it.
        let boundary = format!("baton-{}", baton_core::Digest::of(bytes));
        let mut body = format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{}\r\n--{boundary}\r\nContent-Type: {}\r\n\r\n",
            self.metadata,
            media_type(&self.metadata)
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let headers = vec![("content-type", format!("multipart/related; boundary={boundary}"))];
        let path = format!("{}&uploadType=multipart", self.path);
        let answer = self.files.api.call_once(&Call { method: self.method, path: path.into(), headers, body })?;
        uploaded_file(&answer)
    }

    fn resumable(&self, bytes: &[u8]) -> Result<RemoteFile, Refusal> {
        let session = self.begin(bytes.len())?;
        match self.pieces(&session, bytes) {
            // The session has expired, so the upload begins again.
            Err(Refusal::Missing | Refusal::Expired(_)) => Err(retryable("the upload session ended early".to_owned())),
            ended => ended,
        }
    }

    /// Begins a session and returns its path, which contains the session id from the server.
    fn begin(&self, length: usize) -> Result<String, Refusal> {
        let mut call = Call::with_json(self.method, format!("{}&uploadType=resumable", self.path), &self.metadata);
        call.headers.push(("x-upload-content-type", media_type(&self.metadata).to_owned()));
        call.headers.push(("x-upload-content-length", length.to_string()));
        let answer = self.files.api.call(&call)?;
        let id = answer.header("location").and_then(upload_id);
        let id = id.ok_or_else(|| retryable("Google Drive returned no address for the upload".to_owned()))?;
        // Only the id is taken from the server's answer, so that the answer cannot lead the upload to another server.
        Ok(format!("{}&uploadType=resumable&upload_id={id}", self.path))
    }

    fn pieces(&self, session: &str, bytes: &[u8]) -> Result<RemoteFile, Refusal> {
        let (total, mut begin, mut failures) = (bytes.len(), 0, 0);
        loop {
            let end = (begin + PIECE).min(total);
            let piece = bytes.get(begin..end).unwrap_or_default();
            let range = if piece.is_empty() {
                format!("bytes */{total}")
            } else {
                format!("bytes {begin}-{}/{total}", end - 1)
            };
            let sent = self.files.api.call_once(&put(session, range, piece.to_vec()));
            let state = match sent.and_then(|answer| state(&answer)) {
                Err(Refusal::Failed(error)) if failures < FAILURES => {
                    failures += 1;
                    if !matches!(error, Error::Retryable(_)) {
                        return Err(Refusal::Failed(error));
                    }
                    // Requests the number of received bytes.
                    state(&self.files.api.call(&put(session, format!("bytes */{total}"), Vec::new()))?)?
                }
                state => state?,
            };
            match state {
                State::Done(file) => return Ok(*file),
                State::Has(bytes) => begin = bytes.min(total),
            }
        }
    }
}

enum State {
    Done(Box<RemoteFile>),
    /// The number of bytes that the server has.
    Has(usize),
}

fn uploaded_file(answer: &Response) -> Result<RemoteFile, Refusal> {
    let file = serde_json::from_slice::<Value>(&answer.body).ok().as_ref().and_then(RemoteFile::read);
    file.ok_or_else(|| retryable("the answer to an upload is not complete".to_owned()))
}

fn state(answer: &Response) -> Result<State, Refusal> {
    if answer.status != 308 {
        return Ok(State::Done(Box::new(uploaded_file(answer)?)));
    }
    let last = answer.header("range").and_then(|range| range.rsplit_once('-')).and_then(|(_, last)| last.parse().ok());
    Ok(State::Has(last.map_or(0, |last: usize| last.saturating_add(1))))
}

fn put(session: &str, range: String, body: Vec<u8>) -> Call<'static> {
    Call { method: "PUT", path: session.to_owned().into(), headers: vec![("content-range", range)], body }
}

/// The session's id in an address.
fn upload_id(location: &str) -> Option<String> {
    let (_, query) = location.split_once('?')?;
    let id = query.split('&').find_map(|pair| pair.strip_prefix("upload_id="))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    (!id.is_empty() && id.bytes().all(is_plain)).then(|| id.to_owned())
}

fn media_type(metadata: &Value) -> &'static str {
    let is_json = metadata.get("name").and_then(Value::as_str).is_some_and(|name| name.ends_with(".json"));
    if is_json { "application/json" } else { "text/csv" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_of_a_session_is_taken_from_an_address() {
        let id = |location: &str| upload_id(location);
        assert_eq!(
            id("https://elsewhere.example/x?uploadType=resumable&upload_id=AB-1_%7E").as_deref(),
            Some("AB-1_%7E")
        );
        assert_eq!(id("https://a.example/?upload_id=a b"), None);
        assert_eq!(id("https://a.example/?upload_id="), None);
        assert_eq!(id("nothing"), None);
    }

    #[test]
    fn the_number_of_received_bytes_is_read_from_the_range() {
        let has = |range: Option<&str>| {
            let headers = range.map(|range| ("range".to_owned(), range.as_bytes().to_vec())).into_iter().collect();
            let answer = Response { status: 308, headers, ..Response::default() };
            match state(&answer) {
                Ok(State::Has(bytes)) => bytes,
                _ => panic!("not a part"),
            }
        };
        assert_eq!((has(None), has(Some("bytes=0-42")), has(Some("0-9"))), (0, 43, 10));
        assert!(state(&Response { status: 200, body: b"{\"id\"".to_vec(), ..Response::default() }).is_err());
        assert_eq!(md5(b"x"), "9dd4e461268c8034f5c8564e155c67a6");
    }
}
