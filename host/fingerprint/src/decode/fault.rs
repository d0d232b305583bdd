//! What symphonia says becomes a [`Reason`] and a text that tells what was found and what can be done.

use std::io;

use symphonia::core::errors::Error as Symphonia;

use crate::{Error, Reason};

/// Nothing decodes it; how it could still be had.
pub(super) fn unsupported(found: &str) -> Error {
    Error::new(
        Reason::Unsupported,
        format!("{found} is not decoded; convert it to FLAC, MP3, AAC-LC or WAV to have it fingerprinted"),
    )
}

/// It says that it is audio and cannot be decoded.
pub(super) fn corrupt(what: &str) -> Error {
    Error::new(Reason::Corrupt, format!("it cannot be decoded: {what}; get an intact copy of the file"))
}

/// Whether reading from the disk failed, or led too far. A reader of bits says `Other` where a frame ends too early, and one of
/// bytes where the file does: that is damage.
pub(super) fn is_of_the_file(failed: &io::Error) -> bool {
    !matches!(failed.kind(), io::ErrorKind::Other | io::ErrorKind::UnexpectedEof)
}

/// Reading from the disk failed, or led too far.
pub(super) fn unreadable(failed: &io::Error) -> Error {
    match failed.kind() {
        io::ErrorKind::Other | io::ErrorKind::UnexpectedEof | io::ErrorKind::FileTooLarge => {
            corrupt(&failed.to_string())
        }
        _ => Error::new(Reason::Unreadable, format!("failed to read it: {failed}")),
    }
}

/// Of a file that did not open, or a codec that has no decoder. `found` is what it is, as far as is known.
pub(super) fn of_opening(failed: Symphonia, found: &str) -> Error {
    match failed {
        Symphonia::Unsupported(_) => unsupported(found),
        other => of_decoding(other),
    }
}

/// Of packets that do not come or do not decode.
pub(super) fn of_decoding(failed: Symphonia) -> Error {
    match failed {
        Symphonia::IoError(failed) => unreadable(&failed),
        other => corrupt(&other.to_string()),
    }
}
