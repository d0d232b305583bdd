//! Finds the placeholders of an attempt in places where they are not allowed: in an address, in a header, in a streamed
//! body.

use bytes::Bytes;

/// The prefix of every placeholder. It makes the search fast, and people can recognise it.
pub(super) const PREFIX: &str = "baton-secret-";

/// Searches streamed data for placeholders. It costs little if there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finder {
    placeholders: Vec<String>,
    kept: Vec<u8>,
}

impl Finder {
    pub(super) fn new(placeholders: Vec<String>) -> Self {
        Self { placeholders, kept: Vec::new() }
    }

    /// True if `bytes` contains a placeholder.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        let mut at = bytes.windows(PREFIX.len()).enumerate().filter(|(_, window)| *window == PREFIX.as_bytes());
        at.any(|(at, _)| bytes.get(at..).is_some_and(|rest| self.starts(rest)))
    }

    fn starts(&self, rest: &[u8]) -> bool {
        self.placeholders.iter().any(|placeholder| rest.starts_with(placeholder.as_bytes()))
    }

    /// Returns the bytes that can be sent after `piece`; `None` if a placeholder was found.
    pub(crate) fn push(&mut self, piece: &Bytes) -> Option<Bytes> {
        let Some(longest) = self.placeholders.iter().map(String::len).max() else {
            return Some(piece.clone());
        };
        self.kept.extend_from_slice(piece);
        if self.is_in(&self.kept) {
            self.kept.clear();
            return None;
        }
        let end = self.kept.len();
        let begins = |from: &usize| {
            let tail = self.kept.get(*from..).unwrap_or_default();
            self.placeholders.iter().any(|placeholder| placeholder.as_bytes().starts_with(tail))
        };
        let cut = (end.saturating_sub(longest)..end).find(begins).unwrap_or(end);
        let rest = self.kept.split_off(cut);
        Some(std::mem::replace(&mut self.kept, rest).into())
    }

    /// Returns the remaining bytes at the end.
    pub(crate) fn end(&mut self) -> Bytes {
        std::mem::take(&mut self.kept).into()
    }

    /// True if no bytes are delayed.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder() -> Finder {
        Finder::new(vec![format!("{PREFIX}0011"), format!("{PREFIX}0022")])
    }

    fn passed(text: &str, size: usize) -> Option<Vec<u8>> {
        let (mut finder, mut out) = (finder(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            out.extend_from_slice(&finder.push(&Bytes::copy_from_slice(piece))?);
        }
        out.extend_from_slice(&finder.end());
        Some(out)
    }

    #[test]
    fn a_placeholder_is_found_across_pieces_and_nothing_of_it_is_passed() {
        for size in 1..60 {
            assert_eq!(passed(&format!("key={PREFIX}0022&more"), size), None, "pieces of {size}");
            let harmless = format!("key={PREFIX}0033 {PREFIX}{PREFIX}00 {PREFIX}002");
            assert_eq!(passed(&harmless, size).unwrap(), harmless.as_bytes(), "pieces of {size}");
        }
    }

    #[test]
    fn without_placeholders_all_passes() {
        assert_eq!(Finder::default().push(&"baton-secret-x".into()).unwrap(), "baton-secret-x");
    }
}
