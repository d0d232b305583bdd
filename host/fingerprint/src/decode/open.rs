//! Finds the format of a file by its content; its name and extension are ignored.
//!
//! Opus is detected, but not decoded. symphonia has no Opus decoder. The decoders in pure Rust are immature (0.1), and
//! libopus is C code that would process untrusted files inside the daemon. Opus support waits for a mature Rust decoder.

use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use sha2::{Digest as _, Sha256};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known as codecs;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::{formats, meta};

use super::audio::Audio;
use super::bounds::CAF_OPENING_BYTES;
use super::decoder::decoder;
use super::fault;
use super::mp4::{self, Movie};
use super::packets::{Packets, configure};
use super::source::Source;
use super::trim::Trim;
use super::{aac, metadata_mask, ogg, riff, sniff, tags, truncation};
use crate::{Error, Reason};

/// Opens the first audio track of a file. With `digested`, computes the digest of the packets. With `verified`, compares the
/// samples with the checksum that some streams have.
pub(crate) fn open(source: &Source, digested: bool, verified: bool, stop: &AtomicBool) -> Result<Audio, Error> {
    let mut head = [0; 512];
    let length = source.read_at(0, &mut head).map_err(|failed| fault::unreadable(&failed))?;
    let head = head.get(..length).unwrap_or_default();
    if head.is_empty() {
        return Err(fault::corrupt("it is empty"));
    }
    if let Some(found) = sniff::unsupported_name(head) {
        return Err(fault::unsupported(found));
    }
    let cut = truncation::inspect(source);
    if cut.lacks_index {
        return Err(fault::corrupt("it ends before its index (`moov`), so its audio cannot be located"));
    }
    let movie = mp4::inspect(source);
    movie.as_ref().map_or(Ok(()), check_movie)?;
    let riff = riff::inspect(source);
    source.mask(metadata_mask::masks(source, movie.as_ref(), &riff));
    source.mask(cut.masks);
    let chained = ogg::is_chain(source);
    let is_forward = chained || ogg::is_cut(source);
    let is_known = cut.is_short || sniff::is_supported_header(head);
    let shown = if is_forward { source.forward() } else { source.clone() };
    let mut format = if head.starts_with(b"caff") {
        source.begin_step(CAF_OPENING_BYTES);
        probe(&CAF, shown, is_known)?
    } else {
        probe(&ALL_BUT_CAF, shown, is_known)?
    };
    let (mut tags, smpb) = tags::take(format.as_mut());
    tags::add_riff(&mut tags, riff, source);
    let (track, parameters) = audio_track(format.as_ref())?;
    let decoder = decoder(&track, &parameters, verified)?;
    let container = container(format.format_info().short_name);
    let digest = digested.then(|| begin_digest(&parameters, decoder.as_ref()));

    let id = track.id;
    let bits = bits(&parameters, decoder.as_ref());
    let mut packets = Packets::new(format, track, source.clone(), digest);
    packets.chained = chained;
    let mut audio = Audio::start(packets, decoder, bits, verified, stop)?;
    (audio.is_cut_short, audio.missing_bytes) = (cut.is_short || is_forward && !chained, cut.missing_bytes);
    audio.tags = tags;
    audio.spec.container = container;
    if let Some(movie) = &movie {
        let described = movie.tracks.iter().find(|track| track.id == id).cloned().unwrap_or_default();
        let cut = Trim::from_movie(movie, &described, audio.spec.rate_hz, smpb.as_deref());
        audio.cut(cut.ok_or_else(|| fault::unsupported("an MP4 file whose edits repeat audio or pause"))?);
    }
    let stated_hz = parameters.sample_rate.unwrap_or_default();
    let is_core = stated_hz == audio.spec.rate_hz.saturating_mul(2) || aac::core(&parameters).is_some();
    audio.spec.core_only = audio.spec.codec == "aac" && is_core;
    if audio.spec.codec.starts_with("pcm_") {
        // The number of stored bits, which may be larger than the number of significant bits.
        let bits = bits_in_name(audio.spec.codec).unwrap_or(8);
        let frame_bytes = u64::from(bits.div_ceil(8)) * u64::from(audio.spec.channels);
        audio.most_frames = source.length().checked_div(frame_bytes);
    }
    Ok(audio)
}

/// Checks that the first audio track of an MP4 file can be decoded and is not protected.
fn check_movie(movie: &Movie) -> Result<(), Error> {
    let Some(track) = movie.tracks.first() else {
        return Err(Error::new(Reason::Unsupported, "it is an MP4 file without audio"));
    };
    let entry = String::from_utf8_lossy(&track.entry).into_owned();
    if track.protected {
        let detail = format!(
            "its audio is protected (`{entry}`) and plays only in the player of its shop; get a copy without protection"
        );
        return Err(Error::new(Reason::Protected, detail));
    }
    match track.object_type {
        Some(42) => Err(fault::unsupported("xHE-AAC")),
        // 5 and 29 are HE-AAC, whose core is decoded.
        Some(other) if !matches!(other, 2 | 5 | 29) && &track.entry == b"mp4a" => {
            Err(fault::unsupported(&format!("MPEG-4 audio of object type {other}")))
        }
        _ => Ok(()),
    }
}

/// Detects all formats except CAF. CAF has a separate limit for opening, and this probe could find a CAF header after other
/// bytes, where the separate limit would not apply.
static ALL_BUT_CAF: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::default();
    probe.register_format::<formats::AdtsReader<'_>>();
    probe.register_format::<formats::FlacReader<'_>>();
    probe.register_format::<formats::IsoMp4Reader<'_>>();
    probe.register_format::<formats::MpaReader<'_>>();
    probe.register_format::<formats::AiffReader<'_>>();
    probe.register_format::<formats::WavReader<'_>>();
    probe.register_format::<formats::OggReader<'_>>();
    probe.register_format::<formats::MkvReader<'_>>();
    probe.register_metadata::<meta::ApeReader<'_>>();
    probe.register_metadata::<meta::Id3v1Reader<'_>>();
    probe.register_metadata::<meta::Id3v2Reader<'_>>();
    probe
});

static CAF: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::default();
    probe.register_format::<formats::CafReader<'_>>();
    probe
});

/// `is_known` tells that the first bytes are those of a supported format. If the probe then fails, the file is damaged.
fn probe(probe: &Probe, source: Source, is_known: bool) -> Result<Box<dyn FormatReader>, Error> {
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    probe.probe(&Hint::new(), stream, formats, metadata).map_err(|failed| match failed {
        Symphonia::Unsupported(_) if is_known => fault::corrupt("its header is damaged or cut off"),
        other => fault::from_opening(other, "the content of this file"),
    })
}

fn audio_track(format: &dyn FormatReader) -> Result<(Track, AudioCodecParameters), Error> {
    let found = format.tracks().iter().find_map(|track| match &track.codec_params {
        Some(CodecParameters::Audio(parameters)) => Some((track.clone(), parameters.clone())),
        _ => None,
    });
    if let Some(found) = found {
        return Ok(found);
    }
    let video = format.first_track(TrackType::Video).is_some();
    let found = if video { "a video without audio in a known codec" } else { "audio in an unknown codec" };
    Err(fault::unsupported(found))
}

/// The bits of a coded sample, if the codec has a fixed number of bits. For ALAC, only the codec's cookie has this number,
/// possibly after two boxes of 12 bytes (Apple Lossless, `ALACMagicCookieDescription.txt`).
fn bits(parameters: &AudioCodecParameters, decoder: &dyn AudioDecoder) -> Option<u32> {
    if parameters.codec != codecs::CODEC_ID_ALAC {
        return decoder.codec_params().bits_per_sample;
    }
    let mut cookie = parameters.extra_data.as_deref()?;
    for name in [b"frma", b"alac"] {
        if cookie.get(4..8) == Some(name) {
            cookie = cookie.get(12..)?;
        }
    }
    cookie.get(5).copied().map(u32::from)
}

/// The bits of a sample according to the codec's name: 32 for `pcm_f32le`.
fn bits_in_name(codec: &str) -> Option<u16> {
    let digits = codec.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

/// The common name of a container.
fn container(name: &'static str) -> &'static str {
    match name {
        "isomp4" => "mp4",
        "wave" => "wav",
        "matroska" => "mkv",
        "aac" => "adts",
        other => other,
    }
}

/// Starts the digest of the audio with the codec and its configuration. Packets follow without separators, because containers
/// divide uncompressed audio into packets differently.
fn begin_digest(parameters: &AudioCodecParameters, decoder: &dyn AudioDecoder) -> Sha256 {
    let mut digest = Sha256::new_with_prefix(b"baton-audio-1\0");
    digest.update(decoder.codec_info().short_name);
    configure(&mut digest, parameters);
    digest
}
