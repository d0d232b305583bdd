//! Reads a file in chunks with separate fingerprints (`fpcalc -chunk`), or as a whole with any of Chromaprint's algorithms.

use std::fs::File;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::chroma::{BLOCK, Chunk, ChunkOptions, Chunks, MonoResampler, Sample};
use crate::decode::{self, Block, Source};
use crate::read::{check_stop, regular};
use crate::{Error, LONGEST, read};

/// The properties of a file that was read in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The playing time of the file.
    pub duration: Duration,
    /// The container, as in [`crate::AudioReport`].
    pub container: &'static str,
}

/// Reads an open file from its start, at most [`LONGEST`] of it, and passes each completed chunk to `take`.
///
/// # Errors
/// The errors of [`crate::read()`], except the errors for files that change or are too short. A short file has no chunks, or
/// one chunk without words.
pub fn read_chunks(
    file: File,
    cut: &ChunkOptions,
    take: &mut dyn FnMut(Chunk),
    stop: &AtomicBool,
) -> Result<Stream, Error> {
    let length = regular(&file)?.length;
    let cut = &ChunkOptions { length: Some(cut.length.unwrap_or(LONGEST).min(LONGEST)), ..*cut };
    let source = Source::new(file, length, false);
    decode::guarded(|| stream(&source, cut, take, stop))
}

/// Opens a file as [`crate::read()`] does: it must be a regular file; links are followed.
pub fn open(path: &std::path::Path) -> Result<File, Error> {
    read::open(path).map(|(file, _)| file)
}

fn stream(
    source: &Source,
    cut: &ChunkOptions,
    take: &mut dyn FnMut(Chunk),
    stop: &AtomicBool,
) -> Result<Stream, Error> {
    let mut audio = decode::open(source, false, false, stop)?;
    let spec = audio.spec().clone();
    let mut resampler = MonoResampler::new(spec.rate_hz, spec.channels, spec.positions, spec.kind);
    let mut chunks = Chunks::new(cut);
    while !chunks.is_full() {
        check_stop(stop)?;
        match audio.next_block(stop)? {
            Some(Block::F32(channels)) => push(&mut resampler, &mut chunks, &channels, take),
            Some(Block::I16(channels)) => push(&mut resampler, &mut chunks, &channels, take),
            Some(Block::I32(channels)) => push(&mut resampler, &mut chunks, &channels, take),
            None => break,
        }
    }
    audio.check_intact()?;
    if !audio.states_length() {
        while audio.skip_packet(stop)? {}
    }
    chunks.finish().into_iter().for_each(take);
    Ok(Stream { duration: audio.duration(), container: spec.container })
}

fn push<S: Sample>(resampler: &mut MonoResampler, chunks: &mut Chunks, channels: &[&[S]], take: &mut dyn FnMut(Chunk)) {
    let frames = channels.first().map_or(0, |channel| channel.len());
    for from in (0..frames).step_by(BLOCK) {
        let range: Range<usize> = from..frames.min(from + BLOCK);
        chunks.push(resampler.push(channels, range), take);
    }
}
