//! Requests to servers, in as few words as plugins need: one request, one response, both whole in memory.
//!
//! What may be asked for stands in the manifest and is granted by the operator; the host checks each request, resolves,
//! connects and speaks TLS. Redirects are followed here, each as a new request that is checked anew. There is no
//! keep-alive, no cookie jar and no streaming: whoever needs those uses `wasi:http` itself.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, Outcome, Task, http};
//!
//! fn run(_: Task) -> Result<Outcome, Error> {
//!     let me = http::get("https://api.example.org/v1/me").bearer("example")?.send()?.ok()?;
//!     Ok(Outcome::new(me.text()))
//! }
//! ```

mod address;
mod redirect;
#[cfg(target_family = "wasm")]
mod transport;

use std::time::Duration;

use crate::{Error, secrets};
use address::Address;

const REDIRECTS: usize = 10;

/// A request under way to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it goes nowhere until `send`"]
pub struct Request {
    method: String,
    address: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    timeout: Option<Duration>,
    redirects: usize,
}

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status: 200, 404.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// Where it came from, after all redirects.
    pub address: String,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The address is none.
    Address(String),
    /// The host refused it; the text has what allows it.
    Denied(String),
    /// No connection, no certificate, no answer in time.
    Failed(String),
    /// It is redirected again and again, or to nowhere.
    Redirect(String),
    /// An answer that says no; see [`Response::ok`].
    Status {
        /// The status: 404, 429.
        status: u16,
        /// Who said it.
        address: String,
        /// After how many seconds the server wants to be asked again.
        retry_after: Option<u64>,
    },
}

/// `GET address`.
pub fn get(address: impl Into<String>) -> Request {
    Request::new("GET", address)
}

/// `POST address`.
pub fn post(address: impl Into<String>) -> Request {
    Request::new("POST", address)
}

/// `PUT address`.
pub fn put(address: impl Into<String>) -> Request {
    Request::new("PUT", address)
}

/// `DELETE address`.
pub fn delete(address: impl Into<String>) -> Request {
    Request::new("DELETE", address)
}

impl Request {
    /// A request with any method, in capital letters.
    pub fn new(method: &str, address: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            address: address.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
            redirects: REDIRECTS,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Adds `Authorization: Bearer …` with the secret `name`, which the host puts in.
    ///
    /// # Errors
    /// When the secret is not declared, not granted or not set; the text has the command.
    pub fn bearer(self, name: &str) -> Result<Self, Error> {
        let placeholder = secrets::placeholder(name)?;
        Ok(self.header("authorization", format!("Bearer {placeholder}")))
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With `value` as its JSON body.
    pub fn json(self, value: &serde_json::Value) -> Self {
        self.header("content-type", "application/json").body(value.to_string())
    }

    /// With at most this long for a connection, for the first byte and between two pieces of the body.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Follows at most this many redirects (10 unless it is said); with 0 the redirect itself is the response.
    pub fn redirects(mut self, most: usize) -> Self {
        self.redirects = most;
        self
    }

    /// Sends it and reads the response, after following redirects.
    ///
    /// # Errors
    /// When it is refused, or no response comes. A response with any status is none.
    pub fn send(self) -> Result<Response, HttpError> {
        redirect::follow(self, exchange)
    }
}

/// The address of the host that the manifest declares as `name` and the operator set, without a `/` at its end:
/// `https://wiki.example.org`.
///
/// # Errors
/// When the manifest does not declare it.
pub fn address(name: &str) -> Result<String, HttpError> {
    set_address(name).ok_or_else(|| HttpError::Address(format!("the manifest declares no host `{name}` in `hosts`")))
}

#[cfg(target_family = "wasm")]
fn set_address(name: &str) -> Option<String> {
    crate::bindings::baton::plugin::http::address(name)
}

/// Outside of a component no operator sets one.
#[cfg(not(target_family = "wasm"))]
fn set_address(_: &str) -> Option<String> {
    None
}

#[cfg(target_family = "wasm")]
fn exchange(request: &Request, address: &Address) -> Result<Response, HttpError> {
    transport::exchange(request, address)
}

/// Outside of a component there is nobody who would send it.
#[cfg(not(target_family = "wasm"))]
fn exchange(_: &Request, address: &Address) -> Result<Response, HttpError> {
    Err(HttpError::Failed(format!("{address}: requests are sent by the host of a component, and this is none")))
}

impl Response {
    /// The first header of that name that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// The body as text; what is no UTF-8 becomes `�`.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<serde_json::Value, HttpError> {
        let problem = |error| HttpError::Failed(format!("{} answered with what is no JSON: {error}", self.address));
        serde_json::from_slice(&self.body).map_err(problem)
    }

    /// How many seconds the server wants to be left alone, where it says so in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// The response itself when its status is 200 to 299.
    ///
    /// # Errors
    /// Any other status.
    pub fn ok(self) -> Result<Self, HttpError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let retry_after = self.retry_after();
        Err(HttpError::Status { status: self.status, address: self.address, retry_after })
    }
}

impl std::fmt::Display for HttpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(text) | Self::Denied(text) | Self::Failed(text) | Self::Redirect(text) => f.write_str(text),
            Self::Status { status, address, retry_after: None } => write!(f, "{address} answered {status}"),
            Self::Status { status, address, retry_after: Some(seconds) } => {
                write!(f, "{address} answered {status} and asks for a pause of {seconds} s")
            }
        }
    }
}

impl std::error::Error for HttpError {}

/// For `?`: what may work later is `retryable`. What was refused is `permanent`; the host makes `needs_grant` of it where
/// a grant mends it.
impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        let text = error.to_string();
        match error {
            HttpError::Failed(_) | HttpError::Status { status: 408 | 429 | 500..=599, .. } => Self::Retryable(text),
            HttpError::Address(_) | HttpError::Denied(_) | HttpError::Redirect(_) | HttpError::Status { .. } => {
                Self::Permanent(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Response {
        let headers = vec![("retry-after".to_owned(), b" 7".to_vec())];
        Response { status, headers, body: b"{\"a\":1}".to_vec(), address: "https://a.b/".to_owned() }
    }

    #[test]
    fn a_status_decides_whether_it_is_worth_another_try() {
        assert!(answer(204).ok().is_ok());
        let busy = Error::from(answer(429).ok().unwrap_err());
        assert_eq!(busy, Error::Retryable("https://a.b/ answered 429 and asks for a pause of 7 s".to_owned()));
        assert!(matches!(Error::from(answer(503).ok().unwrap_err()), Error::Retryable(_)));
        assert!(matches!(Error::from(answer(404).ok().unwrap_err()), Error::Permanent(_)));
        assert_eq!(answer(200).json().unwrap()["a"], 1);
    }

    #[test]
    fn nothing_is_sent_outside_of_a_component() {
        assert!(matches!(get("https://a.b/").send(), Err(HttpError::Failed(_))));
        assert!(matches!(get("a.b").send(), Err(HttpError::Address(_))));
    }
}
