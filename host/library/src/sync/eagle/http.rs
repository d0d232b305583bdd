//! One request and its answer, `{"status": "success", "data": …}`, with limits for time, bytes and tries. Temporary failures
//! (no connection, timeout, incomplete answer, 5xx) are tried again after 1, 2 and 4 s; a refusal is not.
//!
//! The client uses no proxy and follows no redirects: Eagle sends no redirects, and the target of a redirect would receive
//! the token.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

use super::limits::{ANSWER_BYTES, CONNECT, PAUSES, WORDS_CHARS};
use super::{Address, EagleError, Token};

/// The HTTP client.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    address: Address,
    token: Token,
    timeout: Duration,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct ApiRequest<'a> {
    path: &'a str,
    query: Vec<(&'a str, &'a str)>,
    body: Option<Value>,
}

impl<'a> ApiRequest<'a> {
    /// A request without a body.
    pub(super) fn get(path: &'a str, query: &[(&'a str, &'a str)]) -> Self {
        Self { path, query: query.to_vec(), body: None }
    }

    /// A request that sends `body`.
    pub(super) fn post(path: &'a str, body: Value) -> Self {
        Self { path, query: Vec::new(), body: Some(body) }
    }
}

impl Http {
    /// Builds the client.
    pub(super) fn new(address: Address, token: Token, timeout: Duration) -> Result<Self, EagleError> {
        // Without a provider reqwest panics. This call fails if a provider is already installed; the installed provider is
        // sufficient.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT.min(timeout))
            .timeout(timeout)
            .redirect(Policy::none())
            .no_proxy();
        let client = builder.build().map_err(|error| EagleError::Client(root_cause(error)))?;
        Ok(Self { client, address, token, timeout })
    }

    /// The address of the API.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends the request, with retries for temporary failures. Returns the `data` of the answer.
    pub(super) async fn send(&self, request: ApiRequest<'_>) -> Result<Value, EagleError> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.once(&request).await {
                Ok(data) => return Ok(data),
                Err(error) => error,
            };
            let Some(pause) = pauses.next().filter(|_| error.is_temporary()) else { return Err(error) };
            tracing::warn!("{error}; Baton tries again in {pause:?}");
            tokio::time::sleep(*pause).await;
        }
    }

    /// Sends the request once: for requests that must not be repeated unchanged.
    pub(super) async fn once(&self, request: &ApiRequest<'_>) -> Result<Value, EagleError> {
        let mut query = request.query.clone();
        query.extend(self.token.value().map(|token| ("token", token)));
        let url = self.address.at(request.path, &query);
        let call = match &request.body {
            None => self.client.request(Method::GET, url),
            Some(body) => {
                self.client.request(Method::POST, url).header(CONTENT_TYPE, "application/json").body(body.to_string())
            }
        };
        let response = call.send().await.map_err(|error| self.connection_error(error, request.path))?;
        let status = response.status();
        let bytes = self.read(response, request.path).await?;
        self.parse_answer(status, &bytes, request.path)
    }

    /// Reads the answer up to the limit.
    async fn read(&self, mut response: Response, what: &str) -> Result<Vec<u8>, EagleError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.connection_error(error, what))? {
            if chunk.len() > ANSWER_BYTES.saturating_sub(bytes.len()) {
                return Err(EagleError::TooLarge { what: what.to_owned(), limit: ANSWER_BYTES });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn connection_error(&self, error: reqwest::Error, what: &str) -> EagleError {
        if error.is_timeout() && !error.is_connect() {
            return EagleError::Timeout { what: what.to_owned(), after: self.timeout };
        }
        EagleError::Unreachable { address: self.address.to_string(), reason: root_cause(error) }
    }

    fn parse_answer(&self, status: StatusCode, bytes: &[u8], what: &str) -> Result<Value, EagleError> {
        let what = what.to_owned();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let (address, secret) = (self.address.to_string(), self.token.secret().to_owned());
            return Err(EagleError::Unauthorized { address, secret });
        }
        let code = status.as_u16();
        if status.is_server_error() {
            return Err(EagleError::ServerError { what, status: code, words: self.words(bytes) });
        }
        if !status.is_success() {
            return Err(EagleError::Refused { what, status: code, words: self.words(bytes) });
        }
        let found = || format!("no JSON{}", self.words(bytes));
        let answer: Value = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() && !bytes.is_empty() {
                EagleError::Incomplete { what: what.clone() }
            } else {
                EagleError::NotEagle { what: what.clone(), found: found() }
            }
        })?;
        match answer.get("status").and_then(Value::as_str) {
            Some("success") => {}
            Some(_) => return Err(EagleError::Refused { what, status: code, words: self.words(bytes) }),
            None => return Err(EagleError::NotEagle { what, found: "JSON without `status`".to_owned() }),
        }
        match answer {
            Value::Object(mut fields) => Ok(fields.remove("data").unwrap_or_default()),
            _ => Ok(Value::Null),
        }
    }

    /// The beginning of an answer on one line, after a colon, without the token. The token is removed before the text is cut,
    /// because a part of it could remain otherwise.
    fn words(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for form in self.token.forms() {
            text = text.replace(&form, "…");
        }
        let words = text.split_whitespace().take(WORDS_CHARS).collect::<Vec<_>>().join(" ");
        let line: String = words.chars().take(WORDS_CHARS).collect();
        if line.is_empty() { line } else { format!(": {line}") }
    }
}

/// The root cause of an error, without its URL, which contains the token.
fn root_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut last: &dyn std::error::Error = &error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_shown_without_the_token_in_any_encoding() {
        let token = Token::new("eagle", Some("a+b \"secret\"/ü".to_owned()));
        let http = Http::new(Address::parse(Address::DEFAULT).unwrap(), token, Duration::from_secs(1)).unwrap();
        for echo in [
            "a+b \"secret\"/ü",
            "a%2Bb+%22secret%22%2F%C3%BC",
            "a%2Bb%20%22secret%22%2F%C3%BC",
            "a%2bb+%22secret%22%2f%c3%bc",
            r#"a+b \"secret\"/ü"#,
        ] {
            assert_eq!(http.words(format!("no: token={echo}&x").as_bytes()), ": no: token=…&x");
            // The token is also removed where the text is cut.
            for pad in (0..=4 * WORDS_CHARS).step_by(7) {
                let words = http.words(format!("{}{echo}", " ".repeat(pad)).as_bytes());
                assert_eq!(words, ": …");
            }
        }
        assert_eq!(http.words(b" "), "");
        let none = Http { token: Token::new("eagle", Some(String::new())), ..http };
        assert_eq!(none.words(b"no"), ": no");
    }
}
