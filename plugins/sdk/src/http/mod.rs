//! A small HTTP client: one request, one response, both completely in memory.
//!
//! The manifest declares hosts and methods, and the operator grants them. The host checks each request, resolves names,
//! connects and speaks TLS. This client follows redirects, and the host checks each redirect as a new request. The client has
//! no keep-alive, no cookie jar and no streaming. If you need these features, use `wasi:http` directly.
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
mod model;
mod redirect;
#[cfg(target_family = "wasm")]
mod transport;

use std::time::Duration;

use crate::{Error, secrets};
use address::Address;

pub use model::{HttpError, Request, Response};

const REDIRECTS: usize = 10;

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

    /// Adds `Authorization: Bearer …` with the secret `name`, which the host inserts.
    ///
    /// # Errors
    /// When the secret is not declared, not granted or not set; the text has the command.
    pub fn bearer(self, name: &str) -> Result<Self, Error> {
        let placeholder = secrets::placeholder(name)?;
        Ok(self.header("authorization", format!("Bearer {placeholder}")))
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a JSON body.
    pub fn json(self, value: &serde_json::Value) -> Self {
        self.header("content-type", "application/json").body(value.to_string())
    }

    /// Sets the maximum time for each of three waits: for the connection, for the first byte, and for the next piece of the
    /// body.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Follows at most this many redirects (default: 10); with 0 the redirect itself is the response.
    pub fn redirects(mut self, most: usize) -> Self {
        self.redirects = most;
        self
    }

    /// Sends the request, follows redirects and reads the response.
    ///
    /// # Errors
    /// When the host denies the request, or the server does not respond. A response is never an error, whatever its status is.
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

/// There are no configured addresses outside of a component.
#[cfg(not(target_family = "wasm"))]
fn set_address(_: &str) -> Option<String> {
    None
}

#[cfg(target_family = "wasm")]
fn exchange(request: &Request, address: &Address) -> Result<Response, HttpError> {
    transport::exchange(request, address)
}

/// Only the host of a component sends requests.
#[cfg(not(target_family = "wasm"))]
fn exchange(_: &Request, address: &Address) -> Result<Response, HttpError> {
    Err(HttpError::Failed(format!("{address}: requests can be sent only inside a component")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Response {
        let headers = vec![("retry-after".to_owned(), b" 7".to_vec())];
        Response { status, headers, body: b"{\"a\":1}".to_vec(), address: "https://a.b/".to_owned() }
    }

    #[test]
    fn a_status_decides_whether_an_error_is_retryable() {
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
