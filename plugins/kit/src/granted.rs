//! Calls the host directly for files below the granted folders, because the standard library makes too many calls or stops at
//! an error.

use std::io;
use std::path::Path;

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, ErrorCode};

thread_local! {
    /// The granted folders and their paths. They are requested only once, because each request creates new handles.
    static GRANTED: Vec<(Descriptor, String)> = get_directories();
}

/// Calls a function with the innermost granted folder that contains a path, and the rest of the path.
///
/// # Errors
/// `NoEntry` when no granted folder contains the path, `IllegalByteSequence` when it is not UTF-8, and what the function returns.
pub fn within<T>(path: &Path, act: impl FnOnce(&Descriptor, &str) -> Result<T, ErrorCode>) -> Result<T, ErrorCode> {
    GRANTED.with(|granted| {
        let below = granted.iter().filter_map(|(folder, base)| Some((folder, path.strip_prefix(base).ok()?)));
        let (folder, rest) = below.min_by_key(|(_, rest)| rest.as_os_str().len()).ok_or(ErrorCode::NoEntry)?;
        let rest = rest.to_str().ok_or(ErrorCode::IllegalByteSequence)?;
        act(folder, if rest.is_empty() { "." } else { rest })
    })
}

/// Converts an error code as the standard library does.
#[must_use]
pub fn io_error(code: ErrorCode) -> io::Error {
    let kind = match code {
        ErrorCode::NoEntry => io::ErrorKind::NotFound,
        ErrorCode::NotDirectory => io::ErrorKind::NotADirectory,
        ErrorCode::Access | ErrorCode::NotPermitted => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, code.message())
}
