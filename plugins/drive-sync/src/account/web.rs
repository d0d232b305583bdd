//! One request, and the host's network.

use std::time::Duration;

use baton_plugin_sdk::Error;
use baton_plugin_sdk::http::{self, HttpError};

/// The host in the manifest.
const HOST: &str = "api";

/// The secret in the manifest, which is the account.
const ACCOUNT: &str = "google";

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// `Location`.
    pub location: Option<String>,
    /// `Range`.
    pub range: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request to a path below the API's address, such as `/drive/v3/files`.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// `GET`, `POST`, `PATCH` or `PUT`.
    pub method: &'a str,
    /// The path and its parameters.
    pub path: String,
    /// Headers.
    pub headers: Vec<(&'a str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends requests.
pub trait Web {
    /// Sends a request.
    ///
    /// # Errors
    /// No answer, or the host denied the request.
    fn send(&self, call: &Call<'_>) -> Result<Answer, HttpError>;

    /// Waits.
    fn pause(&self, duration: Duration);
}

/// The host's network.
#[derive(Clone, Copy, Debug)]
pub struct HostWeb;

impl Web for HostWeb {
    fn send(&self, call: &Call<'_>) -> Result<Answer, HttpError> {
        let address = format!("{}{}", http::address(HOST)?, call.path);
        let denied = |error: Error| match error {
            Error::Permanent(text) | Error::Retryable(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text) => {
                HttpError::Denied(text)
            }
        };
        let mut request = http::Request::new(call.method, address).bearer(ACCOUNT).map_err(denied)?;
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if call.body.is_empty() && call.method != "GET" {
            request = request.header("content-length", "0");
        }
        // A redirect could lead to another server, and 308 means something else here.
        let answer = request.body(call.body.clone()).redirects(0).send()?;
        let text = |name| answer.header(name).map(str::to_owned);
        Ok(Answer {
            status: answer.status,
            retry_after: answer.retry_after(),
            location: text("location"),
            range: text("range"),
            body: answer.body,
        })
    }

    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
