//! Downloads bytes, with limits on size, redirects and time.
//!
//! `download.rs` and `oci/` use this module, so both have the same limits and error messages. The server is not trusted: sizes
//! that it announces can only make Baton stop earlier.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};

use crate::error::FetchError;
use crate::{limits, tls};

/// A file to download, and its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Download<'a> {
    /// Its name in messages.
    pub(crate) what: &'a str,
    /// The server.
    pub(crate) host: &'a str,
    /// The maximum size in bytes.
    pub(crate) most: usize,
    /// The name of the limit in messages: `the limit for a component`.
    pub(crate) why: &'static str,
}

/// True if the address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    is_this_machine(url.host_str().unwrap_or_default())
}

/// True if the host (an IPv6 address in brackets) is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Creates a client for a server. If `local` is true, the server is on this machine, and the client uses no proxy, because
/// a proxy cannot reach the server.
pub(crate) fn client(host: &str, local: bool) -> Result<Client, FetchError> {
    tls::install();
    let builder = Client::builder()
        .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits::CONNECT)
        .read_timeout(limits::QUIET)
        .redirect(Policy::custom(redirect));
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| unreachable(host, &error))
}

/// Follows a few redirects. A redirect that leaves TLS, or that leads from another machine to this one, is an error.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let began_here = attempt.previous().first().is_some_and(is_loopback);
    let to = attempt.url();
    let fine = if is_loopback(to) { began_here } else { to.scheme() == "https" };
    if !fine {
        let to = to.clone();
        return attempt.error(format!("it redirects to {to}, but only redirects to https:// addresses are followed"));
    }
    if attempt.previous().len() > limits::REDIRECTS {
        return attempt.error(format!("it redirects more than {} times", limits::REDIRECTS));
    }
    attempt.follow()
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn get(request: RequestBuilder, wanted: Download<'_>) -> Result<Vec<u8>, FetchError> {
    let response = request.send().await.map_err(|error| request_error(&error, wanted))?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(refusal(status, &refusal_text(response).await, wanted.host, wanted.what));
    }
    read(response, wanted).await
}

/// Reads the body up to its limit.
async fn read(mut response: Response, wanted: Download<'_>) -> Result<Vec<u8>, FetchError> {
    let expected = response.content_length();
    let too_large = || FetchError::TooLarge { what: wanted.what.to_owned(), limit: wanted.most, why: wanted.why };
    if expected.is_some_and(|expected| expected > wanted.most as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > wanted.most.saturating_sub(bytes.len()) => return Err(too_large()),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(truncated(&error, expected, bytes.len(), wanted)),
        }
    }
}

/// The error for a connection that ended within the body.
fn truncated(error: &reqwest::Error, expected: Option<u64>, found: usize, wanted: Download<'_>) -> FetchError {
    let what = wanted.what.to_owned();
    match expected {
        _ if error.is_timeout() => FetchError::Timeout { what, after: limits::QUIET },
        Some(expected) => FetchError::Truncated { what, expected, found },
        None => FetchError::Refused {
            host: wanted.host.to_owned(),
            reason: format!("{what} broke off: {}", root_cause(error)),
        },
    }
}

/// The error for a request without an answer.
fn request_error(error: &reqwest::Error, wanted: Download<'_>) -> FetchError {
    if error.is_redirect() {
        return FetchError::Refused { host: wanted.host.to_owned(), reason: root_cause(error) };
    }
    if error.is_timeout() && !error.is_connect() {
        return FetchError::Timeout { what: wanted.what.to_owned(), after: limits::QUIET };
    }
    unreachable(wanted.host, error)
}

/// The error for a failed connection.
pub(crate) fn unreachable(host: &str, error: &reqwest::Error) -> FetchError {
    FetchError::Unreachable { host: host.to_owned(), reason: root_cause(error) }
}

/// The error for a status that is not a success.
pub(crate) fn refusal(status: StatusCode, words: &str, host: &str, what: &str) -> FetchError {
    let (host, what) = (host.to_owned(), what.to_owned());
    match status {
        StatusCode::UNAUTHORIZED => FetchError::Unauthorized { host, what },
        StatusCode::FORBIDDEN => FetchError::Denied { host, what },
        StatusCode::NOT_FOUND | StatusCode::GONE => FetchError::NotFound { what },
        _ => {
            let words: String = words.trim().chars().take(limits::REFUSAL_CHARS).collect();
            let colon = if words.is_empty() { "" } else { ": " };
            FetchError::Refused { host, reason: format!("it answers {status} for {what}{colon}{words}") }
        }
    }
}

/// The start of the text of a server's refusal.
async fn refusal_text(mut response: Response) -> String {
    let first = response.chunk().await.ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&first).into_owned()
}

/// The root cause of an error. The errors around it contain no details.
pub(crate) fn root_cause(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Runs `work` with a time limit.
///
/// # Errors
/// The errors of `work`, or a timeout.
pub(crate) async fn with_timeout<T>(
    after: Duration,
    what: &str,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let slow = || FetchError::Timeout { what: what.to_owned(), after };
    tokio::time::timeout(after, work).await.map_err(|_| slow())?
}
