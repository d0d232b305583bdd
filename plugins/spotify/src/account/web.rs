//! Requests to the Web API. A rate limit is waited for up to a maximum time, and a request that may succeed later is repeated.
//!
//! The host renews a token that the server refuses, so the request is sent once more. If the account needs consent, the host
//! denies the request and the task waits for the consent.

use baton_plugin_kit::host::{Budget, Call, HostWeb, Web, WebLimits};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::http::{HttpError, Response};
use serde_json::Value;

/// A pause for the rate limit is at most 45 s: Spotify counts the requests of 30 s. The host allows 1,000 requests in a task; the
/// rest is a reserve.
const LIMITS: WebLimits = WebLimits { requests: 900, longest_pause: 45, pauses: 120 };

/// How often a request is sent if the server fails.
const TRIES: u64 = 4;

/// The error if the account is read-only.
const NO_SCOPE: &str = "the account does not allow changes yet; to ask for your consent, and continue: `baton account add spotify --write`";

/// The error if a renewed token is refused too.
const NOT_ACCEPTED: &str = "Spotify does not accept the account's token (401)";

/// The host's network; requests use the token of the account.
#[must_use]
pub fn host_web() -> HostWeb {
    HostWeb::begin("api", "spotify")
}

/// The Web API of one task.
pub struct Api<'a> {
    web: &'a dyn Web,
    budget: Budget,
}

/// The reason why a request has no result.
#[derive(Debug, PartialEq)]
pub(super) enum Refusal {
    /// The account may not read this.
    Forbidden,
    /// The object of the request does not exist.
    Missing,
    /// The API does not accept the change (another 4xx), with the reason.
    Rejected(String),
    /// The requests of this task are used up.
    NoMoreRequests,
    /// The task cannot continue.
    Failed(Error),
}

/// The reason why a request that changes something has no usable answer.
#[derive(Debug, PartialEq)]
pub(super) enum WriteError {
    /// The request may have taken effect.
    Unknown(String),
    /// The request has no effect.
    Refused(Refusal),
}

impl From<Refusal> for WriteError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Forbidden => Self::Permanent(
                "Spotify does not allow the account to do this (403). If your app is in development mode, its owner needs Premium, \
                 and the app's list of users must contain your account"
                    .to_owned(),
            ),
            Refusal::Missing => Self::Permanent("Spotify does not have the requested item (404)".to_owned()),
            Refusal::Rejected(why) => Self::Permanent(why),
            Refusal::NoMoreRequests => {
                Self::Retryable(format!("this task has sent {} requests, which is its limit; the next task continues", LIMITS.requests))
            }
            Refusal::Failed(error) => error,
        }
    }
}

impl<'a> Api<'a> {
    /// The API behind `web`.
    #[must_use]
    pub fn new(web: &'a dyn Web) -> Self {
        Self { web, budget: Budget::new(LIMITS) }
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.budget.requests()
    }

    /// The error of an action that stores nothing: if the task has no more requests, another attempt would fail too.
    pub(super) fn permanent_at_limit(&self, error: Error) -> Error {
        if self.requests() < LIMITS.requests {
            return error;
        }
        Error::Permanent(format!(
            "this needs more than {} requests, the limit of a task; name some playlists in `playlists`",
            LIMITS.requests
        ))
    }

    /// Reads the object at a path of the API; `None` if the answer has no content (204).
    pub(super) fn get(&self, path: &str) -> Result<Option<Value>, Refusal> {
        let (mut tries, mut renewed) = (0, false);
        loop {
            if !self.budget.take() {
                return Err(Refusal::NoMoreRequests);
            }
            tries += 1;
            let why = match self.web.send(&Call::new("GET", path)) {
                Ok(answer) => match answer.status {
                    204 => return Ok(None),
                    200 => match serde_json::from_slice(&answer.body) {
                        Ok(content) => return Ok(Some(content)),
                        Err(error) => format!("the answer is not JSON ({error})"),
                    },
                    401 if !renewed => {
                        renewed = true;
                        continue;
                    }
                    401 => return Err(failed(Error::Permanent, NOT_ACCEPTED)),
                    403 => return Err(Refusal::Forbidden),
                    404 => return Err(Refusal::Missing),
                    429 => {
                        self.wait(&answer)?;
                        continue;
                    }
                    status @ (408 | 500..=599) => format!("it answers {status}"),
                    status => {
                        let text = format!("Spotify answers {status} to GET {path}");
                        return Err(Refusal::Failed(Error::Permanent(text)));
                    }
                },
                Err(HttpError::Failed(why)) => why,
                Err(error) => return Err(Refusal::Failed(error.into())),
            };
            if tries >= TRIES {
                return Err(Refusal::Failed(Error::Retryable(format!("GET {path} failed {TRIES} times: {why}"))));
            }
            self.pause(tries, &why)?;
        }
    }

    /// Sends a request that changes something. It is sent again only after an answer that excludes an effect (429, an expired
    /// token). Returns the content of the answer.
    pub(super) fn write(&self, call: &Call<'_>) -> Result<Value, WriteError> {
        let mut renewed = false;
        let Call { method, path, .. } = call;
        loop {
            if !self.budget.take() {
                return Err(WriteError::Refused(Refusal::NoMoreRequests));
            }
            let answer = match self.web.send(call) {
                Ok(answer) => answer,
                Err(HttpError::Failed(why)) => return Err(WriteError::Unknown(why)),
                Err(error) => return Err(WriteError::Refused(Refusal::Failed(error.into()))),
            };
            match answer.status {
                200..=299 if answer.body.is_empty() => return Ok(Value::Null),
                200..=299 => {
                    let cut = |error| WriteError::Unknown(format!("the answer to {method} is not JSON ({error})"));
                    return serde_json::from_slice(&answer.body).map_err(cut);
                }
                401 if !renewed => renewed = true,
                401 => return Err(failed(Error::Permanent, NOT_ACCEPTED).into()),
                403 if names_a_scope(&answer) => return Err(failed(Error::NeedsGrant, NO_SCOPE).into()),
                403 => return Err(Refusal::Forbidden.into()),
                404 => return Err(Refusal::Missing.into()),
                429 => self.wait(&answer)?,
                status @ (408 | 500..=599) => return Err(WriteError::Unknown(format!("it answers {status}"))),
                status @ 400..=499 => {
                    return Err(Refusal::Rejected(format!("Spotify answers {status} to {method} {path}")).into());
                }
                status => {
                    return Err(
                        failed(Error::Permanent, &format!("Spotify answers {status} to {method} {path}")).into()
                    );
                }
            }
        }
    }

    /// Waits for the time that a rate limit demands. A quota is another limit: waiting does not help.
    fn wait(&self, answer: &Response) -> Result<(), Refusal> {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if body.pointer("/error/reason").and_then(Value::as_str) == Some("QUOTA_EXCEEDED") {
            let text = "Spotify's quota of your developer account is used up (QUOTA_EXCEEDED). It counts all your apps; wait until \
                        Spotify renews it, then run the task again";
            return Err(failed(Error::Permanent, text));
        }
        self.pause(answer.retry_after().unwrap_or(5), "its rate limit is reached (429)")
    }

    /// Waits, and adds the time to the pauses of the task.
    pub(super) fn pause(&self, seconds: u64, why: &str) -> Result<(), Refusal> {
        if self.budget.pause(self.web, seconds) {
            return Ok(());
        }
        Err(Refusal::Failed(Error::Retryable(format!("Spotify asks for a pause of {seconds} s: {why}"))))
    }
}

/// True if a 403 concerns the consent and not the playlist.
fn names_a_scope(answer: &Response) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.pointer("/error/message").and_then(Value::as_str).is_some_and(|why| why.to_lowercase().contains("scope"))
}

fn failed(kind: fn(String) -> Error, text: &str) -> Refusal {
    Refusal::Failed(kind(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use baton_tests::scripted_web::{ScriptedAnswer, ScriptedWeb as Script, answer, answer_with};

    use super::*;

    fn busy(seconds: u64) -> ScriptedAnswer {
        answer_with(429, &[("retry-after", &seconds.to_string())], "{}")
    }

    #[test]
    fn temporary_failures_are_retried() {
        let failed = || Err(HttpError::Failed("no answer".to_owned()));
        let web = Script::new(vec![failed(), answer(503, ""), answer(200, "{\"a\":"), answer(200, "{\"a\":1}")]);
        assert_eq!(Api::new(&web).get("/v1/me").unwrap().unwrap()["a"], 1);
        assert_eq!(web.pauses(), [1, 2, 3]);
        let web = Script::new((0..4).map(|_| answer(500, "")));
        assert!(matches!(Api::new(&web).get("/v1/me"), Err(Refusal::Failed(Error::Retryable(_)))));
    }

    #[test]
    fn a_rate_limit_is_waited_for_within_limits_and_a_quota_is_not() {
        let web = Script::new(vec![busy(7), busy(40), answer(204, "")]);
        assert_eq!(Api::new(&web).get("/v1/x").unwrap(), None);
        assert_eq!(web.pauses(), [7, 40]);
        let web = Script::new(vec![busy(46)]);
        assert!(matches!(Api::new(&web).get("/v1/x"), Err(Refusal::Failed(Error::Retryable(_)))));
        let web = Script::new((0..9).map(|_| busy(40)));
        assert!(matches!(Api::new(&web).get("/v1/x"), Err(Refusal::Failed(Error::Retryable(_)))));
        assert_eq!(web.pauses().len(), 3, "two minutes together");
        let quota = r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#;
        let web = Script::new(vec![answer(429, quota)]);
        assert!(
            matches!(Api::new(&web).get("/v1/x"), Err(Refusal::Failed(Error::Permanent(why))) if why.contains("QUOTA"))
        );
    }

    #[test]
    fn a_refused_token_is_tried_once_more_and_a_refusal_is_final() {
        let web = Script::new(vec![answer(401, ""), answer(200, "1")]);
        assert_eq!(Api::new(&web).get("/v1/x").unwrap(), Some(Value::from(1)));
        let web = Script::new(vec![answer(401, ""), answer(401, "")]);
        assert!(matches!(Api::new(&web).get("/v1/x"), Err(Refusal::Failed(Error::Permanent(_)))));
        for (status, refusal) in [(403, Refusal::Forbidden), (404, Refusal::Missing)] {
            let web = Script::new(vec![answer(status, "")]);
            assert_eq!(Api::new(&web).get("/v1/x"), Err(refusal));
        }
        let web = Script::new(vec![answer(302, "")]);
        assert!(matches!(Api::new(&web).get("/v1/x"), Err(Refusal::Failed(Error::Permanent(_)))), "no redirect");
    }

    #[test]
    fn a_change_is_sent_again_only_if_it_had_no_effect() {
        let call = &Call::new("POST", "/v1/x");
        let web = Script::new(vec![busy(3), answer(401, ""), answer(201, "{\"snapshot_id\":\"a\"}")]);
        assert_eq!(Api::new(&web).write(call).unwrap()["snapshot_id"], "a");
        for unknown in
            [answer(500, ""), answer(201, "{\"snap"), answer(408, ""), Err(HttpError::Failed("lost".to_owned()))]
        {
            let web = Script::new(vec![unknown]);
            assert!(matches!(Api::new(&web).write(call), Err(WriteError::Unknown(_))));
        }
        let web = Script::new(vec![answer(403, "{\"error\":{\"message\":\"Insufficient client scope\"}}")]);
        let Err(WriteError::Refused(Refusal::Failed(Error::NeedsGrant(why)))) = Api::new(&web).write(call) else {
            panic!("no grant is asked for")
        };
        assert!(why.contains("`baton account add spotify --write`"), "{why}");
        let web = Script::new(vec![answer(403, "")]);
        assert_eq!(Api::new(&web).write(call), Err(WriteError::Refused(Refusal::Forbidden)));
        let web = Script::new(vec![answer(400, "")]);
        assert!(matches!(Api::new(&web).write(call), Err(WriteError::Refused(Refusal::Rejected(_)))));
        let web = Script::new(vec![answer(401, ""), answer(401, "")]);
        let refused = Api::new(&web).write(call);
        assert!(matches!(refused, Err(WriteError::Refused(Refusal::Failed(Error::Permanent(_))))), "{refused:?}");
    }

    #[test]
    fn a_task_has_a_limit_of_requests() {
        let web = Script::new((0..LIMITS.requests).map(|_| answer(204, "")));
        let api = Api::new(&web);
        let later = || Error::Retryable("later".to_owned());
        assert_eq!(api.permanent_at_limit(later()), later());
        for _ in 0..LIMITS.requests {
            api.get("/v1/x").unwrap();
        }
        assert_eq!(api.get("/v1/x"), Err(Refusal::NoMoreRequests));
        assert!(matches!(api.permanent_at_limit(later()), Error::Permanent(why) if why.contains("`playlists`")));
    }
}
