//! Asking a server for bytes, with an end to all of it: how many bytes, how many redirects, how long.
//!
//! Both ways over the network (`download.rs`, `oci/`) read through here, so both have the same limits and say the same.
//! The server is not trusted: the sizes that it announces can only make Baton stop earlier.

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
    /// The largest size, in bytes.
    pub(crate) most: usize,
    /// The source of the limit, for messages.
    pub(crate) why: &'static str,
}

/// The address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    is_this_machine(url.host_str().unwrap_or_default())
}

/// The host (an IPv6 address in brackets) is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A client for a server. `local` for one on this machine, which no proxy can reach.
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

/// Follows a few redirects, and none that leaves TLS or leads from elsewhere to this machine.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let began_here = attempt.previous().first().is_some_and(is_loopback);
    let to = attempt.url();
    let fine = if is_loopback(to) { began_here } else { to.scheme() == "https" };
    if !fine {
        let to = to.clone();
        return attempt.error(format!("it redirects to {to}, which is not followed: only https:// addresses are"));
    }
    if attempt.previous().len() > limits::REDIRECTS {
        return attempt.error(format!("it redirects more than {} times", limits::REDIRECTS));
    }
    attempt.follow()
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn get(request: RequestBuilder, wanted: Download<'_>) -> Result<Vec<u8>, FetchError> {
    let response = request.send().await.map_err(|error| not_sent(&error, wanted))?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(refusal(status, &refusal_text(response).await, wanted.host, wanted.what));
    }
    read(response, wanted).await
}

/// Reads the body as far as it may go.
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
            Err(error) => return Err(broken_off(&error, expected, bytes.len(), wanted)),
        }
    }
}

/// The connection ended inside the body.
fn broken_off(error: &reqwest::Error, expected: Option<u64>, found: usize, wanted: Download<'_>) -> FetchError {
    let what = wanted.what.to_owned();
    match expected {
        _ if error.is_timeout() => FetchError::TooSlow { what, after: limits::QUIET },
        Some(expected) => FetchError::Truncated { what, expected, found },
        None => {
            FetchError::Refused { host: wanted.host.to_owned(), reason: format!("{what} broke off: {}", root(error)) }
        }
    }
}

/// A request that got no answer.
fn not_sent(error: &reqwest::Error, wanted: Download<'_>) -> FetchError {
    if error.is_redirect() {
        return FetchError::Refused { host: wanted.host.to_owned(), reason: root(error) };
    }
    if error.is_timeout() && !error.is_connect() {
        return FetchError::TooSlow { what: wanted.what.to_owned(), after: limits::QUIET };
    }
    unreachable(wanted.host, error)
}

/// The error when there is no connection.
pub(crate) fn unreachable(host: &str, error: &reqwest::Error) -> FetchError {
    FetchError::Unreachable { host: host.to_owned(), reason: root(error) }
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

/// The beginning of the text of a server's refusal.
async fn refusal_text(mut response: Response) -> String {
    let first = response.chunk().await.ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&first).into_owned()
}

/// The last cause of an error: the libraries between only say that something went wrong.
pub(crate) fn root(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// `work`, or an error when it takes longer than any transfer may.
///
/// # Errors
/// The errors of `work`, or a timeout.
pub(crate) async fn within<T>(
    after: Duration,
    what: &str,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let slow = || FetchError::TooSlow { what: what.to_owned(), after };
    tokio::time::timeout(after, work).await.map_err(|_| slow())?
}
