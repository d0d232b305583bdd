//! Generates a library of different pieces, with copies in other formats, copies of files, broken files, pictures, and items in
//! the trash, as in a real library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_tests::music::{EagleItem, EagleLibrary, Music, RATE_HZ, wav_8_bit};
use baton_tests::tool;

/// The length of a piece in seconds: 108 words, enough to compare.
pub(crate) const SECONDS: u32 = 16;

/// One in this number of items is a copy in another format.
const ENCODED: u64 = 25;
/// One in this number of items is a copy of a file.
const COPIED: u64 = 100;
/// One in this number of items is broken.
const BROKEN: u64 = 200;
/// After each group of this number of items, one picture and one item in the trash are added. Neither counts as an item.
const BESIDE: u64 = 50;

/// The content of the generated library.
#[derive(Debug, Default)]
pub(crate) struct GeneratedContent {
    /// The number of audio items that are not in the trash.
    pub(crate) items: u64,
    /// The piece of each item, by the item's id, without broken items.
    pub(crate) pieces: BTreeMap<String, u64>,
    /// The number of different pieces; a library with more items repeats pieces.
    pub(crate) different: Option<usize>,
}

/// A file that ffmpeg encodes from another one.
struct Encoding {
    from: PathBuf,
    to: PathBuf,
}

/// Generates a library with this number of audio items.
pub(crate) fn fill(folder: &Path, music: &Music, items: u64) -> GeneratedContent {
    let mut eagle = EagleLibrary::create(folder);
    let (mut planted, mut encodings) =
        (GeneratedContent { items, different: music.count(), ..GeneratedContent::default() }, Vec::new());
    let encodes = tool("ffmpeg", "apt-get install ffmpeg").is_ok();
    let (mut last, mut piece) = (None, 0);
    let different = music.count().and_then(|count| u64::try_from(count).ok()).unwrap_or(u64::MAX);
    for number in 0..items {
        let name = format!("Piece {number}");
        let item = EagleItem { name: &name, ext: "wav", deleted: false };
        match &last {
            Some((file, its)) if encodes && number % ENCODED == 1 => {
                let item = EagleItem {
                    ext: ["mp3", "flac", "ogg", "m4a"][usize::try_from(number / ENCODED % 4).unwrap_or(0)],
                    ..item
                };
                let id = eagle.add_entry(item, 0);
                encodings.push(Encoding { from: PathBuf::clone(file), to: eagle.file(&id, item) });
                planted.pieces.insert(id, *its);
            }
            Some((file, its)) if number % COPIED == 2 => {
                let id = eagle.add(item, &std::fs::read(file).unwrap_or_default());
                planted.pieces.insert(id, *its);
            }
            _ if number % BROKEN == 3 => {
                drop(eagle.add(item, &b"RIFF"[..usize::try_from(number / BROKEN % 5).unwrap_or(0)]));
            }
            _ => {
                let id = eagle.add(item, &wav_8_bit(&music.piece(piece, SECONDS)));
                last = Some((eagle.file(&id, item), piece));
                planted.pieces.insert(id, piece);
                piece = (piece + 1) % different;
            }
        }
        if number % BESIDE == 4 {
            eagle.add(EagleItem { ext: "png", ..item }, b"\x89PNG\r\n");
            eagle.add(EagleItem { deleted: true, ..item }, b"RIFF");
        }
    }
    encode(&encodings);
    eagle.finish();
    planted
}

/// Encodes the files, two at a time.
fn encode(encodings: &[Encoding]) {
    let next = AtomicU64::new(0);
    let work = || {
        while let Some(Encoding { from, to }) =
            encodings.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX))
        {
            let mut command = Command::new("ffmpeg");
            command.args(["-v", "error", "-nostdin", "-threads", "1", "-i"]).arg(from);
            // AAC encoders and players need one of the usual sample rates.
            command.args(["-ar", &(RATE_HZ * 2).to_string(), "-b:a", "48k"]).arg(to);
            let done = command.status().expect("ffmpeg starts");
            assert!(done.success(), "{} could not be encoded", from.display());
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
}
