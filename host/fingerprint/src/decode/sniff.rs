//! What a file is by its first bytes, where it is nothing that is decoded: only for the text of the error.
//!
//! Also keeps pictures and archives from the probing for audio, which looks for two bytes anywhere in the first megabyte.

/// A name for what begins like this, if it is known not to be decoded.
pub(super) fn foreign(head: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let holds = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    KNOWN.iter().find(|(magic, _)| starts(magic)).map(|(_, name)| *name).or_else(|| match () {
        () if starts(b"RIFF") && holds(8, b"AVI ") => Some("an AVI video"),
        () if starts(b"RIFF") && holds(8, b"WEBP") => Some("a WebP picture"),
        () if holds(4, b"ftypheic") || holds(4, b"ftypavif") => Some("a HEIF picture"),
        () if holds(257, b"ustar") => Some("a tar archive"),
        () if is_text(head) => Some("a text"),
        () => None,
    })
}

/// From the registries of media types and the formats' own documents.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff\xe0", "a JPEG picture"),
    (b"\xff\xd8\xff\xe1", "a JPEG picture"),
    (b"\xff\xd8\xff\xdb", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"TTA1", "True Audio"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"OFR ", "OptimFROG"),
    (b"DSD ", "DSD audio"),
    (b"FRM8", "DSD audio"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (b"#!AMR", "AMR speech"),
    (b".snd", "an AU file"),
    (b"RF64", "an RF64 file (a WAV file beyond 4 GB)"),
    (b"BW64", "a BW64 file (a WAV file beyond 4 GB)"),
    (b".RMF", "a RealMedia file"),
    (b"MThd", "a MIDI file"),
    (b"riff\x2e\x91\xcf\x11", "a Wave64 file"),
    (b"FLV\x01", "a Flash video"),
    (b"\x0b\x77", "AC-3"),
    (b"\x7f\xfe\x80\x01", "DTS"),
];

/// Printable from the first byte to the last, as far as was looked.
fn is_text(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    !head.is_empty() && head.iter().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_music_has_a_name_and_music_has_none() {
        assert_eq!(foreign(b"# A list of things\nand more"), Some("a text"));
        assert_eq!(foreign(b"RIFF\0\0\0\0AVI LIST"), Some("an AVI video"));
        assert_eq!(foreign(b"RF64\xff\xff\xff\xffWAVEds64"), Some("an RF64 file (a WAV file beyond 4 GB)"));
        assert_eq!(foreign(b"\x89PNG\r\n\x1a\n\0\0"), Some("a PNG picture"));
        for music in [&b"RIFF\x24\0\0\0WAVEfmt "[..], b"ID3\x03\0\0\0\0\0\0", b"fLaC\0", b"OggS\0", b"\xff\xfb\x90\x64"]
        {
            assert_eq!(foreign(music), None);
        }
    }
}
