//! Computes how much memory a Vorbis decoder allocates for the setup header of a stream: 13 bytes can request 136 MB of
//! tables, and 256 codebooks can request 34 GB. A failed allocation ends the process and cannot be caught. So a header that
//! requests too much is rejected before a decoder is created.
//!
//! Only the codebooks are read (Vorbis I, section 3.2.1), because the rest of the header needs little memory. This reader
//! works like symphonia 0.6. At the position where this reader stops, symphonia stops too, and has allocated no more memory
//! than this reader has counted.

use super::bounds::CODEBOOK_BYTES;
use super::fault;
use crate::Error;

/// The start of a setup header: its type, and the signature of all headers.
const SETUP: &[u8] = b"\x05vorbis";
const SYNC: u32 = 0x56_4342;

/// The maximum number of entries of a codebook that symphonia accepts. Encoders use far fewer: libvorbis has at most 6,561
/// entries of 8 dimensions.
const MAX_ENTRIES: u32 = 128 * 1024;
const MAX_DIMENSIONS: u32 = 32;
const LONGEST: usize = 32;

/// The fixed part of a codebook's memory, in bytes.
const BOOK_BYTES: u64 = 4096;
/// The memory of an entry, without tables, in bytes: its length, its codeword and its number, while the codebook is built.
const ENTRY_BYTES: u64 = 32;
/// The memory of a vector value, in bytes: 4 bytes for the value, and 4 bytes for its source value during unpacking.
const VALUE_BYTES: u64 = 8;
/// The memory of a table element, in bytes.
const PLACE_BYTES: u64 = 8;

/// Why the codebooks were not read completely.
#[derive(Debug, PartialEq, Eq)]
enum CodebookError {
    /// The header is truncated or invalid: the decoder rejects it at the same position.
    Broken,
    /// The codebooks need too much memory.
    Large,
}

/// Checks the codec configuration of a Vorbis stream. An Ogg file has all headers in sequence; a Matroska file also has
/// their lengths. Each position at which a setup header may start is checked. Fails if the codebooks need more than
/// [`CODEBOOK_BYTES`].
pub(super) fn check_setup(configuration: &[u8]) -> Result<(), Error> {
    let (mut used, mut rest) = (0, configuration);
    while let Some(at) = rest.windows(SETUP.len()).position(|bytes| bytes == SETUP) {
        rest = rest.get(at + SETUP.len()..).unwrap_or_default();
        if codebooks(&mut Bits { bytes: rest, at: 0 }, &mut used) == Err(CodebookError::Large) {
            let most = CODEBOOK_BYTES / (1024 * 1024);
            return Err(fault::corrupt(&format!("its Vorbis codebooks request more than {most} MiB of memory")));
        }
    }
    Ok(())
}

fn codebooks(bits: &mut Bits<'_>, used: &mut u64) -> Result<(), CodebookError> {
    let count = bits.take(8)? + 1;
    (0..count).try_for_each(|_| codebook(bits, used))
}

fn codebook(bits: &mut Bits<'_>, used: &mut u64) -> Result<(), CodebookError> {
    if bits.take(24)? != SYNC {
        return Err(CodebookError::Broken);
    }
    let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
    if dimensions > MAX_DIMENSIONS || entries > MAX_ENTRIES {
        return Err(CodebookError::Large);
    }
    add(used, BOOK_BYTES + u64::from(entries) * ENTRY_BYTES)?;
    let counts = lengths(bits, entries)?;
    add(used, table_bytes(&counts))?;
    let kind = bits.take(4)?;
    if kind == 0 {
        return Ok(());
    }
    let all = entries * dimensions;
    let values = match kind {
        1 => lookup1_values(entries, dimensions),
        2 => all,
        _ => return Err(CodebookError::Broken),
    };
    add(used, u64::from(all) * VALUE_BYTES)?;
    // The minimum value and the step.
    bits.skip(64)?;
    let width = bits.take(4)? + 1;
    // Whether values are cumulative.
    bits.skip(1)?;
    bits.skip(u64::from(values) * u64::from(width))
}

fn add(used: &mut u64, bytes: u64) -> Result<(), CodebookError> {
    *used = used.saturating_add(bytes);
    if *used > CODEBOOK_BYTES { Err(CodebookError::Large) } else { Ok(()) }
}

/// The number of codewords of each length.
fn lengths(bits: &mut Bits<'_>, entries: u32) -> Result<[u32; LONGEST + 1], CodebookError> {
    let mut counts = [0; LONGEST + 1];
    if bits.take(1)? == 1 {
        let (mut length, mut left) = (bits.take(5)? + 1, entries);
        loop {
            let run = bits.take(u32::BITS - left.leading_zeros())?;
            left = left.checked_sub(run).ok_or(CodebookError::Broken)?;
            // symphonia stores lengths in a byte, which would wrap to 0.
            *counts.get_mut(length as usize).ok_or(CodebookError::Large)? += run;
            if left == 0 {
                return Ok(counts);
            }
            length += 1;
        }
    }
    let is_sparse = bits.take(1)? == 1;
    for _ in 0..entries {
        if !is_sparse || bits.take(1)? == 1 {
            let length = bits.take(5)? + 1;
            *counts.get_mut(length as usize).ok_or(CodebookError::Broken)? += 1;
        }
    }
    Ok(counts)
}

/// The memory of the tables of a codebook. The decoder reads a codeword in steps of 4 to 8 bits. Each prefix of whole steps
/// has a table with all values of the next step. At least two codewords share a prefix, because an incomplete tree is
/// rejected.
fn table_bytes(counts: &[u32; LONGEST + 1]) -> u64 {
    let longest = counts.iter().rposition(|count| *count > 0).unwrap_or_default();
    let step = longest.clamp(4, 8);
    let mut tables = 1;
    for depth in (step..longest).step_by(step) {
        let longer: u64 = counts.iter().skip(depth + 1).map(|count| u64::from(*count)).sum();
        tables += (longer / 2).min(1 << depth);
    }
    // All tables are stored in one vector, which doubles its size when it grows.
    (tables << step).next_power_of_two() * PLACE_BYTES
}

/// The number of values in the vectors of a lookup of type 1. It is computed as symphonia computes it, including the
/// rounding errors, because the next codebook starts after these values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "as symphonia has it; both are small"
)]
fn lookup1_values(entries: u32, dimensions: u32) -> u32 {
    if dimensions == 0 {
        return 0;
    }
    (entries as f32).powf(1.0_f32 / dimensions as f32).floor() as u32
}

/// Reads bits. Each byte is read from its lowest bit (Vorbis I, section 2).
struct Bits<'a> {
    bytes: &'a [u8],
    /// The number of bits that were read.
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits (at most 32) as a number.
    fn take(&mut self, count: u32) -> Result<u32, CodebookError> {
        let from = self.at;
        self.skip(u64::from(count))?;
        let mut word = [0; 8];
        for (to, byte) in word.iter_mut().zip(self.bytes.get(from / 8..).unwrap_or_default()) {
            *to = *byte;
        }
        let value = (u64::from_le_bytes(word) >> (from % 8)) & ((1_u64 << count) - 1);
        u32::try_from(value).map_err(|_| CodebookError::Broken)
    }

    fn skip(&mut self, count: u64) -> Result<(), CodebookError> {
        let end =
            usize::try_from(count).ok().and_then(|count| self.at.checked_add(count)).ok_or(CodebookError::Broken)?;
        if end > self.bytes.len().saturating_mul(8) {
            return Err(CodebookError::Broken);
        }
        self.at = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    /// Writes bits in the order in which [`Bits`] reads them.
    #[derive(Default)]
    struct Writer {
        bytes: Vec<u8>,
        count: usize,
    }

    impl Writer {
        fn put(&mut self, value: u64, count: usize) {
            for bit in 0..count {
                if self.count.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                let byte = u8::try_from(value >> bit & 1).unwrap() << (self.count % 8);
                *self.bytes.last_mut().unwrap() |= byte;
                self.count += 1;
            }
        }

        /// A codebook whose codewords all have the same length; `entries` is a power of two. Its vectors have one value.
        fn book(&mut self, entries: u64, dimensions: u64) {
            let width = usize::try_from(u64::BITS - entries.leading_zeros()).unwrap();
            self.put(u64::from(SYNC), 24);
            self.put(dimensions, 16);
            self.put(entries, 24);
            self.put(1, 1);
            self.put(width as u64 - 2, 5);
            self.put(entries, width);
            self.put(0, 4);
        }
    }

    fn setup(books: u64, entries: u64, dimensions: u64) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.put(books - 1, 8);
        for _ in 0..books {
            writer.book(entries, dimensions);
        }
        [SETUP, &writer.bytes].concat()
    }

    fn memory_of(configuration: &[u8]) -> (Result<(), CodebookError>, u64) {
        let mut used = 0;
        let bytes = configuration.strip_prefix(SETUP).unwrap();
        (codebooks(&mut Bits { bytes, at: 0 }, &mut used), used)
    }

    #[test]
    fn a_small_header_that_requests_gigabytes_is_rejected_at_any_position() {
        let bomb = setup(16, 131_072, 4);
        assert!(bomb.len() < 300, "{}", bomb.len());
        for before in [&b""[..], &[1; 30], &[2, 30, 12]] {
            let refused = check_setup(&[before, &bomb].concat()).unwrap_err();
            assert_eq!(refused.reason, Reason::Corrupt);
            assert!(refused.detail.contains("codebooks request more than 32 MiB"), "{}", refused.detail);
        }
        // One large codebook, many small codebooks, and two headers that are too large together.
        assert!(check_setup(&setup(1, 131_072, 1)).is_err());
        assert!(check_setup(&setup(256, 1024, 1)).is_err());
        let half = setup(24, 512, 1);
        assert_eq!(check_setup(&half), Ok(()));
        assert!(check_setup(&half.repeat(3)).is_err());
    }

    #[test]
    fn setups_of_encoders_are_accepted() {
        // libvorbis has 49 codebooks with 19,413 entries in all for six channels.
        assert_eq!(memory_of(&setup(49, 256, 8)).0, Ok(()));
        assert_eq!(check_setup(&setup(49, 256, 8)), Ok(()));
        assert_eq!(check_setup(b""), Ok(()));
        assert_eq!(check_setup(b"\x05vorbis"), Ok(()));
        assert_eq!(check_setup(b"\x05vorbis\x05vorbis\x05vorbi"), Ok(()));
    }

    #[test]
    fn codeword_lengths_are_counted_in_each_list_form() {
        let whole = |writer: &Writer| lengths(&mut Bits { bytes: &writer.bytes, at: 0 }, 4);
        let (mut ordered, mut dense, mut sparse) = (Writer::default(), Writer::default(), Writer::default());
        // Codewords of 1, 2, 3 and 3 bits. The sparse list has one codeword of 1 bit and one codeword of 2 bits.
        for (value, count) in [(1, 1), (0, 5), (1, 3), (1, 2), (2, 2)] {
            ordered.put(value, count);
        }
        for (value, count) in [(0, 1), (0, 1), (0, 5), (1, 5), (2, 5), (2, 5)] {
            dense.put(value, count);
        }
        for (value, count) in [(0, 1), (1, 1), (1, 1), (0, 5), (0, 1), (1, 1), (1, 5), (0, 1)] {
            sparse.put(value, count);
        }
        for (writer, expected) in [(&ordered, [1, 1, 2]), (&dense, [1, 1, 2]), (&sparse, [1, 1, 0])] {
            assert_eq!(whole(writer).unwrap()[1..4], expected);
        }
        // A list that skips lengths until the byte in which symphonia counts wraps.
        let mut endless = Writer::default();
        endless.put(1, 1);
        (0..20).for_each(|_| endless.put(0, 64));
        assert_eq!(whole(&endless), Err(CodebookError::Large));
    }

    #[test]
    fn tables_are_counted_by_codeword_prefixes() {
        let of = |length: usize, count: u32| {
            let mut counts = [0; LONGEST + 1];
            counts[length] = count;
            table_bytes(&counts)
        };
        assert_eq!(of(3, 8), 16 * 8);
        assert_eq!(of(8, 256), 256 * 8);
        assert_eq!(of(9, 512), 512 * 256 * 8);
        // 1 + 256 + 65,536 tables, in a vector that doubles its size when it grows. (The decoder was measured with 136 MB.)
        assert_eq!(of(17, 131_072), 131_072 * 256 * 8);
    }
}
