//! Computes two digests: of all bytes of a file, and of its audio.
//!
//! Both digests are SHA-256. The file's digest changes with every edit of a tag. The audio's digest covers the name of the
//! codec, its configuration (for instance the headers of a Vorbis stream, or STREAMINFO of FLAC) and the packets of the
//! audio track in the demuxer's order. It does not change with tags, pictures, padding, the Xing frame of an MP3 or the
//! pages of an Ogg file. The same stream in two containers has the same audio digest only if the containers have equal
//! configurations. The audio's digest identifies copies with different tags; the fingerprint identifies other encodings.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::decode::Audio;
use crate::{Error, Reason};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) audio: Option<[u8; 32]>,
    pub(crate) file: Option<[u8; 32]>,
}

/// Reads the rest of the file and computes its digests. The remaining packets are not decoded.
pub(crate) fn finish(audio: &mut Audio, stop: &AtomicBool) -> Result<Digests, Error> {
    let go_on = || !stop.load(Ordering::Relaxed);
    while audio.skip_packet(stop)? {}
    let digest = audio.digest();
    let file = audio.source().digest(go_on);
    let file =
        file.map_err(|failed| Error { reason: Reason::Unreadable, detail: format!("cannot read it: {failed}") })?;
    Ok(Digests { audio: digest, file })
}
