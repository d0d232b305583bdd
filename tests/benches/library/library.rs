//! The library: pieces that no other sounds like, and among them what a real one has: copies in other formats, copies of files,
//! broken files, pictures, and items in the bin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_tests::music::{EagleItem, EagleLibrary, Music, RATE_HZ, wav_8_bit};
use baton_tests::tool;

/// Seconds of a piece: 140 words, enough to compare.
const SECONDS: u32 = 20;

/// One of so many items is a copy in another format.
const ENCODED: u64 = 25;
/// One of so many items is a copy of a file.
const COPIED: u64 = 100;
/// One of so many items is broken.
const BROKEN: u64 = 200;
/// For so many items there is one picture, and one item in the bin, which do not count.
const BESIDE: u64 = 50;

/// What lies in the library.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    /// Audio items that are not in the bin.
    pub(crate) items: u64,
    /// The number of the piece that each item has, by the item's id; broken ones are left out.
    pub(crate) pieces: BTreeMap<String, u64>,
}

/// A file that ffmpeg is going to make of another.
struct Encoding {
    from: PathBuf,
    to: PathBuf,
}

/// Fills a library with so many audio items.
pub(crate) fn fill(folder: &Path, music: &Music, items: u64) -> Planted {
    let mut eagle = EagleLibrary::create(folder);
    let (mut planted, mut encodings) = (Planted { items, ..Planted::default() }, Vec::new());
    let encodes = tool("ffmpeg", "apt-get install ffmpeg").is_ok();
    let mut last = None;
    for number in 0..items {
        let name = format!("Piece {number}");
        let item = EagleItem { name: &name, ext: "wav", deleted: false };
        match &last {
            Some((file, piece)) if encodes && number % ENCODED == 1 => {
                let item = EagleItem {
                    ext: ["mp3", "flac", "ogg", "m4a"][usize::try_from(number / ENCODED % 4).unwrap_or(0)],
                    ..item
                };
                let id = eagle.add_entry(item, 0);
                encodings.push(Encoding { from: PathBuf::clone(file), to: eagle.file(&id, item) });
                planted.pieces.insert(id, *piece);
            }
            Some((file, piece)) if number % COPIED == 2 => {
                let id = eagle.add(item, &std::fs::read(file).unwrap_or_default());
                planted.pieces.insert(id, *piece);
            }
            _ if number % BROKEN == 3 => {
                drop(eagle.add(item, &b"RIFF"[..usize::try_from(number / BROKEN % 5).unwrap_or(0)]))
            }
            _ => {
                let id = eagle.add(item, &wav_8_bit(&music.piece(number, SECONDS)));
                last = Some((eagle.file(&id, item), number));
                planted.pieces.insert(id, number);
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

/// Encodes, two at a time.
fn encode(encodings: &[Encoding]) {
    let next = AtomicU64::new(0);
    let work = || {
        while let Some(Encoding { from, to }) =
            encodings.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX))
        {
            let mut command = Command::new("ffmpeg");
            command.args(["-v", "error", "-nostdin", "-threads", "1", "-i"]).arg(from);
            // An AAC encoder wants one of the usual rates, and so do players.
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
