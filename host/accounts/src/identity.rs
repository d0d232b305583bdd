//! Asks a service who owns a token. This is the cheapest request that proves that a token works.

use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::client::{body_of, client, no_answer};
use crate::error::AccountError;
use crate::{Account, Provider, Tokens, endpoint, limits};

/// The name of the account at the service, or `None` if the service refuses the token.
///
/// # Errors
/// The service is not reachable or answers with another error.
pub async fn identity(account: &Account, tokens: &Tokens) -> Result<Option<String>, AccountError> {
    let provider = account.provider;
    let temporary = |reason: String| AccountError::Temporary { provider, reason };
    let url = endpoint::check(&account.identity_url).map_err(AccountError::Settings)?;
    let client = client(&url).map_err(|error| temporary(error.0))?;
    // Linear takes a personal key without a scheme.
    let credential = match provider {
        Provider::Linear => tokens.access.clone(),
        _ => format!("Bearer {}", tokens.access),
    };
    let request = match provider {
        Provider::Linear => client
            .post(url)
            .header("content-type", "application/json")
            .body(json!({ "query": "{ viewer { name } }" }).to_string()),
        Provider::Notion => client.get(url).header("notion-version", "2026-03-11"),
        _ => client.get(url),
    };
    let answer = request.header(AUTHORIZATION, credential).send().await;
    let mut answer = answer.map_err(|error| temporary(no_answer(&error).0))?;
    match answer.status() {
        StatusCode::UNAUTHORIZED => return Ok(None),
        status if !status.is_success() => return Err(temporary(format!("the service answers {status}"))),
        _ => {}
    }
    let body = body_of(&mut answer).await.map_err(|error| temporary(error.0))?;
    let body: Value =
        serde_json::from_slice(&body).map_err(|_| temporary("the answer of the service is not JSON".to_owned()))?;
    if provider == Provider::Linear && body.get("errors").is_some() {
        return Ok(None);
    }
    Ok(Some(name_in(provider, &body)))
}

/// The name of the account in the answer.
fn name_in(provider: Provider, body: &Value) -> String {
    let places: &[&str] = match provider {
        Provider::Spotify => &["/display_name", "/id"],
        Provider::Google => &["/user/displayName", "/user/emailAddress"],
        Provider::Notion => &["/bot/workspace_name", "/name"],
        Provider::Github => &["/login"],
        Provider::Linear => &["/data/viewer/name"],
    };
    let found = places.iter().find_map(|place| body.pointer(place)?.as_str()).filter(|name| !name.is_empty());
    found.unwrap_or("(no name)").chars().take(limits::REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_first_that_the_service_has() {
        assert_eq!(name_in(Provider::Spotify, &json!({ "display_name": null, "id": "abc" })), "abc");
        assert_eq!(name_in(Provider::Linear, &json!({ "data": { "viewer": { "name": "A" } } })), "A");
        assert_eq!(name_in(Provider::Github, &json!([])), "(no name)");
    }
}
