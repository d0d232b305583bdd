//! The API token that Eagle requires from programs on other machines. Programs on the same machine need no token.

use std::fmt;

use reqwest::Url;

/// The token, if it is set, and the name of its secret. Its value is never shown.
#[derive(Clone, Default)]
pub struct Token {
    secret: String,
    value: Option<String>,
}

impl Token {
    /// The token with the value of the secret `secret`, if this secret is set.
    #[must_use]
    pub fn new(secret: &str, value: Option<String>) -> Self {
        Self { secret: secret.to_owned(), value }
    }

    pub(super) fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The forms in which an answer may contain the token: plain, JSON-escaped, URL-encoded.
    pub(super) fn forms(&self) -> Vec<String> {
        let Some(token) = self.value().filter(|token| !token.is_empty()) else {
            return Vec::new();
        };
        let json = serde_json::Value::from(token).to_string();
        let mut forms = vec![token.to_owned(), json.trim_matches('"').to_owned()];
        if let Ok(mut url) = Url::parse("http://localhost/") {
            url.query_pairs_mut().append_pair("", token);
            let form = url.query().unwrap_or_default().trim_start_matches('=').to_owned();
            let percent = form.replace('+', "%20");
            forms.extend([lower(&form), lower(&percent), form, percent]);
        }
        // The longest form first: a form may be a part of another one.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

/// The same text with the hexadecimal digits of its escapes in lower case, as some servers write them.
fn lower(form: &str) -> String {
    let mut parts = form.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_at_checked(2) {
        Some((digits, rest)) => format!("{text}%{}{rest}", digits.to_ascii_lowercase()),
        None => format!("{text}%{part}"),
    })
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {})", self.secret, if self.value.is_some() { "set" } else { "none" })
    }
}
