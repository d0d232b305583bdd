//! Verifies minisign signatures over the bytes of a component, offline. `minisign -Sm FILE` creates them.
//!
//! `[trust] keys` of `baton.toml` lists the trusted keys. The caller decides about the consequences.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The extension of a detached signature, after the file's name.
pub const EXTENSION: &str = ".minisig";

/// The path of the detached signature of a file.
#[must_use]
pub fn signature_path(file: &Path) -> PathBuf {
    let mut signature_path = file.as_os_str().to_owned();
    signature_path.push(EXTENSION);
    signature_path.into()
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// There is no signature.
    Unsigned,
    /// The signature is from a key that is not trusted.
    Unknown {
        /// The key, as `minisign` writes it.
        key_id: String,
    },
    /// The signature is valid for these bytes and from a trusted key.
    Good {
        /// The key, as `minisign` writes it.
        key_id: String,
    },
    /// The signature names a trusted key, but does not match these bytes; or the text is not a signature.
    Bad {
        /// The problem.
        reason: String,
    },
}

impl Signature {
    /// One word: `none`, `unknown`, `good` or `bad`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self {
            Self::Unsigned => "none",
            Self::Unknown { .. } => "unknown",
            Self::Good { .. } => "good",
            Self::Bad { .. } => "bad",
        }
    }

    /// The id of the key that made the signature, if known.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Unknown { key_id } | Self::Good { key_id } => Some(key_id),
            Self::Unsigned | Self::Bad { .. } => None,
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("none"),
            Self::Unknown { key_id } => {
                write!(f, "unknown: by the key {key_id}, which is not among [trust] keys of baton.toml")
            }
            Self::Good { key_id } => write!(f, "good: by the key {key_id}, which baton.toml trusts"),
            Self::Bad { reason } => write!(f, "BAD: {reason}"),
        }
    }
}

/// A trusted key: the line `RW…` of a `.pub` file that `minisign -G` writes.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct PublicKey {
    text: String,
    key: minisign_verify::PublicKey,
}

/// A text that is not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a minisign public key; take the line that begins with RW from the .pub file of `minisign -G`")]
pub struct KeyError {
    /// The text that does not parse.
    pub text: String,
}

impl PublicKey {
    /// The id of the key as `minisign` writes it: hexadecimal, without leading zeros.
    #[must_use]
    pub fn id(&self) -> String {
        key_id(&self.text).unwrap_or_default()
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let wrong = |_| KeyError { text: text.to_owned() };
        let key = minisign_verify::PublicKey::from_base64(text).map_err(wrong)?;
        Ok(Self { text: text.to_owned(), key })
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.text)
    }
}

/// Verifies the signature of a component. `signature` is the text of a `.minisig` file.
#[must_use]
pub fn verify(component: &[u8], signature: Option<&str>, trusted: &[PublicKey]) -> Signature {
    let Some(text) = signature else { return Signature::Unsigned };
    let bad = |reason: &str| Signature::Bad { reason: reason.to_owned() };
    let (Ok(signature), Some(key_id)) =
        (minisign_verify::Signature::decode(text), text.lines().nth(1).and_then(key_id))
    else {
        return bad("it is not a minisign signature; sign again with `minisign -Sm FILE`");
    };
    let mut reason = None;
    // The id of a key is eight bytes that its owner chose, so several keys may have the same id.
    for key in trusted.iter().filter(|key| key.id() == key_id) {
        match key.key.verify(component, &signature, false) {
            Ok(()) => return Signature::Good { key_id },
            Err(error) => reason = Some(error),
        }
    }
    match reason {
        None => Signature::Unknown { key_id },
        Some(minisign_verify::Error::UnexpectedAlgorithm) => {
            bad("it has the legacy format (`minisign -l`), which is not accepted; sign again with `minisign -Sm FILE`")
        }
        Some(_) => bad("it does not match these bytes: the component or the signature was changed after signing"),
    }
}

/// The key id in a line of base64: two bytes of algorithm, then the id as eight bytes, little-endian.
fn key_id(line: &str) -> Option<String> {
    let bytes = STANDARD.decode(line.trim()).ok()?;
    let id: [u8; 8] = bytes.get(2..10)?.try_into().ok()?;
    Some(format!("{:X}", u64::from_le_bytes(id)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // From the documentation of minisign: the key of its author, and a signature of the bytes `test`.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
        RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
        trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
        wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";
    const OLD: &str = "untrusted comment: signature from minisign secret key\n\
        RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=\n\
        trusted comment: timestamp:1555779966\tfile:test\n\
        QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==\n";
    const ID: &str = "E7620F1842B4E81F";

    fn key() -> PublicKey {
        KEY.parse().unwrap()
    }

    /// A key with the same id and other bytes.
    fn namesake() -> PublicKey {
        let mut bytes = STANDARD.decode(KEY).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        STANDARD.encode(bytes).parse().unwrap()
    }

    #[test]
    fn a_good_signature_names_its_key() {
        let good = Signature::Good { key_id: ID.to_owned() };
        assert_eq!(verify(b"test", Some(SIGNATURE), &[key()]), good);
        assert_eq!(verify(b"test", Some(SIGNATURE), &[namesake(), key()]), good, "two keys with the same id");
        assert_eq!(verify(b"test", Some(&SIGNATURE.replace('\n', "\r\n")), &[key()]), good);
        assert_eq!(key().id(), ID);
        assert_eq!(key_id(&STANDARD.encode(b"Ed\x01\x02\0\0\0\0\0\0")).as_deref(), Some("201"));
    }

    #[test]
    fn a_missing_signature_or_key_is_reported() {
        assert_eq!(verify(b"test", None, &[key()]), Signature::Unsigned);
        assert_eq!(verify(b"test", Some(SIGNATURE), &[]), Signature::Unknown { key_id: ID.to_owned() });
    }

    #[test]
    fn other_bytes_another_comment_and_the_legacy_format_are_bad() {
        let comment = SIGNATURE.replace("file:test", "file:best");
        for (bytes, signature, trusted) in [
            (b"Test", SIGNATURE, key()),
            (b"test", comment.as_str(), key()),
            (b"test", SIGNATURE, namesake()),
            (b"test", OLD, key()),
        ] {
            let verdict = verify(bytes, Some(signature), &[trusted]);
            assert!(matches!(verdict, Signature::Bad { .. }), "{verdict:?} of {signature}");
        }
    }

    #[test]
    fn a_key_is_parsed_or_quoted_in_the_error() {
        assert_eq!(format!(" {KEY}\n").parse::<PublicKey>().unwrap().to_string(), KEY);
        for text in ["", "RW", "untrusted comment: minisign public key", &KEY[..40], "RUQf6LRCGA9i559r"] {
            let error = text.parse::<PublicKey>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{}`", text.trim())), "{error}");
        }
    }

    proptest! {
        #[test]
        fn flipped_bits_and_garbage_are_bad(bit in 0_usize..32, garbage in "\\PC{0,40}(\n\\PC{0,99}){0,4}") {
            let mut component = *b"test";
            component[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(matches!(verify(&component, Some(SIGNATURE), &[key()]), Signature::Bad { .. }), "a flipped bit");
            prop_assert!(matches!(verify(b"test", Some(&garbage), &[key()]), Signature::Bad { .. }), "garbage");
        }
    }
}
