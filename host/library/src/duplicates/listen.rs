//! The ear: the index of `baton-fingerprint`, asked for everything that sounds alike.

use std::sync::atomic::AtomicBool;

use baton_fingerprint::Fingerprint;
use baton_fingerprint::index::{self, duplicates, groups};

use super::{Alike, Heard, Pair};

/// Finds among many fingerprints those that sound alike, on rayon's threads. `stop` ends it early, with what was found.
#[must_use]
pub fn listen(prints: &[Fingerprint], stop: &AtomicBool) -> Heard {
    let found = groups(prints, &duplicates(prints, stop));
    let pair = |pair: &index::Pair| as_pair(prints, pair);
    Heard {
        pairs: found.groups.iter().flat_map(|group| &group.pairs).filter_map(pair).collect(),
        bridges: found.bridges.iter().filter_map(pair).collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a score is a share, frames are some thousands"
)]
fn as_pair(prints: &[Fingerprint], pair: &index::Pair) -> Option<Pair> {
    let (one, other) = (usize::try_from(pair.first).ok()?, usize::try_from(pair.second).ok()?);
    let shorter = prints.get(one)?.words().len().min(prints.get(other)?.words().len()).max(1);
    let alike = Alike {
        bit_error_rate: pair.alignment.bit_error_rate,
        score: (pair.score.clamp(0.0, 1.0) * 100.0).round() as u8,
        overlap: (pair.alignment.overlap_frames as f32 / shorter as f32).min(1.0),
        drift: pair.alignment.drift,
    };
    Some(Pair { one, other, alike })
}
