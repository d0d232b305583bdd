//! TSAF, the format of djay's objects: a header with two counts, then one value. Each string is stored once. In an object, the
//! name of a field comes after its value. A repeated value is stored as a reference: the number of the earlier value.
//!
//! Decoding is strict. The length of a value is known only from its tag, so decoding cannot continue after an unknown tag:
//! it fails with position, tag and reason. Every byte must be used, and both counts of the header must be right. Strings and
//! data are borrowed from the blob.
//!
//! | file | what |
//! |---|---|
//! | `bytes.rs` | numbers, padding and strings at a position of the blob |
//! | `decode.rs` | tags and tables |
//! | `document.rs` | the decoded values, and fields by name and type |
//! | `fault.rs` | the reason why a blob cannot be read |

mod bytes;
mod decode;
mod document;
mod fault;

pub use decode::decode;
pub use document::{Document, Mismatch, NumberedValue, Object, Url, Value};
pub use fault::{Fault, FaultKind};

/// A blob of a djay library.
#[derive(Debug)]
pub enum Blob<'a> {
    /// An object of djay.
    Tsaf(Document<'a>),
    /// An Apple property list. Older libraries use this format for all objects, newer libraries only for `databaseInfo`. The
    /// plugin does not read it.
    BinaryPlist,
}

impl<'a> Blob<'a> {
    /// Decodes a blob of either format.
    ///
    /// # Errors
    /// If the blob has neither format, or is damaged TSAF.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Fault> {
        if bytes.starts_with(b"bplist00") { Ok(Self::BinaryPlist) } else { decode(bytes).map(Self::Tsaf) }
    }
}

#[cfg(test)]
mod tests;
