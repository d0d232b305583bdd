//! The digest of a row, and sums of digests. A sum is independent of the order of the rows.

use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};

/// A 256-bit number, little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum([u8; 32]);

impl Sum {
    /// The value for stored bytes that are not a sum. No sum of a table has this value.
    pub(super) const NONE: Self = Self([0xFF; 32]);

    /// Reads the sum in a row of `sums`; `None` if the bytes are not a sum.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn add(&mut self, other: Self) {
        let mut carry = 0;
        for (byte, more) in self.0.iter_mut().zip(other.0) {
            let sum = u16::from(*byte) + u16::from(more) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
    }

    pub(super) fn subtract(&mut self, other: Self) {
        let mut negative = Self(other.0.map(|byte| !byte));
        let mut one = [0; 32];
        one[0] = 1;
        negative.add(Self(one));
        self.add(negative);
    }
}

/// Computes the digest of one row.
pub(super) struct RowDigest(Sha256);

impl RowDigest {
    pub(super) fn of_table(table: &str) -> Self {
        let mut digest = Self(Sha256::new());
        digest.value(ValueRef::Text(table.as_bytes()));
        digest
    }

    /// Adds a value to the digest: its type, its length and its bytes. So different rows have different digests.
    pub(super) fn value(&mut self, value: ValueRef<'_>) {
        let (kind, bytes): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => return self.piece(1, &number.to_le_bytes()),
            ValueRef::Real(number) => return self.piece(2, &number.to_bits().to_le_bytes()),
            ValueRef::Text(bytes) => (3, bytes),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        self.piece(kind, bytes);
    }

    fn piece(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(super) fn end(self) -> Sum {
        Sum(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Sum {
        let mut digest = RowDigest::of_table("t");
        digest.value(ValueRef::Text(text.as_bytes()));
        digest.end()
    }

    #[test]
    fn a_sum_ignores_the_order_and_subtraction_reverses_addition() {
        let (a, b, c) = (row("a"), row("b"), row("c"));
        let mut sum = Sum::default();
        for row in [a, b, c] {
            sum.add(row);
        }
        let mut other = Sum::default();
        for row in [c, a, b] {
            other.add(row);
        }
        assert_eq!(sum, other);
        for row in [b, a, c] {
            sum.subtract(row);
        }
        assert_eq!(sum, Sum::default());
        other.subtract(row("d"));
        assert_ne!(other, sum);
    }
}
