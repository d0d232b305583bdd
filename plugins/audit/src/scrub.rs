//! Removes texts that look like secrets before they are written to a report.
//!
//! Error messages contain headers, addresses and settings. This module removes the value after `Bearer` or after a name like
//! `token=`, text with a known key prefix, and long words that look random. Hiding a hash is better than showing a key.

/// The replacement text.
const HIDDEN: &str = "[hidden]";

/// Parts of names whose value is a secret.
const NAMES: &str = "apikey api_key api-key authorization cookie credential passphrase passwd password private pwd secret \
    signature token";

const BEGINNINGS: &str = "AIza AKIA ASIA EAAC SG. eyJ ghp_ gho_ ghs_ ghu_ github_pat_ glpat- lin_api_ npm_ ntn_ pat_ rk_ secret_ \
    sk- sk_ xapp- xox ya29.";

/// The text without secrets.
#[must_use]
pub fn scrub(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut secret_next = false;
    while !rest.is_empty() {
        let (between, after) = rest.split_at(rest.find(is_word).unwrap_or(rest.len()));
        out.push_str(between);
        if secret_next && !after.is_empty() {
            let (value, after) = value(after, between.chars().last());
            if !is_scheme(value) {
                out.push_str(HIDDEN);
                secret_next = false;
                rest = after;
                continue;
            }
        }
        let (word, after) = after.split_at(after.find(|sign| !is_word(sign)).unwrap_or(after.len()));
        let credentials = after.starts_with(['@', ':']) && after_user(out.as_str(), after);
        out.push_str(if credentials || looks_secret(word) { HIDDEN } else { word });
        secret_next = is_scheme(word) && after.starts_with(' ') || names_secret(word) && gives(after);
        rest = if credentials { after.find('@').and_then(|at| after.get(at..)).unwrap_or_default() } else { after };
    }
    out
}

/// The text without certain keys, recognised by their prefix. Ids of commits and databases stay, because assertions
/// name them.
#[must_use]
pub fn scrub_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (between, after) = rest.split_at(rest.find(is_word).unwrap_or(rest.len()));
        let (word, after) = after.split_at(after.find(|sign| !is_word(sign)).unwrap_or(after.len()));
        out.push_str(between);
        out.push_str(if begins_as_key(word) { HIDDEN } else { word });
        rest = after;
    }
    out
}

fn begins_as_key(word: &str) -> bool {
    word.len() >= 12 && BEGINNINGS.split_whitespace().any(|beginning| word.starts_with(beginning))
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '-' | '+' | '.' | '~' | '%')
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

/// The complete value at the start of `text`: to the closing quote if it is quoted, otherwise to the next white space,
/// quote, closing bracket, or separator such as `,` or `&`.
fn value(text: &str, before: Option<char>) -> (&str, &str) {
    let end = match before {
        Some(quote @ ('"' | '\'' | '`')) => text.find(quote),
        _ => text
            .find(|sign: char| sign.is_whitespace() || matches!(sign, ',' | ';' | '&' | '"' | '\'' | '`' | '}' | ')')),
    };
    text.split_at(end.unwrap_or(text.len()))
}

/// True if a value follows the name.
fn gives(after: &str) -> bool {
    let bare = after.trim_start_matches(['"', '\'', '`', ' ', '\\']);
    bare.starts_with(['=', ':'])
}

/// True if the preceding word is the user of `https://user:password@host`.
fn after_user(before: &str, after: &str) -> bool {
    let ends = after.find(|sign: char| sign.is_whitespace() || sign == '/');
    before.ends_with("://") && after.get(..ends.unwrap_or(after.len())).is_some_and(|rest| rest.contains('@'))
}

fn names_secret(word: &str) -> bool {
    let lower = word.to_lowercase();
    NAMES.split_whitespace().any(|name| lower.contains(name))
        || matches!(lower.as_str(), "key" | "pass")
        || lower.ends_with("_key")
        || lower.ends_with("_pass")
}

/// True if a word looks like a key: a known prefix, or letters and digits that alternate too often for words.
fn looks_secret(word: &str) -> bool {
    if begins_as_key(word) {
        return true;
    }
    if word.len() < 16 {
        return false;
    }
    if word.len() >= 32 && word.chars().all(|sign| sign.is_ascii_hexdigit()) {
        return true;
    }
    let mut changes = 0;
    let mut last = None;
    for sign in word.chars() {
        let class = class(sign);
        changes +=
            usize::from(matches!((last, class), (Some(before), Some(now)) if before != now && (before, now) != (1, 0)));
        last = class;
    }
    changes * 4 >= word.len()
}

fn class(sign: char) -> Option<u8> {
    match sign {
        sign if sign.is_ascii_digit() => Some(2),
        sign if sign.is_uppercase() => Some(1),
        sign if sign.is_alphabetic() => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_removed() {
        let cases = [
            ("401: Authorization: Bearer abc.def-ghi failed", "401: Authorization: Bearer [hidden] failed"),
            ("password=p@ss!word&user=x", "password=[hidden]&user=x"),
            (r#"{"api_key": "two words, and more", "n": 1}"#, r#"{"api_key": "[hidden]", "n": 1}"#),
            (
                "GET https://me:hunter2@example.org/x?access_token=zz9 failed",
                "GET https://[hidden]@example.org/x?access_token=[hidden] failed",
            ),
            ("key ghp_16C7e42F292c6912E7710c838347Ae178B4a", "key [hidden]"),
            ("token a8Kd92kdlsKL0x8Z3 is wrong", "token [hidden] is wrong"),
            ("digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "digest [hidden]"),
            ("Bearer x", "Bearer [hidden]"),
            ("SECRET:", "SECRET:"),
        ];
        for (text, wanted) in cases {
            assert_eq!(scrub(text), wanted);
        }
    }

    #[test]
    fn words_are_kept() {
        for text in [
            "could not read /Volumes/Music/production_run_20260114_backup_v2.json: No such file (os error 2)",
            "soundcloud_download_prod_merge-2.py exited with 1 after 23.30 seconds",
            "DriveSheetsSync: another run is already in progress at 20260118T071446Z",
            "the key of the map is wrong, tokens left: none",
            "ééé – ünïcode",
        ] {
            assert_eq!(scrub(text), text);
        }
    }
}
