//! Limits of one file.

use baton_plugin_kit::csv_file::MOST_BYTES;

/// The maximum number of rows of one file. Spotify's playlists have at most 10,000 rows; lists of liked songs and histories
/// are longer. 100,000 entries need about 70 MB of the 256 MiB of a plugin.
pub const MOST_ROWS: usize = 100_000;

/// The error of a file that is too large.
pub(super) fn too_large(bytes: u64) -> String {
    format!("it has {} MB, more than {} MB are not read", bytes >> 20, MOST_BYTES >> 20)
}

/// The maximum number of characters of a cell. Titles and credits are far shorter.
const MOST_CHARS: usize = 2_000;

/// Text without control characters and of bounded length.
pub(super) fn text(cell: &str) -> String {
    let needs_change = cell.len() > MOST_CHARS || cell.contains(char::is_control);
    if !needs_change {
        return cell.trim().to_owned();
    }
    let plain = cell.chars().take(MOST_CHARS).map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}
