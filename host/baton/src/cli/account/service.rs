//! The argument SERVICE, and the parts of an account that the commands show.

use baton_accounts::{Account, ConsentKind, Provider};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};

/// Parses the name of a service; completions list the names.
pub(super) fn parser() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.map(Provider::name)).try_map(|name| name.parse::<Provider>())
}

/// `ready`, or `needs consent`.
pub(super) fn state(account: &Account) -> &'static str {
    if account.needs_consent.is_some() { "needs consent" } else { "ready" }
}

/// The account as JSON, without its tokens.
pub(super) fn as_json(account: &Account) -> Value {
    json!({
        "service": account.provider.name(),
        "kind": kind(account),
        "state": if account.needs_consent.is_some() { "needs_consent" } else { "ready" },
        "reason": account.needs_consent,
        "scopes": account.scopes,
        "consented_at": account.consented_at,
        "expires_at": account.expires_at,
    })
}

/// How the operator gave consent.
fn kind(account: &Account) -> &'static str {
    // An account with a token that the operator made has no client.
    if account.client_id.is_empty() {
        return "token";
    }
    match account.provider.consent() {
        ConsentKind::Browser => "browser",
        ConsentKind::Device => "device",
        ConsentKind::Personal => "token",
    }
}
