//! The hidden name and the digest of a file that is written before it gets its final name.

use baton_core::Digest;
use sha2::{Digest as _, Sha256};

use crate::LedgerError;
use crate::database::Reader;

/// A unique hidden file name that contains `what`.
pub(crate) fn hidden_name(reader: &Reader, what: &str) -> Result<String, LedgerError> {
    let token = "SELECT lower(hex(randomblob(8)))";
    let token: String = reader.connection.query_row(token, [], |row| row.get(0))?;
    Ok(format!(".baton-{what}-{token}.tmp"))
}

/// SHA-256 of a stream.
#[derive(Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest as 64 lower-case hexadecimal digits.
    pub(crate) fn end(self) -> String {
        let bytes: [u8; 32] = self.0.finalize().into();
        Digest::from(bytes).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_hash_of_the_whole() {
        let mut hasher = Hasher::default();
        for piece in ["a", "", "bc"] {
            hasher.add(piece.as_bytes());
        }
        assert_eq!(hasher.end(), Digest::of(b"abc").to_string());
    }
}
