//! TSAF, the form in which djay keeps its objects: a header with two counts, then one value. Strings are interned, an object
//! names its fields after their values, and what was written before is referred to by its number.
//!
//! Reading is strict. The length of a value follows from its tag alone, so an unknown tag leaves nothing to go on with: the blob
//! fails, with the place, the tag and why. Every byte has to be used, both counts of the header have to come out, and nothing is
//! guessed. Strings and data are borrowed from the blob.
//!
//! | file | what |
//! |---|---|
//! | `bytes.rs` | numbers, padding and strings at a place of the blob |
//! | `decode.rs` | tags and tables |
//! | `document.rs` | what was read, and its fields by name and kind |
//! | `fault.rs` | why a blob cannot be read |

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
    /// An object of djay's.
    Tsaf(Document<'a>),
    /// A property list of Apple's, as older libraries have for everything and newer ones for `databaseInfo`. It is not read.
    BinaryPlist,
}

impl<'a> Blob<'a> {
    /// Reads a blob of either form.
    ///
    /// # Errors
    /// When it is neither, or is TSAF and damaged.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Fault> {
        if bytes.starts_with(b"bplist00") { Ok(Self::BinaryPlist) } else { decode(bytes).map(Self::Tsaf) }
    }
}

#[cfg(test)]
mod tests;
