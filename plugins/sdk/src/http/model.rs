//! Requests, responses and errors.

use std::time::Duration;

use crate::Error;

/// A request to send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a request does nothing until `send`"]
pub struct Request {
    pub(super) method: String,
    pub(super) address: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Option<Duration>,
    pub(super) redirects: usize,
}

/// The response of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status: 200, 404.
    pub status: u16,
    /// The headers. Their names are in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// The address that answered, after all redirects.
    pub address: String,
}

/// The reason why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// Invalid address.
    Address(String),
    /// The host denied the request; the text names the grant.
    Denied(String),
    /// No connection, no valid certificate, or no answer in time.
    Failed(String),
    /// Too many redirects, or a redirect to an invalid address.
    Redirect(String),
    /// A status other than 200 to 299; see [`Response::ok`].
    Status {
        /// The status: 404, 429.
        status: u16,
        /// The address that answered.
        address: String,
        /// The pause in seconds that the server asks for.
        retry_after: Option<u64>,
    },
}

impl Response {
    /// The value of the first header with this name whose value is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// The body as text; invalid UTF-8 becomes `�`.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When the body is not JSON.
    pub fn json(&self) -> Result<serde_json::Value, HttpError> {
        let problem =
            |error| HttpError::Failed(format!("{} answered with something that is not JSON: {error}", self.address));
        serde_json::from_slice(&self.body).map_err(problem)
    }

    /// The pause that the server asks for, if it is given in seconds.
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

/// For the operator `?`. An error is `retryable` if a later attempt may succeed. Denied requests are `permanent`; the host
/// changes them to `needs_grant` if a grant is missing.
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
