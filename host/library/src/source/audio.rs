//! Recognises audio files by their file name extension. Only reading shows whether they are audio.

use std::ffi::OsStr;
use std::path::Path;

/// Extensions of audio files, also of formats that Baton does not decode: those count as `unsupported`. `mp4` and `webm` are left
/// out, because most of them are videos.
const EXTENSIONS: [&str; 40] = [
    "aac", "ac3", "aif", "aifc", "aiff", "alac", "amr", "ape", "au", "caf", "dff", "dsf", "dts", "eac3", "flac", "m4a",
    "m4b", "m4p", "m4r", "mka", "mp1", "mp2", "mp3", "mpc", "mpga", "oga", "ogg", "opus", "ra", "rf64", "snd", "spx",
    "tak", "tta", "w64", "wav", "wave", "weba", "wma", "wv",
];

/// True if the file name extension is one of an audio file.
#[must_use]
pub fn is_audio(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(is_audio_extension)
}

/// True if this extension (without its dot) is one of an audio file.
pub(super) fn is_audio_extension(ending: &str) -> bool {
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_is_recognised_by_its_extension_in_any_case() {
        for (name, is) in [("a.MP3", true), ("a.b.Flac", true), ("a.mp3.txt", false), ("mp3", false), ("a.mp4", false)]
        {
            assert_eq!(is_audio(Path::new(name)), is, "{name}");
        }
        assert!(EXTENSIONS.is_sorted());
    }
}
