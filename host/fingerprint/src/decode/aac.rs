//! The AAC configurations (ISO/IEC 14496-3, 1.6.2.1) that symphonia's decoder rejects. Of HE-AAC, only the AAC-LC core is
//! decoded, at half the rate. `surround` decodes AAC-LC with more than two channels.
//!
//! The decoder also rejects a configuration that starts with spectral band replication or parametric stereo. So it gets the
//! configuration of the core: the same fields without the extension.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;

const LC: u32 = 2;
const SBR: u32 = 5;
const PS: u32 = 29;

/// The parameters of the core; `None` if the configuration does not signal HE-AAC, or the core is not AAC-LC.
pub(super) fn core(parameters: &AudioCodecParameters) -> Option<AudioCodecParameters> {
    if parameters.codec != CODEC_ID_AAC {
        return None;
    }
    let configuration = core_configuration(parameters.extra_data.as_deref()?)?;
    let mut core = parameters.clone();
    // The container's rate and channels describe the whole stream, but the decoder uses the rate and the channels in the
    // configuration.
    core.extra_data = Some(configuration.into_boxed_slice());
    Some(core)
}

fn core_configuration(whole: &[u8]) -> Option<Vec<u8>> {
    let mut bits = Bits { bytes: whole, at: 0 };
    if !matches!(bits.object_type()?, SBR | PS) {
        return None;
    }
    let rate = bits.rate()?;
    let channels = bits.take(4)?;
    bits.rate()?;
    if bits.object_type()? != LC {
        return None;
    }
    // Three flags: the frame length, the dependence on a core coder, and whether an extension follows.
    let rest = bits.take(3)?;
    let mut core = BitWriter::default();
    core.put(LC, 5);
    core.put(rate.index, 4);
    if rate.index == ESCAPE {
        core.put(rate.hz, 24);
    }
    core.put(channels, 4);
    core.put(rest, 3);
    Some(core.bytes())
}

/// The number of channels and the rate of AAC-LC with more than two channels.
pub(super) fn surround(parameters: &AudioCodecParameters) -> Option<(usize, u32)> {
    if parameters.codec != CODEC_ID_AAC {
        return None;
    }
    let Some(configuration) = parameters.extra_data.as_deref() else {
        let channels = parameters.channels.as_ref()?.count();
        return Some((channels, parameters.sample_rate?)).filter(|_| channels > 2);
    };
    let mut bits = Bits { bytes: configuration, at: 0 };
    if bits.object_type()? != LC {
        return None;
    }
    let rate = bits.rate()?;
    let channels = match bits.take(4)? {
        seven @ 7 => seven + 1,
        other => other,
    };
    // Frames of 960 samples are not supported.
    let is_short = bits.take(1)? == 1;
    let hz = if rate.index == ESCAPE { rate.hz } else { *RATES_HZ.get(usize::try_from(rate.index).ok()?)? };
    Some((usize::try_from(channels).ok()?, hz)).filter(|_| channels > 2 && !is_short)
}

/// The sample rates that have an index (table 1.18).
const RATES_HZ: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// An index with this value means that the sample rate itself follows.
const ESCAPE: u32 = 15;

struct Rate {
    index: u32,
    hz: u32,
}

/// Reads bits. Each byte is read from its highest bit.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |number, _| {
            let byte = u32::from(*self.bytes.get(self.at / 8)?);
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(number << 1 | bit)
        })
    }

    fn object_type(&mut self) -> Option<u32> {
        match self.take(5)? {
            31 => Some(32 + self.take(6)?),
            short => Some(short),
        }
    }

    fn rate(&mut self) -> Option<Rate> {
        let index = self.take(4)?;
        let hz = if index == ESCAPE { self.take(24)? } else { 0 };
        Some(Rate { index, hz })
    }
}

#[derive(Default)]
struct BitWriter(Vec<bool>);

impl BitWriter {
    fn put(&mut self, number: u32, count: u32) {
        self.0.extend((0..count).rev().map(|bit| number >> bit & 1 == 1));
    }

    fn bytes(&self) -> Vec<u8> {
        let byte =
            |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at.min(7)));
        self.0.chunks(8).map(byte).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_has_a_separate_rate_and_channels() {
        // HE-AAC of 22,050 Hz and two channels, at 44,100 Hz: the core is AAC-LC.
        assert_eq!(core_configuration(&[0x2b, 0x92, 0x08, 0x00]), Some(vec![0x13, 0x90]));
        // HE-AAC version 2 of 24,000 Hz, one channel.
        assert_eq!(core_configuration(&[0xeb, 0x09, 0x88, 0x00]), Some(vec![0x13, 0x08]));
        // AAC-LC without an extension, another core, and a truncated configuration.
        assert_eq!(core_configuration(&[0x12, 0x10]), None);
        assert_eq!(core_configuration(&[0x2b, 0x92, 0x04, 0x00]), None);
        assert_eq!(core_configuration(&[0x2b, 0x92]), None);
    }

    #[test]
    fn surround_is_detected_with_its_rate() {
        let of = |configuration: &[u8]| {
            let mut parameters = AudioCodecParameters::new();
            parameters.for_codec(CODEC_ID_AAC).with_extra_data(configuration.into());
            surround(&parameters)
        };
        assert_eq!(of(&[0x11, 0xb0]), Some((6, 48_000)));
        assert_eq!(of(&[0x12, 0x38]), Some((8, 44_100)));
        assert_eq!((of(&[0x12, 0x10]), of(&[0x11, 0xb4]), of(&[0x2b, 0x92, 0x08, 0x00])), (None, None, None));
    }
}
