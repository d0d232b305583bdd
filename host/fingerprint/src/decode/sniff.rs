//! Recognises unsupported file types by their first bytes, only for the text of the error.
//!
//! Also prevents that pictures and archives are detected as audio: the detection searches for two bytes anywhere in the
//! first megabyte.

/// The name of the unsupported file type that has this header.
pub(super) fn unsupported_name(head: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let holds = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    UNSUPPORTED.iter().find(|(magic, _)| starts(magic)).map(|(_, name)| *name).or_else(|| match () {
        () if starts(b"RIFF") && holds(8, b"AVI ") => Some("an AVI video"),
        () if starts(b"RIFF") && holds(8, b"WEBP") => Some("a WebP picture"),
        () if holds(4, b"ftypheic") || holds(4, b"ftypavif") => Some("a HEIF picture"),
        () if holds(257, b"ustar") => Some("a tar archive"),
        () if is_text(head) => Some("a text"),
        () => None,
    })
}

/// Whether a file with this header certainly has a supported format: FLAC, Vorbis or FLAC in Ogg, or frames of MPEG or ADTS
/// (also after a short `ID3v2` tag).
pub(super) fn is_supported_header(head: &[u8]) -> bool {
    let packet = head.get(28..).unwrap_or_default();
    head.starts_with(b"fLaC")
        || is_frame(after_tag(head))
        || head.starts_with(b"OggS") && (packet.starts_with(b"\x01vorbis") || packet.starts_with(b"\x7fFLAC"))
}

/// The bytes after the `ID3v2` tag, as far as `head` has them; all bytes if there is no tag.
fn after_tag(head: &[u8]) -> &[u8] {
    let [b'I', b'D', b'3', _, _, _, size @ ..] = head.first_chunk::<10>().copied().unwrap_or_default() else {
        return head;
    };
    let size = size.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
    head.get(10 + size..).unwrap_or_default()
}

/// Whether `head` starts with a frame header: MPEG layer II or III, or ADTS. Layer I is excluded, because UTF-16 text looks like
/// layer I.
fn is_frame(head: &[u8]) -> bool {
    let Some([0xff, second]) = head.first_chunk::<2>() else { return false };
    let (sync, version, layer) = (second >> 5, second >> 3 & 3, second >> 1 & 3);
    sync == 7 && version != 1 && (matches!(layer, 1 | 2) || layer == 0 && second >> 4 == 15)
}

// The sources are the registries of media types and the specifications of the formats.
const UNSUPPORTED: &[(&[u8], &str)] = &[
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

/// True if all available bytes are printable.
fn is_text(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    !head.is_empty() && head.iter().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_formats_have_a_name() {
        assert_eq!(unsupported_name(b"# A list of things\nand more"), Some("a text"));
        assert_eq!(unsupported_name(b"RIFF\0\0\0\0AVI LIST"), Some("an AVI video"));
        assert_eq!(unsupported_name(b"RF64\xff\xff\xff\xffWAVEds64"), Some("an RF64 file (a WAV file beyond 4 GB)"));
        assert_eq!(unsupported_name(b"\x89PNG\r\n\x1a\n\0\0"), Some("a PNG picture"));
        assert!(!is_supported_header(b"\xff\xfea\0b\0") && !is_supported_header(b"ID3\x03\0\0\0\0\0\x02aaTTA1"));
        for music in [&b"\xff\xfb\x90"[..], b"\xff\xf1\x50", b"ID3\x03\0\0\0\0\0\x02aa\xff\xfb\x90"] {
            assert!(is_supported_header(music));
        }
        for music in [&b"RIFF\x24\0\0\0WAVEfmt "[..], b"ID3\x03\0\0\0\0\0\0", b"fLaC\0", b"OggS\0", b"\xff\xfb\x90\x64"]
        {
            assert_eq!(unsupported_name(music), None);
        }
    }
}
