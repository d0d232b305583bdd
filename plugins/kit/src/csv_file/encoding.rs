//! Converts bytes to text (UTF-8, UTF-16 or Windows-1252) and rejects files that are not text.

/// The text of a file, and the properties of its bytes that decoding detected.
#[derive(Debug)]
pub(super) struct DecodedText {
    pub(super) text: String,
    pub(super) latin: bool,
    pub(super) cut: bool,
    pub(super) spoilt: usize,
}

impl DecodedText {
    const fn new(text: String) -> Self {
        Self { text, latin: false, cut: false, spoilt: 0 }
    }
}

/// The reason why a file cannot be CSV, from its first bytes.
pub(super) fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("it is UTF-32 text; save it as CSV in UTF-8"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            Some("it is a zip archive or an Excel workbook; unpack it, or save the table as CSV in UTF-8")
        }
        [0x1f, 0x8b, ..] => Some("it is a gzip archive; unpack it"),
        _ => None,
    }
}

/// A function that makes a UTF-16 code unit from two bytes.
type Unit = fn([u8; 2]) -> u16;

/// The byte order of UTF-16 text and the offset of its first character; `None` for other text. A file without a byte order
/// mark is UTF-16 if one of its first two bytes is zero and the other one is ASCII: CSV files in other encodings contain no
/// zero bytes.
fn utf16_form(bytes: &[u8]) -> Option<(Unit, usize)> {
    match bytes {
        [0xff, 0xfe, ..] => Some((u16::from_le_bytes, 2)),
        [0xfe, 0xff, ..] => Some((u16::from_be_bytes, 2)),
        [b, 0, ..] if b.is_ascii_graphic() => Some((u16::from_le_bytes, 0)),
        [0, b, ..] if b.is_ascii_graphic() => Some((u16::from_be_bytes, 0)),
        _ => None,
    }
}

/// Decodes UTF-16. Half a character at the end means that the file was cut off. Half a character elsewhere counts as spoilt.
fn utf16(bytes: &[u8], unit: Unit) -> DecodedText {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let (mut spoilt, mut cut) = (0, !rest.is_empty());
    let mut letters = char::decode_utf16(pairs.iter().copied().map(unit)).peekable();
    while let Some(letter) = letters.next() {
        match letter {
            Ok(letter) => text.push(letter),
            Err(_) if letters.peek().is_none() => cut = true,
            Err(_) => {
                spoilt += 1;
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    DecodedText { cut, spoilt, ..DecodedText::new(text) }
}

/// Decodes a file. Invalid UTF-8 still counts as UTF-8 if it has a byte order mark or more multi-byte characters than invalid
/// places; it is Windows-1252 otherwise. A file that ends within a character was cut off. The text is allocated once, because the
/// file may be large.
pub(super) fn decode(bytes: Vec<u8>) -> DecodedText {
    if let Some((unit, begin)) = utf16_form(&bytes) {
        return utf16(bytes.get(begin..).unwrap_or_default(), unit);
    }
    let plain = DecodedText::new;
    let error = match String::from_utf8(bytes) {
        Ok(text) => return plain(text),
        Err(error) => error,
    };
    let ends = |chunk: &[u8]| std::str::from_utf8(chunk).is_err_and(|error| error.error_len().is_none());
    let (mut holes, mut letters, mut cut) = (0, 0, false);
    for chunk in error.as_bytes().utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        holes += usize::from(!chunk.invalid().is_empty());
        // Only the last chunk can be a character that was cut off.
        cut = ends(chunk.invalid());
    }
    let spoilt = holes - usize::from(cut);
    if error.as_bytes().starts_with(b"\xef\xbb\xbf") || letters > spoilt || spoilt == 0 {
        let mut text = String::with_capacity(error.as_bytes().len() + 2 * holes);
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        if cut {
            text.pop();
        }
        return DecodedText { cut, spoilt, ..plain(text) };
    }
    let high = error.as_bytes().iter().filter(|byte| !byte.is_ascii()).count();
    let mut text = String::with_capacity(error.as_bytes().len() + 2 * high);
    text.extend(error.as_bytes().iter().copied().map(western));
    DecodedText { latin: true, ..plain(text) }
}

/// The character of a byte in Windows-1252: Latin-1 with printable characters in 0x80 to 0x9f.
fn western(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let odd = usize::from(byte).checked_sub(0x80).and_then(|place| FROM_80.get(place));
    odd.copied().unwrap_or(char::from(byte))
}
