//! Requests to the API. A creation uses an id that was requested before, and a move names both folders, so these requests
//! can be repeated without a second effect. Content is sent with [`Api::call_once`]. Before the upload sends the content
//! again, it checks that nobody has changed the file in the meantime.

use std::cell::Cell;
use std::time::Duration;

use baton_plugin_kit::host::{Budget, Call, HostWeb, Web, WebLimits};
use baton_plugin_sdk::http::{HttpError, Response};
use baton_plugin_sdk::{Error, sql};
use serde_json::Value;

/// The host allows 1,000 requests in a task. The rest is a reserve.
const LIMITS: WebLimits = WebLimits { requests: 900, longest_pause: 45, pauses: 120 };

/// The time that a task has for reading the account. A task has five minutes; the other steps use the rest.
const READING: Duration = Duration::from_secs(100);

/// The time after which a task sends no further request. The answer to an earlier request can take another minute.
const SENDING: Duration = Duration::from_secs(230);

/// How often a request is sent if the server fails.
const TRIES: u32 = 5;

/// A 403 with one of these reasons is a rate limit: the same request succeeds later.
const RATE_LIMITS: [&str; 3] = ["userRateLimitExceeded", "rateLimitExceeded", "sharingRateLimitExceeded"];

/// A 403 with one of these reasons means that the space or the number of files is used up.
const FULL: [&str; 4] =
    ["storageQuotaExceeded", "teamDriveFileLimitExceeded", "numChildrenInNonRootLimitExceeded", "quotaExceeded"];

/// The reason why a request has no result.
#[derive(Debug, PartialEq)]
pub(super) enum Refusal {
    /// The file does not exist (404), or this app cannot see it.
    Missing,
    /// The file exists already (409).
    Exists,
    /// Somebody else changed the file during its upload.
    Conflict,
    /// The page token or the upload session is not valid any more (400, 410).
    Expired(String),
    /// The account may not do this with this file (403), with the reason.
    Forbidden(String),
    /// The Drive is full, with the reason.
    Full(String),
    /// The task cannot continue.
    Failed(Error),
}

impl From<sql::Error> for Refusal {
    fn from(error: sql::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Missing => Self::Retryable(
                "a file of the account disappeared during the task (404); the next attempt reads the account again"
                    .into(),
            ),
            Refusal::Exists => Self::Retryable("a file of the account exists already (409)".into()),
            Refusal::Conflict => Self::Retryable("a file of the account was changed during its upload".into()),
            Refusal::Expired(why) => Self::Permanent(format!("Google Drive refuses the request: {why}")),
            Refusal::Forbidden(why) => Self::Permanent(forbidden_text(&why)),
            Refusal::Full(why) => Self::Permanent(full_text(&why)),
            Refusal::Failed(error) => error,
        }
    }
}

/// The message for a file that the account may not change.
pub(super) fn forbidden_text(why: &str) -> String {
    format!(
        "Google Drive does not allow the account to do this: {why}. With the scope drive.file Baton may change only files that it \
         created; on a shared drive the account must be at least a content manager"
    )
}

/// The message if the account has no more space.
pub(super) fn full_text(why: &str) -> String {
    format!(
        "Google Drive has no more space for this account: {why}. Free some space (https://drive.google.com/drive/quota), then run \
         the task again; it continues where it stopped"
    )
}

/// The networks of a task. Drive and Sheets need one network each, because they have different hosts.
#[derive(Clone, Copy)]
pub struct Networks<'a> {
    /// Google Drive.
    pub drive: &'a dyn Web,
    /// Google Sheets.
    pub sheets: &'a dyn Web,
}

impl std::fmt::Debug for Networks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Networks")
    }
}

/// The host's network to Google Drive; requests use the token of the account. Status 308 is not treated as a redirect: it means
/// that an upload is not complete.
#[must_use]
pub fn drive_web() -> HostWeb {
    HostWeb::begin("api", "google")
}

/// The host's network to Google Sheets; requests use the token of the account.
#[must_use]
pub fn sheets_web() -> HostWeb {
    HostWeb::begin("sheets", "google")
}

/// The pause in seconds after status 429 of the Sheets API. The API limits the requests of each minute.
const SHEETS_PAUSE: u64 = 16;

/// Paths of the Sheets API begin with this.
const SHEETS: &str = "/v4/";

/// The API of one task.
pub(super) struct Api<'a> {
    web: &'a dyn Web,
    sheets: &'a dyn Web,
    budget: Budget,
    /// The time after which no further request is sent.
    end: Cell<Duration>,
    begin: Duration,
    is_used_up: Cell<bool>,
}

impl<'a> Api<'a> {
    /// The API of a task that began at `begin` and reads the account first. `requests` is a limit of the operator.
    pub(super) fn new(web: Networks<'a>, begin: Duration, requests: usize) -> Self {
        let limits = WebLimits { requests: requests.min(LIMITS.requests), ..LIMITS };
        let (end, is_used_up) = (Cell::new(begin + READING), Cell::default());
        Self { web: web.drive, sheets: web.sheets, budget: Budget::new(limits), end, begin, is_used_up }
    }

    /// Ends the time limit for reading the account.
    pub(super) fn end_reading(&self) {
        self.end.set(self.begin + SENDING);
    }

    /// Whether a request was not sent, because the requests or the time of the task are used up.
    pub(super) fn is_used_up(&self) -> bool {
        self.is_used_up.get()
    }

    /// Sends a request until its answer is a result or a refusal.
    pub(super) fn call(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        self.call_until(call, TRIES)
    }

    /// Sends a request once, and again only after a rate limit or with a renewed token. The caller decides what to do
    /// after another failure.
    pub(super) fn call_once(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        self.call_until(call, 1)
    }

    /// The content of an answer that must be JSON. A truncated body is requested again.
    pub(super) fn json(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        for try_number in 1..=TRIES {
            let answer = self.call(call)?;
            match serde_json::from_slice(&answer.body) {
                Ok(content) => return Ok(content),
                Err(error) => self.pause(1 << try_number, &format!("an answer is not JSON ({error})"))?,
            }
        }
        Err(retryable(format!("Google Drive returned no complete answer to {} {}", call.method, path_of(call))))
    }

    fn call_until(&self, call: &Call<'_>, most: u32) -> Result<Response, Refusal> {
        let (mut tries, mut renewed) = (0, false);
        loop {
            if self.web.now() >= self.end.get() || !self.budget.take() {
                return Err(self.use_up());
            }
            tries += 1;
            let is_sheets = call.path.starts_with(SHEETS);
            let web = if is_sheets { self.sheets } else { self.web };
            let (why, after) = match web.send(call) {
                Ok(answer) => match judge(call, answer, &mut renewed)? {
                    Verdict::Answer(answer) => return Ok(answer),
                    Verdict::Again => continue,
                    Verdict::Later(why, after) => (why, after),
                },
                Err(HttpError::Failed(why)) => (why, None),
                // If Google Sheets is not granted, the other files are still synced.
                Err(HttpError::Denied(why)) if is_sheets => return Err(Refusal::Forbidden(why)),
                Err(error) => return Err(Refusal::Failed(error.into())),
            };
            let is_limit = after.is_some();
            if tries >= most.max(if is_limit { TRIES } else { 1 }) {
                return Err(retryable(format!("{} {} failed {tries} times: {why}", call.method, path_of(call))));
            }
            let least = if is_sheets && is_limit { SHEETS_PAUSE } else { 1 << (tries - 1) };
            self.pause(after.unwrap_or(0).max(least), &why)?;
        }
    }

    fn use_up(&self) -> Refusal {
        self.is_used_up.set(true);
        retryable("the requests or the time of this task are used up; run the task again".to_owned())
    }

    /// Waits, and adds the pause to the pauses that the limits of the task allow.
    pub(super) fn pause(&self, seconds: u64, why: &str) -> Result<(), Refusal> {
        if self.web.now() + Duration::from_secs(seconds) >= self.end.get() {
            return Err(self.use_up());
        }
        if self.budget.pause(self.web, seconds) {
            return Ok(());
        }
        Err(retryable(format!("Google Drive asks for a pause of {seconds} s: {why}")))
    }
}

/// The meaning of an answer.
enum Verdict {
    /// The answer is a result.
    Answer(Response),
    /// Send the request again at once.
    Again,
    /// Send the request again later. The fields are the reason, and the pause that a rate limit demands.
    Later(String, Option<u64>),
}

/// Determines the meaning of an answer.
fn judge(call: &Call<'_>, answer: Response, renewed: &mut bool) -> Result<Verdict, Refusal> {
    match answer.status {
        200..=299 | 308 => Ok(Verdict::Answer(answer)),
        // The host renews a token that the server refuses.
        401 if !*renewed => {
            *renewed = true;
            Ok(Verdict::Again)
        }
        401 => Err(Refusal::Failed(Error::Permanent("Google does not accept the account's token (401)".into()))),
        403 => forbidden(&answer),
        404 => Err(Refusal::Missing),
        409 => Err(Refusal::Exists),
        429 => Ok(Verdict::Later("its rate limit is reached (429)".into(), Some(answer.retry_after().unwrap_or(1)))),
        400 | 410 => Err(Refusal::Expired(format!("{} ({})", reason(&answer).text, answer.status))),
        status @ (408 | 500..=599) => Ok(Verdict::Later(format!("it answers {status}"), None)),
        status => {
            let text = format!("Google Drive answers {status} to {} {}", call.method, path_of(call));
            Err(Refusal::Failed(Error::Permanent(text)))
        }
    }
}

/// The reason and the message in the body of an error.
struct Reason {
    code: String,
    text: String,
}

fn reason(answer: &Response) -> Reason {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let at = |place: &str| body.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = [at("/error/errors/0/reason"), at("/error/details/0/reason")].into_iter().find(|code| !code.is_empty());
    let code = code.unwrap_or_default();
    let words: String = at("/error/message").chars().filter(|c| !c.is_control()).take(200).collect();
    let text = if words.is_empty() { code.clone() } else { format!("{code}: {words}") };
    Reason { code, text }
}

fn forbidden(answer: &Response) -> Result<Verdict, Refusal> {
    let Reason { code, text } = reason(answer);
    if RATE_LIMITS.contains(&code.as_str()) {
        return Ok(Verdict::Later(
            format!("its rate limit is reached ({code})"),
            Some(answer.retry_after().unwrap_or(1)),
        ));
    }
    if FULL.contains(&code.as_str()) {
        return Err(Refusal::Full(text));
    }
    if matches!(code.as_str(), "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") {
        return Err(Refusal::Failed(Error::NeedsGrant(
            "the account's consent does not include Google Drive; to ask for it again: `baton account add google`"
                .into(),
        )));
    }
    Err(Refusal::Forbidden(if text.is_empty() { "403".to_owned() } else { text }))
}

pub(super) fn retryable(text: String) -> Refusal {
    Refusal::Failed(Error::Retryable(text))
}

/// The path without its parameters, which can contain names of files.
fn path_of<'a>(call: &'a Call<'_>) -> &'a str {
    call.path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use baton_tests::scripted_web::{ScriptedAnswer, ScriptedWeb, answer_with};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, reason: &str) -> ScriptedAnswer {
        let body = json!({ "error": { "errors": [{ "reason": reason }], "message": "words" } });
        answer_with(status, &[], &body.to_string())
    }

    fn api(web: &ScriptedWeb) -> Api<'_> {
        Api::new(Networks { drive: web, sheets: web }, web.now(), usize::MAX)
    }

    fn call() -> Call<'static> {
        Call::new("GET", "/drive/v3/files?q=name")
    }

    #[test]
    fn temporary_failures_are_retried_with_growing_pauses() {
        let web = ScriptedWeb::new(vec![
            Err(HttpError::Failed("lost".into())),
            answer(500, ""),
            answer(403, "userRateLimitExceeded"),
            answer(429, ""),
            answer(200, ""),
        ]);
        assert_eq!(api(&web).call(&call()).unwrap().status, 200);
        assert_eq!(web.pauses(), [1, 2, 4, 8]);
        let web = ScriptedWeb::new((0..5).map(|_| answer(502, "")));
        let failed = api(&web).call(&call());
        assert!(matches!(&failed, Err(Refusal::Failed(Error::Retryable(text))) if !text.contains("q=")), "{failed:?}");
    }

    #[test]
    fn the_limits_of_requests_and_time_are_enforced() {
        let web = ScriptedWeb::new((0..9).map(|_| answer(200, "")));
        let few = Api::new(Networks { drive: &web, sheets: &web }, web.now(), 2);
        assert!(few.call(&call()).is_ok() && few.call(&call()).is_ok() && !few.is_used_up());
        assert!(few.call(&call()).is_err() && few.is_used_up());
        let timed = api(&web);
        web.pause(Duration::from_secs(99));
        assert!(timed.call(&call()).is_ok());
        assert!(timed.pause(1, "").is_err() && timed.is_used_up());
        timed.end_reading();
        web.pause(READING);
        assert!(timed.call(&call()).is_ok());
        web.pause(Duration::from_secs(31));
        assert!(timed.call(&call()).is_err());
        assert_eq!(web.left(), 5);
    }

    #[test]
    fn refusals_are_distinguished() {
        for (status, code, refusal) in [
            (404, "notFound", Refusal::Missing),
            (409, "fileIdInUse", Refusal::Exists),
            (403, "storageQuotaExceeded", Refusal::Full("storageQuotaExceeded: words".into())),
            (403, "insufficientFilePermissions", Refusal::Forbidden("insufficientFilePermissions: words".into())),
            (410, "gone", Refusal::Expired("gone: words (410)".into())),
        ] {
            let web = ScriptedWeb::new(vec![answer(status, code)]);
            assert_eq!(api(&web).call(&call()), Err(refusal));
        }
        let web = ScriptedWeb::new(vec![answer(403, "insufficientPermissions")]);
        assert!(matches!(api(&web).call(&call()), Err(Refusal::Failed(Error::NeedsGrant(_)))));
        let web = ScriptedWeb::new(vec![answer(401, ""), answer(401, "")]);
        assert!(matches!(api(&web).call(&call()), Err(Refusal::Failed(Error::Permanent(_)))));
    }

    #[test]
    fn a_rate_limit_of_the_sheets_api_is_waited_for() {
        let web = ScriptedWeb::new(vec![answer(429, ""), answer(500, ""), answer(429, ""), answer(200, "")]);
        assert!(api(&web).call(&Call::new("GET", "/v4/spreadsheets/x")).is_ok());
        assert_eq!(web.pauses(), [16, 2, 16]);
    }

    #[test]
    fn a_truncated_body_is_requested_again_and_long_pauses_end_the_attempt() {
        let cut = answer_with(200, &[], "{\"a\":");
        let web = ScriptedWeb::new(vec![cut, answer(200, "x")]);
        assert!(api(&web).json(&call()).is_ok());
        let long = answer_with(429, &[("retry-after", "46")], "");
        let web = ScriptedWeb::new(vec![long]);
        assert!(matches!(api(&web).call(&call()), Err(Refusal::Failed(Error::Retryable(_)))));
    }
}
