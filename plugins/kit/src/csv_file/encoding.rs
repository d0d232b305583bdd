//! From bytes to text: UTF-8, UTF-16 or Windows-1252, and what is no text at all.

use super::CsvFile;

/// What a file is that is surely not CSV: said by its first bytes.
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

/// Puts two bytes of UTF-16 into a unit.
type Unit = fn([u8; 2]) -> u16;

/// How UTF-16 text puts two bytes into a unit, and where it begins; nothing for other text. Without a mark every other byte of a
/// header in English is zero, and no other CSV file holds any.
fn utf16_form(bytes: &[u8]) -> Option<(Unit, usize)> {
    match bytes {
        [0xff, 0xfe, ..] => Some((u16::from_le_bytes, 2)),
        [0xfe, 0xff, ..] => Some((u16::from_be_bytes, 2)),
        [b, 0, ..] if b.is_ascii_graphic() => Some((u16::from_le_bytes, 0)),
        [0, b, ..] if b.is_ascii_graphic() => Some((u16::from_be_bytes, 0)),
        _ => None,
    }
}

/// UTF-16 text. Half a character at the end means that the file was cut off; elsewhere it is a place with bytes that are no text.
fn utf16(bytes: &[u8], unit: Unit) -> CsvFile {
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
    CsvFile { cut, spoilt, ..CsvFile::of_text(text) }
}

/// The text of bytes. Windows-1252 is the last guess: with a mark, or with more letters of several bytes than bytes that are none, it is
/// UTF-8 with holes, and one that ends within a letter was cut off. The text is made at its whole size at once: a file may be large.
pub(super) fn decode(bytes: Vec<u8>) -> CsvFile {
    if let Some((unit, begin)) = utf16_form(&bytes) {
        return utf16(bytes.get(begin..).unwrap_or_default(), unit);
    }
    let plain = CsvFile::of_text;
    let error = match String::from_utf8(bytes) {
        Ok(text) => return plain(text),
        Err(error) => error,
    };
    let ends = |chunk: &[u8]| std::str::from_utf8(chunk).is_err_and(|error| error.error_len().is_none());
    let (mut holes, mut letters, mut cut) = (0, 0, false);
    for chunk in error.as_bytes().utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        holes += usize::from(!chunk.invalid().is_empty());
        // Of the last one it tells whether the bytes end there.
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
        return CsvFile { cut, spoilt, ..plain(text) };
    }
    let high = error.as_bytes().iter().filter(|byte| !byte.is_ascii()).count();
    let mut text = String::with_capacity(error.as_bytes().len() + 2 * high);
    text.extend(error.as_bytes().iter().copied().map(western));
    CsvFile { latin: true, ..plain(text) }
}

/// The letter of a byte in Windows-1252, which is Latin-1 with letters where that has none that are shown.
fn western(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let odd = usize::from(byte).checked_sub(0x80).and_then(|place| FROM_80.get(place));
    odd.copied().unwrap_or(char::from(byte))
}
