//! Finds the format of a file by its content; its name and extension are ignored.
//!
//! Opus is recognised and not decoded. symphonia has no decoder of it; those in pure Rust are young (0.1), and libopus is C that
//! would read whatever a library holds inside the daemon. It comes when one of the former has grown up.

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

/// Opens the first sound in a file. `digested`: whether its packets are to be digested as they pass; `verified`: whether its samples
/// are to be compared with the checksum that some streams state.
pub(crate) fn open(source: &Source, digested: bool, verified: bool, stop: &AtomicBool) -> Result<Audio, Error> {
    let mut head = [0; 512];
    let length = source.read_at(0, &mut head).map_err(|failed| fault::unreadable(&failed))?;
    let head = head.get(..length).unwrap_or_default();
    if head.is_empty() {
        return Err(fault::corrupt("it is empty"));
    }
    if let Some(found) = sniff::foreign(head) {
        return Err(fault::unsupported(found));
    }
    let cut = truncation::inspect(source);
    if cut.lacks_index {
        return Err(fault::corrupt("it ends before its index (`moov`), without which nothing in it is found"));
    }
    let movie = mp4::inspect(source);
    movie.as_ref().map_or(Ok(()), allowed)?;
    let riff = riff::inspect(source);
    source.veil(metadata_mask::veils(source, movie.as_ref(), &riff));
    source.veil(cut.veils);
    let chained = ogg::is_chain(source);
    let is_forward = chained || ogg::is_cut(source);
    let is_known = cut.is_short || sniff::is_decoded(head);
    let shown = if is_forward { source.forward() } else { source.clone() };
    let mut format = if head.starts_with(b"caff") {
        source.begin_step(CAF_OPENING_BYTES);
        probe(&CAF, shown, is_known)?
    } else {
        probe(&ALL_BUT_CAF, shown, is_known)?
    };
    let (mut tags, smpb) = tags::take(format.as_mut());
    tags::add_riff(&mut tags, riff, source);
    let (track, parameters) = sound(format.as_ref())?;
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
        let cut = Trim::of_movie(movie, &described, audio.spec.rate_hz, smpb.as_deref());
        audio.cut(cut.ok_or_else(|| fault::unsupported("an MP4 file whose edits lead back or pause"))?);
    }
    let stated_hz = parameters.sample_rate.unwrap_or_default();
    let is_core = stated_hz == audio.spec.rate_hz.saturating_mul(2) || aac::core(&parameters).is_some();
    audio.spec.core_only = audio.spec.codec == "aac" && is_core;
    if audio.spec.codec.starts_with("pcm_") {
        // Those of its room: fewer of them may count.
        let bits = bits_in_name(audio.spec.codec).unwrap_or(8);
        let frame_bytes = u64::from(bits.div_ceil(8)) * u64::from(audio.spec.channels);
        audio.most_frames = source.length().checked_div(frame_bytes);
    }
    Ok(audio)
}

/// Whether the first sound of an MP4 is one that may be decoded, and can be.
fn allowed(movie: &Movie) -> Result<(), Error> {
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

/// Finds out which format a file has, when it is not CAF: a CAF file behind other bytes would be opened without its bound.
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

/// `is_known`: what begins like this is read here, so that a file which cannot be opened is a damaged one.
fn probe(probe: &Probe, source: Source, is_known: bool) -> Result<Box<dyn FormatReader>, Error> {
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    probe.probe(&Hint::new(), stream, formats, metadata).map_err(|failed| match failed {
        Symphonia::Unsupported(_) if is_known => fault::corrupt("its header is damaged or cut off"),
        other => fault::of_opening(other, "what this file holds"),
    })
}

fn sound(format: &dyn FormatReader) -> Result<(Track, AudioCodecParameters), Error> {
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

/// Bits of a coded sample, as far as the codec knows of any. Those of ALAC stand in its cookie alone, which may have two boxes
/// of 12 bytes before it (Apple Lossless, `ALACMagicCookieDescription.txt`).
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

/// Bits of a sample as the name of the codec has them: 32 for `pcm_f32le`.
fn bits_in_name(codec: &str) -> Option<u16> {
    let digits = codec.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

/// The name that people use.
fn container(name: &'static str) -> &'static str {
    match name {
        "isomp4" => "mp4",
        "wave" => "wav",
        "matroska" => "mkv",
        "aac" => "adts",
        other => other,
    }
}

/// What the digest of the audio begins with: the codec and its configuration. What
/// follows are the packets, nothing between them: how a container cuts uncompressed sound into packets is its own affair.
fn begin_digest(parameters: &AudioCodecParameters, decoder: &dyn AudioDecoder) -> Sha256 {
    let mut digest = Sha256::new_with_prefix(b"baton-audio-1\0");
    digest.update(decoder.codec_info().short_name);
    configure(&mut digest, parameters);
    digest
}
