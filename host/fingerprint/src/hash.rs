//! Two digests of a file, kept apart: of all its bytes, and of its sound.
//!
//! Both are SHA-256. That of the file changes with every edit of a tag. That of the sound is taken over the codec's name, its
//! configuration (the AAC's, the head of a Vorbis stream, FLAC's STREAMINFO) and the packets of the audio track, one after another
//! as the demuxer gives them; so it stays when tags, pictures, padding, the Xing frame of an MP3 or the pages of an Ogg change, and
//! it is the same for the same stream in two containers only where their configuration is. It tells copies with other tags from
//! one another; for other encodings there is the fingerprint.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::decode::Audio;
use crate::{Error, Reason};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) audio: Option<[u8; 32]>,
    pub(crate) file: Option<[u8; 32]>,
}

/// Takes what remains of the file, and its digests. The packets that come now are not decoded.
pub(crate) fn finish(audio: &mut Audio, stop: &AtomicBool) -> Result<Digests, Error> {
    let go_on = || !stop.load(Ordering::Relaxed);
    while audio.skip_packet(stop)? {}
    let digest = audio.digest();
    let file = audio.source().digest(go_on);
    let file =
        file.map_err(|failed| Error { reason: Reason::Unreadable, detail: format!("failed to read it: {failed}") })?;
    Ok(Digests { audio: digest, file })
}
