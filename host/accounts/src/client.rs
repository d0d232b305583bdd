//! The HTTP client for token endpoints: TLS with ring, no redirects, bounded answers.

use std::error::Error;
use std::sync::Once;

use oauth2::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use crate::{endpoint, limits};

/// The reason why the service gave no usable answer. The text contains neither the request nor the answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(pub(crate) String);

/// A client for the server of `url`.
pub(crate) fn client(url: &Url) -> Result<Client, NoAnswer> {
    static ONCE: Once = Once::new();
    // The call fails only if the process already has a crypto provider, so its result is ignored.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let builder = Client::builder()
        .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits::CONNECT)
        .timeout(limits::REQUEST)
        .redirect(Policy::none());
    let builder = if endpoint::is_this_machine(url) { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| no_answer(&error))
}

/// Sends an OAuth request. A server error, a redirection and the status 429 count as no answer, because they do not show
/// whether the token is valid.
pub(crate) async fn send(request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let url = Url::parse(&request.uri().to_string()).map_err(|error| NoAnswer(error.to_string()))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let request = reqwest::Request::try_from(request).map_err(|error| no_answer(&error))?;
    let mut response = client(&url)?.execute(request).await.map_err(|error| no_answer(&error))?;
    let status = response.status();
    if status.is_server_error() || status.is_redirection() || status.as_u16() == 429 {
        return Err(NoAnswer(format!("{host} answers {status}")));
    }
    let headers = response.headers().clone();
    let body = body_of(&mut response).await?;
    // GitHub answers errors with the status 200.
    let status = if status.is_success() && is_error(&body) { http::StatusCode::BAD_REQUEST } else { status };
    let mut answer = http::Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

/// The whole body of a response, up to the limit.
pub(crate) async fn body_of(response: &mut Response) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| no_answer(&error))? {
        if body.len() + piece.len() > limits::ANSWER_BYTES {
            let host = response.url().host_str().unwrap_or_default();
            return Err(NoAnswer(format!("the answer of {host} has more than {} bytes", limits::ANSWER_BYTES)));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn is_error(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|value| value.get("error").is_some() && value.get("access_token").is_none())
}

/// Returns the text of the root cause. The outer errors have no details, but they may contain the address.
pub(crate) fn no_answer(error: &dyn Error) -> NoAnswer {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    NoAnswer(last.to_string())
}
