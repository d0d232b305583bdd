//! The three ways to get consent: in a browser (`browser`, `redirect`), with a code that the operator types on another
//! device (`device`), and with a token that the operator made (`personal`). If the browser is on another machine, the
//! operator pastes the redirect address.

mod browser;
mod device;
mod redirect;

pub use browser::BrowserConsent;
pub use device::DeviceConsent;
pub use redirect::RedirectError;

use std::time::Duration;

use jiff::Timestamp;

use crate::account::IssuedTokens;
use crate::error::AccountError;
use crate::{Account, Endpoints};

/// An account with a token that the operator made at the service.
///
/// # Errors
/// The token has fewer than 8 characters, or cannot be sent in a header.
pub fn personal(endpoints: &Endpoints, token: &str, now: Timestamp) -> Result<Account, AccountError> {
    let token = token.trim();
    if token.len() < 8 || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(AccountError::Settings(format!(
            "this is not a token of {}: a token has at least 8 characters, without spaces and line breaks",
            endpoints.provider
        )));
    }
    let issued = IssuedTokens { access: token.to_owned(), refresh: None, lifetime: None::<Duration>, scopes: None };
    Ok(Account::new(endpoints, issued, now))
}
