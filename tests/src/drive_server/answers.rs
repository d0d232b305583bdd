//! The endpoints of the fake.

use serde_json::{Value, json};

use super::cells::SPREADSHEET;
use super::fields::Mask;
use super::files::{Drive, FOLDER, FakeFile, ROOT, Session, resolved};
use super::query::Query;
use super::refusals::{error, not_found, wrong};
use super::sheets;
use crate::fake_service::{Answer, parts, value};
use crate::server::ReceivedRequest;

/// The size of each part of a resumable upload, except the last, is a multiple of this.
const GRAIN: usize = 256 << 10;

type Pairs = [(String, String)];

/// The fields of an answer if the request names none.
fn usual(path: &str) -> &'static str {
    match path {
        "/drive/v3/files" => "kind,incompleteSearch,nextPageToken,id,name,mimeType,files(kind,id,name,mimeType)",
        "/drive/v3/changes" => {
            "kind,nextPageToken,newStartPageToken,changes(kind,changeType,time,removed,fileId,file(kind,id,name,mimeType))"
        }
        files if files.contains("/drive/v3/files") => "kind,id,ids,space,name,mimeType",
        _ => "*",
    }
}

/// Answers with the fields that were asked for, and no others.
pub(super) fn answer(drive: &mut Drive, request: &ReceivedRequest) -> Answer {
    let mut answer = whole_answer(drive, request);
    let (path, query) = parts(request);
    let Some(body) = answer.status.starts_with("200").then(|| serde_json::from_slice::<Value>(&answer.body)) else {
        return answer;
    };
    let (Ok(body), None) = (body, value(&query, "alt").filter(|alt| *alt == "media")) else { return answer };
    let fields = value(&query, "fields").unwrap_or_else(|| usual(&path));
    let Some(mask) = Mask::parse(fields) else { return wrong(drive, &format!("the fields {fields} are not valid")) };
    let is_file = body.get("kind").and_then(Value::as_str) == Some("drive#file");
    if let Some(unknown) = mask.unknown(is_file).filter(|_| value(&query, "fields").is_some()) {
        return wrong(drive, &format!("Invalid field selection {unknown}"));
    }
    answer.body = mask.apply(&body).to_string().into_bytes();
    answer
}

fn whole_answer(drive: &mut Drive, request: &ReceivedRequest) -> Answer {
    let method = request.line.split(' ').next().unwrap_or_default().to_owned();
    let (path, query) = parts(request);
    let path: Vec<&str> = path.split('/').skip(1).collect();
    match (method.as_str(), path.as_slice()) {
        ("GET", ["drive", "v3", "about"]) if value(&query, "fields").is_some() => Answer::json(
            "200 OK",
            &json!({ "kind": "drive#about", "user": { "displayName": "A Person", "emailAddress": "person@example.org", "permissionId": drive.user }, "storageQuota": {} }),
        ),
        ("GET", ["drive", "v3", "files", "generateIds"]) => generate_ids(drive, &query),
        ("GET", ["drive", "v3", "changes", ..] | ["drive", "v3", "files"])
            if unknown_drive(drive, &query).is_some() =>
        {
            let id = unknown_drive(drive, &query).unwrap_or_default();
            error("404 Not Found", "notFound", &format!("Shared drive not found: {id}"))
        }
        ("GET", ["drive", "v3", "changes", "startPageToken"]) => Answer::json(
            "200 OK",
            &json!({ "kind": "drive#startPageToken", "startPageToken": token(drive, drive.changes.len()) }),
        ),
        ("GET", ["drive", "v3", "changes"]) => changes(drive, &query),
        ("GET", ["drive", "v3", "files"]) => list(drive, &query),
        ("GET", ["drive", "v3", "files", id]) => get(drive, id, &query),
        ("POST", ["drive", "v3", "files"]) => match serde_json::from_slice::<Value>(&request.bytes) {
            Ok(metadata) => create(drive, &metadata, None, &query),
            Err(_) => wrong(drive, "the metadata is not JSON"),
        },
        ("PATCH", ["drive", "v3", "files", id]) => match serde_json::from_slice::<Value>(&request.bytes) {
            Ok(metadata) => update(drive, id, &metadata, None, &query),
            Err(_) => wrong(drive, "the metadata is not JSON"),
        },
        ("POST" | "PATCH" | "PUT", ["upload", "drive", "v3", "files", rest @ ..]) => {
            upload(drive, request, &method, rest.first().copied(), &query)
        }
        ("GET", ["v4", "spreadsheets", id]) => sheets::spreadsheet(drive, id, &query),
        ("GET", ["v4", "spreadsheets", id, "values:batchGet"]) => sheets::values(drive, id, &query),
        ("DELETE", _) => wrong(drive, "nothing may be deleted for ever"),
        _ => wrong(drive, &request.line),
    }
}

fn generate_ids(drive: &mut Drive, query: &Pairs) -> Answer {
    let count = value(query, "count").map_or(Some(10), |count| count.parse::<usize>().ok());
    let Some(count) = count.filter(|count| (1..=1_000).contains(count)) else {
        return wrong(drive, "count is between 1 and 1000");
    };
    let ids: Vec<String> = (0..count).map(|_| drive.draw()).collect();
    drive.drawn.extend(ids.iter().cloned());
    Answer::json("200 OK", &json!({ "kind": "drive#generatedIds", "space": "drive", "ids": ids }))
}

/// True if the request may access the file: a file in a shared drive needs `supportsAllDrives`.
fn may_see(drive: &Drive, file: &FakeFile, query: &Pairs) -> bool {
    drive.drive_of(file).is_none() || value(query, "supportsAllDrives") == Some("true")
}

/// The id of a shared drive that does not exist, or that the account does not see.
fn unknown_drive(drive: &Drive, query: &Pairs) -> Option<String> {
    value(query, "driveId").filter(|id| !drive.is_place(id)).map(str::to_owned)
}

fn get(drive: &mut Drive, id: &str, query: &Pairs) -> Answer {
    if drive.is_place(resolved(id)) {
        let root = FakeFile {
            id: resolved(id).to_owned(),
            name: "My Drive".into(),
            mime: FOLDER.into(),
            ..FakeFile::default()
        };
        return Answer::json("200 OK", &drive.json(&root));
    }
    match drive.find(id).filter(|file| may_see(drive, file, query)) {
        None => not_found(id),
        Some(file) if value(query, "alt") == Some("media") && file.mime == SPREADSHEET => {
            error("403 Forbidden", "fileNotDownloadable", "Only files with binary content can be downloaded.")
        }
        Some(file) if value(query, "alt") == Some("media") => Answer {
            status: "200 OK".to_owned(),
            headers: vec![("Content-Type".to_owned(), file.mime.clone())],
            body: file.content.clone(),
            ..Answer::default()
        },
        Some(file) => Answer::json("200 OK", &drive.json(file)),
    }
}

fn token(drive: &Drive, at: usize) -> String {
    format!("{}-{at}", drive.token_generation)
}

fn position(drive: &Drive, token: &str) -> Option<usize> {
    let (generation, at) = token.split_once('-')?;
    (generation == drive.token_generation.to_string()).then(|| at.parse().ok()).flatten()
}

fn changes(drive: &mut Drive, query: &Pairs) -> Answer {
    let Some(begin) = value(query, "pageToken").and_then(|token| position(drive, token)) else {
        return error("400 Bad Request", "invalid", "Invalid Value");
    };
    let end = drive.changes.len().min(begin + drive.page);
    let mut ids: Vec<&String> = Vec::new();
    for change in drive.changes.get(begin..end).unwrap_or_default() {
        // A file with several changes is listed once, with its newest state.
        if may_have(query, change.drive.as_deref()) && !ids.contains(&&change.id) {
            ids.push(&change.id);
        }
    }
    let found: Vec<Value> = ids.into_iter().filter_map(|id| change_json(drive, id, query)).collect();
    let next = if end < drive.changes.len() { "nextPageToken" } else { "newStartPageToken" };
    Answer::json("200 OK", &json!({ "kind": "drive#changeList", "changes": found, next: token(drive, end) }))
}

/// True if a list with these parameters contains files of this shared drive; `None` means My Drive.
fn may_have(query: &Pairs, drive: Option<&str>) -> bool {
    let all = value(query, "includeItemsFromAllDrives") == Some("true");
    match (value(query, "driveId"), drive) {
        (Some(wanted), _) => all && drive == Some(wanted),
        (None, Some(_)) => all,
        (None, None) => true,
    }
}

/// A change of a file. If the file is not visible in this list any more, the change has only its id.
fn change_json(drive: &Drive, id: &str, query: &Pairs) -> Option<Value> {
    let file = drive.files.iter().find(|file| file.id == id && drive.is_of_view(file))?;
    let time = "2026-01-18T10:15:00.000Z";
    if drive.left.contains(id) || !may_have(query, drive.drive_of(file).as_deref()) {
        let change =
            json!({ "kind": "drive#change", "changeType": "file", "time": time, "fileId": id, "removed": true });
        return (value(query, "includeRemoved") != Some("false")).then_some(change);
    }
    Some(json!({ "kind": "drive#change", "changeType": "file", "time": time, "fileId": id, "removed": false,
        "file": drive.json(file) }))
}

fn list(drive: &mut Drive, query: &Pairs) -> Answer {
    let text = value(query, "q").unwrap_or("trashed = false").to_owned();
    let Some(search) = Query::parse(&text) else { return wrong(drive, &format!("the search `{text}` is not valid")) };
    let size = value(query, "pageSize").map_or(Some(100), |size| size.parse::<usize>().ok());
    let Some(size) = size.filter(|size| (1..=1_000).contains(size)) else {
        return wrong(drive, "pageSize is not valid");
    };
    let begin = match value(query, "pageToken") {
        None => 0,
        Some(token) => match token.strip_prefix("page-").and_then(|at| at.parse().ok()) {
            Some(begin) => begin,
            None => return error("400 Bad Request", "invalid", "Invalid Value"),
        },
    };
    let corpora = value(query, "corpora").unwrap_or("user");
    if !matches!(corpora, "user" | "drive" | "allDrives") || (corpora == "drive") != value(query, "driveId").is_some() {
        return wrong(drive, "driveId is for the corpora `drive`");
    }
    // Drive documents that a search in several drives may be incomplete.
    let is_incomplete = corpora == "allDrives" && drive.has_shared() || drive.incomplete_searches > 0;
    drive.incomplete_searches = drive.incomplete_searches.saturating_sub(1);
    let found: Vec<&FakeFile> = drive
        .files
        .iter()
        .filter(|file| drive.find(&file.id).is_some() && file.searchable_at <= drive.clock)
        .filter(|file| may_have(query, drive.drive_of(file).as_deref()) && search.finds(drive, file))
        .collect();
    let found = if is_incomplete { found.get(..found.len() / 2).unwrap_or_default() } else { &found };
    let size = size.min(drive.page);
    let files: Vec<Value> = found.iter().skip(begin).take(size).map(|file| drive.json(file)).collect();
    let next = (begin + size < found.len()).then(|| format!("page-{}", begin + size));
    let mut answer = json!({ "kind": "drive#fileList", "incompleteSearch": is_incomplete, "files": files });
    if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
        answer.insert("nextPageToken".to_owned(), json!(next));
    }
    Answer::json("200 OK", &answer)
}

fn create(drive: &mut Drive, metadata: &Value, content: Option<Vec<u8>>, query: &Pairs) -> Answer {
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = text("id");
    if drive.files.iter().any(|file| file.id == id) {
        return error("409 Conflict", "fileIdInUse", "A file already exists with the provided ID.");
    }
    if !id.is_empty() && !drive.drawn.contains(&id) {
        return wrong(drive, "the id was not drawn");
    }
    let parents: Vec<&str> =
        metadata.get("parents").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let parent = resolved(parents.first().copied().unwrap_or(ROOT)).to_owned();
    if parents.len() > 1 {
        return wrong(drive, "a file has one parent");
    }
    if !drive.is_place(&parent)
        && drive.find(&parent).is_none_or(|folder| !folder.is_folder() || !may_see(drive, folder, query))
    {
        return not_found(&parent);
    }
    if content.is_some() && drive.is_full {
        return error("403 Forbidden", "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
    }
    let mime = match text("mimeType") {
        mime if mime.is_empty() => "text/csv".to_owned(),
        mime => mime,
    };
    let file = FakeFile {
        id: id.clone(),
        name: text("name"),
        mime,
        parent: Some(parent),
        content: content.unwrap_or_default(),
        of_app: true,
        properties: metadata.get("appProperties").cloned().unwrap_or_else(|| json!({})),
        said_modified: metadata.get("modifiedTime").and_then(Value::as_str).map(str::to_owned),
        ..FakeFile::default()
    };
    drive.drawn.retain(|drawn| *drawn != id);
    let id = drive.add(file);
    answer_with(drive, &id)
}

fn answer_with(drive: &Drive, id: &str) -> Answer {
    match drive.files.iter().find(|file| file.id == id) {
        Some(file) => Answer::json("200 OK", &drive.json(file)),
        None => not_found(id),
    }
}

fn update(drive: &mut Drive, id: &str, metadata: &Value, content: Option<Vec<u8>>, query: &Pairs) -> Answer {
    let Some(file) = drive.find(id).filter(|file| may_see(drive, file, query)) else { return not_found(id) };
    let mut parent = file.parent.clone();
    if let Some(removed) = value(query, "removeParents") {
        parent = parent.filter(|parent| parent != removed);
    }
    if let Some(added) = value(query, "addParents").map(|added| resolved(added).to_owned()) {
        if !drive.is_place(&added) && drive.find(&added).is_none() {
            return not_found(&added);
        }
        if parent.as_ref().is_some_and(|parent| *parent != added) {
            return error("403 Forbidden", "cannotAddParent", "Increasing the number of parents is not allowed");
        }
        parent = Some(added);
    }
    let properties = metadata.get("appProperties").and_then(Value::as_object).cloned().unwrap_or_default();
    if properties.iter().any(|(key, value)| key.len() + value.as_str().unwrap_or_default().len() > 124) {
        return wrong(drive, "a property has more than 124 bytes");
    }
    if content.is_some() && drive.is_full {
        return error("403 Forbidden", "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
    }
    let metadata = metadata.clone();
    drive.change(id, |file| {
        file.parent = parent;
        if let Some(name) = metadata.get("name").and_then(Value::as_str) {
            name.clone_into(&mut file.name);
        }
        if let Some(trashed) = metadata.get("trashed").and_then(Value::as_bool) {
            file.trashed = trashed;
        }
        if let Some(modified) = metadata.get("modifiedTime").and_then(Value::as_str) {
            file.said_modified = Some(modified.to_owned());
        }
        let mut own = file.properties.as_object().cloned().unwrap_or_default();
        for (key, value) in properties {
            match value {
                Value::Null => drop(own.remove(&key)),
                value => drop(own.insert(key, value)),
            }
        }
        file.properties = Value::Object(own);
        if let Some(content) = content {
            file.content = content;
        }
    });
    answer_with(drive, id)
}

fn upload(drive: &mut Drive, request: &ReceivedRequest, method: &str, id: Option<&str>, query: &Pairs) -> Answer {
    if let Some(session) = value(query, "upload_id") {
        return continue_session(drive, request, session, query);
    }
    match (value(query, "uploadType"), method) {
        (Some("multipart"), "POST" | "PATCH") => {
            let Some((metadata, content)) = multipart(request) else {
                return wrong(drive, "the body is not multipart/related");
            };
            match id {
                None => create(drive, &metadata, Some(content), query),
                Some(id) => update(drive, id, &metadata, Some(content), query),
            }
        }
        (Some("resumable"), "POST" | "PATCH") => begin_session(drive, request, id, query),
        _ => wrong(drive, &request.line),
    }
}

fn multipart(request: &ReceivedRequest) -> Option<(Value, Vec<u8>)> {
    let kind = request.header("content-type")?;
    let boundary = kind.strip_prefix("multipart/related")?.split("boundary=").nth(1)?.trim_matches(['"', '\'']);
    let delimiter = format!("--{boundary}");
    let body = request.bytes.as_slice();
    let at = |from: usize, needle: &[u8]| {
        body.get(from..)?.windows(needle.len()).position(|window| window == needle).map(|at| from + at)
    };
    let first = at(0, delimiter.as_bytes())?;
    let json_begin = at(first, b"\r\n\r\n")? + 4;
    let second = at(json_begin, format!("\r\n{delimiter}").as_bytes())?;
    let metadata = serde_json::from_slice(body.get(json_begin..second)?).ok()?;
    let content_begin = at(second + 2, b"\r\n\r\n")? + 4;
    let end = at(content_begin, format!("\r\n{delimiter}--").as_bytes())?;
    Some((metadata, body.get(content_begin..end)?.to_vec()))
}

fn begin_session(drive: &mut Drive, request: &ReceivedRequest, id: Option<&str>, query: &Pairs) -> Answer {
    let target: Value = serde_json::from_slice(&request.bytes).unwrap_or_else(|_| json!({}));
    match id {
        Some(id) if drive.find(id).is_none_or(|file| !may_see(drive, file, query)) => return not_found(id),
        None => {
            let own = target.get("id").and_then(Value::as_str).unwrap_or_default();
            if drive.files.iter().any(|file| file.id == own) {
                return error("409 Conflict", "fileIdInUse", "A file already exists with the provided ID.");
            }
        }
        Some(_) => {}
    }
    let total = request.header("x-upload-content-length").and_then(|length| length.parse().ok());
    let session = format!("s{}", drive.draw());
    let changes = id.map(str::to_owned);
    drive.sessions.insert(session.clone(), Session { target, changes, total, bytes: Vec::new(), done: None });
    // A client that judges the server gets the real address. Baton gets an address that it must not follow.
    let host = match request.header("x-goog-api-client").or(request.header("user-agent")) {
        Some(client) if client.contains("rclone") || client.contains("gdcl") => {
            let host = request.header("host").unwrap_or_default();
            let scheme = if host.starts_with("127.") { "http" } else { "https" };
            format!("{scheme}://{host}")
        }
        _ => "https://elsewhere.example".to_owned(),
    };
    let path = request.line.split(' ').nth(1).unwrap_or_default();
    Answer::empty("200 OK").with("Location", &format!("{host}{path}&upload_id={session}"))
}

fn continue_session(drive: &mut Drive, request: &ReceivedRequest, id: &str, query: &Pairs) -> Answer {
    let Some(mut session) = drive.sessions.remove(id) else {
        return error("404 Not Found", "notFound", "no such session");
    };
    let answer = put(drive, request, &mut session, query);
    drive.sessions.insert(id.to_owned(), session);
    answer
}

fn put(drive: &mut Drive, request: &ReceivedRequest, session: &mut Session, query: &Pairs) -> Answer {
    if let Some(done) = &session.done {
        return answer_with(drive, done);
    }
    let incomplete = |session: &Session| {
        let answer = Answer::empty("308 Resume Incomplete");
        match session.bytes.len() {
            0 => answer,
            length => answer.with("Range", &format!("bytes=0-{}", length - 1)),
        }
    };
    let range = request.header("content-range").unwrap_or("bytes */*");
    let Some((span, total)) = range.strip_prefix("bytes ").and_then(|range| range.split_once('/')) else {
        return wrong(drive, range);
    };
    let total = total.parse::<usize>().ok().or(session.total);
    if span == "*" && request.bytes.is_empty() && total != Some(session.bytes.len()) {
        return incomplete(session);
    }
    if span != "*" {
        let ends = span.split_once('-').and_then(|(a, b)| Some((a.parse::<usize>().ok()?, b.parse::<usize>().ok()?)));
        let Some((begin, end)) = ends else { return wrong(drive, range) };
        // If the connection broke, fewer bytes arrived than announced. The server keeps them, rounded down to a multiple of
        // `GRAIN`.
        let whole = request.bytes.len() == end + 1 - begin;
        let arrived = if whole { request.bytes.len() } else { request.bytes.len() / GRAIN * GRAIN };
        if begin > session.bytes.len() || whole && total != Some(end + 1) && (end + 1 - begin) % GRAIN != 0 {
            return wrong(drive, &format!("the part {range} does not fit"));
        }
        session.bytes.truncate(begin);
        session.bytes.extend_from_slice(request.bytes.get(..arrived).unwrap_or_default());
    }
    if total != Some(session.bytes.len()) {
        return incomplete(session);
    }
    let bytes = session.bytes.clone();
    let answer = match &session.changes {
        Some(id) => update(drive, &id.clone(), &session.target.clone(), Some(bytes), query),
        None => create(drive, &session.target.clone(), Some(bytes), query),
    };
    if answer.status.starts_with("200") {
        let file: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        session.done = file.get("id").and_then(Value::as_str).map(str::to_owned);
    }
    answer
}
