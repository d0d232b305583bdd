//! Selects the decoder of a track: a decoder of symphonia, or `surround` for AAC with more than two channels.

use symphonia::core::codecs::audio::well_known as codecs;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::Track;

use super::bounds::PACKET_SAMPLES;
use super::surround::Surround;
use super::{aac, fault, vorbis};
use crate::Error;

/// Creates the decoder of a track. With `verified`, the decoder compares its samples with the checksum that some streams
/// have.
pub(super) fn decoder(
    track: &Track,
    parameters: &AudioCodecParameters,
    verified: bool,
) -> Result<Box<dyn AudioDecoder>, Error> {
    // Without a LAME header, symphonia estimates the length of MPEG audio from the bitrate. With `gapless`, symphonia would
    // trim the samples after the estimated end.
    let mpeg = matches!(parameters.codec, codecs::CODEC_ID_MP1 | codecs::CODEC_ID_MP2 | codecs::CODEC_ID_MP3);
    let options = AudioDecoderOptions::default().gapless(!mpeg || track.delay.is_some()).verify(verified);
    let channels = parameters.channels.as_ref().map_or(0, symphonia::core::audio::Channels::count);
    let found = match parameters.codec {
        codecs::CODEC_ID_AAC if channels > 2 => format!("AAC of {channels} channels"),
        other => codec(other).to_owned(),
    };
    if parameters.codec == codecs::CODEC_ID_VORBIS {
        vorbis::check_setup(parameters.extra_data.as_deref().unwrap_or_default())?;
    }
    // The decoder allocates a buffer of this size for each channel. Some demuxers pass the buffer size and the number of
    // channels from the file without a check.
    let mut parameters = aac::core(parameters).unwrap_or_else(|| parameters.clone());
    if let Some((channels, rate_hz)) = aac::surround(&parameters)
        && let Some(decoder) = Surround::new(&parameters, channels, rate_hz)
    {
        return Ok(Box::new(decoder));
    }
    let samples = |frames: u64| frames.saturating_mul(channels.max(1) as u64);
    parameters.max_frames_per_packet =
        parameters.max_frames_per_packet.filter(|frames| samples(*frames) <= PACKET_SAMPLES);
    symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &options)
        .map_err(|failed| fault::from_opening(failed, &found))
}

/// The name of a known codec for which Baton has no decoder.
fn codec(id: AudioCodecId) -> &'static str {
    const NAMES: &[(AudioCodecId, &str)] = &[
        (codecs::CODEC_ID_OPUS, "Opus"),
        (codecs::CODEC_ID_AAC, "this profile of AAC"),
        (codecs::CODEC_ID_SPEEX, "Speex"),
        (codecs::CODEC_ID_AC3, "AC-3"),
        (codecs::CODEC_ID_EAC3, "E-AC-3"),
        (codecs::CODEC_ID_AC4, "AC-4"),
        (codecs::CODEC_ID_DCA, "DTS"),
        (codecs::CODEC_ID_TRUEHD, "TrueHD"),
        (codecs::CODEC_ID_WMA, "Windows Media Audio"),
        (codecs::CODEC_ID_WAVPACK, "WavPack"),
        (codecs::CODEC_ID_TTA, "True Audio"),
        (codecs::CODEC_ID_MONKEYS_AUDIO, "Monkey's Audio"),
        (codecs::CODEC_ID_ADPCM_MS, "ADPCM"),
        (codecs::CODEC_ID_ADPCM_IMA_WAV, "ADPCM"),
        (codecs::CODEC_ID_ADPCM_IMA_QT, "ADPCM"),
    ];
    NAMES.iter().find(|(known, _)| *known == id).map_or("its codec", |(_, name)| name)
}
