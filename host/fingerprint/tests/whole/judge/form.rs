//! Headers of WAV files that tests create.

/// The sample format of a WAV file.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// 1 for integers, 3 for floats.
    pub(crate) tag: u16,
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
    /// The number of stored bits of a sample.
    pub(crate) bits: u16,
    /// The number of significant bits, for a `WAVE_FORMAT_EXTENSIBLE` header (mmreg.h); `None` for a plain header of 44 bytes.
    pub(crate) counting: Option<u16>,
}

impl Form {
    pub(crate) fn frame_bytes(self) -> u32 {
        u32::from(self.channels) * u32::from(self.bits / 8)
    }

    /// The header for this number of bytes of samples.
    pub(crate) fn header(self, data_bytes: u32) -> Vec<u8> {
        let format = self.format();
        let length = u32::try_from(format.len()).expect("a short head");
        let mut header = b"RIFF".to_vec();
        header.extend(data_bytes.saturating_add(20 + length).to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(length.to_le_bytes());
        header.extend(format);
        header.extend(b"data");
        header.extend(data_bytes.to_le_bytes());
        header
    }

    fn format(self) -> Vec<u8> {
        const EXTENSIBLE: u16 = 0xfffe;
        let mut format = self.counting.map_or(self.tag, |_| EXTENSIBLE).to_le_bytes().to_vec();
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate_hz.to_le_bytes());
        format.extend((self.rate_hz * self.frame_bytes()).to_le_bytes());
        format.extend(u16::try_from(self.frame_bytes()).expect("small frames").to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        if let Some(counting) = self.counting {
            format.extend(22_u16.to_le_bytes());
            format.extend(counting.to_le_bytes());
            format.extend(((1_u32 << self.channels) - 1).to_le_bytes());
            format.extend(self.tag.to_le_bytes());
            format.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
        }
        format
    }
}
