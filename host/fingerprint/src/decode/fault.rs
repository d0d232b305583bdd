//! Converts errors of symphonia to a [`Reason`] and a text with the cause and the solution.

use std::io;

use symphonia::core::errors::Error as Symphonia;

use crate::{Error, Reason};

/// The error for a file or a codec that Baton cannot decode. `found` names the file type or the codec.
pub(super) fn unsupported(found: &str) -> Error {
    Error::new(Reason::Unsupported, format!("{found} is not supported; convert the file to FLAC, MP3, AAC-LC or WAV"))
}

/// The error for a file that claims to be audio, but cannot be decoded.
pub(super) fn corrupt(what: &str) -> Error {
    Error::new(Reason::Corrupt, format!("it cannot be decoded: {what}; get an intact copy of the file"))
}

/// Whether an error means that reading from the disk failed, or that a limit was exceeded. Readers of bits and bytes use
/// other error kinds when the data end too early; those kinds mean damage.
pub(super) fn is_read_failure(failed: &io::Error) -> bool {
    !matches!(failed.kind(), io::ErrorKind::Other | io::ErrorKind::UnexpectedEof)
}

/// The error for a file that cannot be read from the disk, or that exceeded a limit.
pub(super) fn unreadable(failed: &io::Error) -> Error {
    match failed.kind() {
        io::ErrorKind::Other | io::ErrorKind::UnexpectedEof | io::ErrorKind::FileTooLarge => {
            corrupt(&failed.to_string())
        }
        _ => Error::new(Reason::Unreadable, format!("cannot read it: {failed}")),
    }
}

/// The error for a file that cannot be opened, or for a codec without a decoder. `found` names the file type or the codec.
pub(super) fn from_opening(failed: Symphonia, found: &str) -> Error {
    match failed {
        Symphonia::Unsupported(_) => unsupported(found),
        other => from_decoding(other),
    }
}

/// The error for packets that cannot be read or decoded.
pub(super) fn from_decoding(failed: Symphonia) -> Error {
    match failed {
        Symphonia::IoError(failed) => unreadable(&failed),
        other => corrupt(&other.to_string()),
    }
}
