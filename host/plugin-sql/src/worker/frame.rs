//! The framing of messages in a pipe: four bytes with the length, then the message, encoded by `postcard`.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bytes of the length before a message.
pub const HEADER_BYTES: usize = 4;

/// The maximum length of a message: a batch or a result with the overhead of its values, and a wide margin.
pub const FRAME_BYTES: usize = 64 << 20;

/// Encodes a message with its length before it.
///
/// # Errors
/// When it is too long.
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(message, vec![0; HEADER_BYTES]).map_err(io::Error::other)?;
    let length = frame.len() - HEADER_BYTES;
    match (u32::try_from(length), frame.first_chunk_mut()) {
        (Ok(short), Some(header)) if length <= FRAME_BYTES => *header = short.to_le_bytes(),
        _ => return Err(too_long(length)),
    }
    Ok(frame)
}

/// Decodes a message without its length.
///
/// # Errors
/// When it is not a message.
pub fn decode<T: DeserializeOwned>(message: &[u8]) -> io::Result<T> {
    postcard::from_bytes(message).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

pub(super) fn write<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    to.write_all(&encode(message)?)?;
    to.flush()
}

/// Reads the next message; `None` if the pipe was closed.
///
/// # Errors
/// When the pipe breaks, or the bytes are not a message.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut header = [0; HEADER_BYTES];
    match from.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut message = vec![0; length(header)?];
    from.read_exact(&mut message)?;
    decode(&message).map(Some)
}

/// The length of the message after this header, in bytes.
///
/// # Errors
/// When it is too long.
pub fn length(header: [u8; HEADER_BYTES]) -> io::Result<usize> {
    let length = usize::try_from(u32::from_le_bytes(header)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES { Err(too_long(length)) } else { Ok(length) }
}

fn too_long(bytes: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the message has {bytes} bytes, more than the limit of {FRAME_BYTES}"),
    )
}
