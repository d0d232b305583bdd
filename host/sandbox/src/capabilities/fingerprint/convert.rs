//! Converts results to the types of the interface.

use baton_core::Digest;
use baton_core::path_text;
use baton_fingerprint::{AudioReport, Reason};
use baton_library::coverage::Coverage;
use baton_library::duplicates::{self, Duplicates, Group, Item, Proof};
use baton_library::lookup;

use super::generated::{
    self, DuplicateGroups, Error, FingerprintResult, Match, MissingCount, NoFingerprint, Superfluous,
};
use crate::limits;

pub(super) fn audio_file(sound: AudioReport) -> generated::AudioFile {
    let hex = |digest: [u8; 32]| Digest::from(digest).to_string();
    generated::AudioFile {
        words: sound.fingerprint.words().to_vec(),
        duration_ms: u64::try_from(sound.duration.as_millis()).unwrap_or(u64::MAX),
        codec: sound.codec.to_owned(),
        container: sound.container.to_owned(),
        rate_hz: sound.rate_hz,
        channels: sound.channels,
        bits: sound.bits,
        bitrate: sound.bitrate,
        core_only: sound.core_only,
        audio_sha256: sound.audio_sha256.map(hex),
        file_sha256: sound.file_sha256.map(hex),
        title: sound.tags.title,
        artist: sound.tags.artist,
        album: sound.tags.album,
        isrc: sound.tags.isrc,
    }
}

pub(super) fn no_fingerprint(reason: Reason, detail: String) -> FingerprintResult {
    let result = NoFingerprint { reason: reason.word().to_owned(), detail };
    if reason.is_skipped() { FingerprintResult::Skipped(result) } else { FingerprintResult::Failed(result) }
}

pub(super) fn matches(found: Vec<Vec<lookup::Match>>) -> Vec<Vec<Match>> {
    let one = |found: lookup::Match| Match {
        item: item(&found.item),
        score: found.proof.score(),
        bit_error_rate: match found.proof {
            Proof::SameAudio => 0.0,
            Proof::Sounds(alike) => alike.bit_error_rate,
        },
        difference: found.difference.map(|difference| difference.word().to_owned()),
    };
    let best = |found: Vec<lookup::Match>| found.into_iter().take(limits::SOUND_MATCHES).map(one).collect();
    found.into_iter().map(best).collect()
}

pub(super) fn coverage(found: Coverage) -> generated::LibraryCoverage {
    let part = found.total;
    let one = |missing: baton_library::coverage::MissingCount| MissingCount {
        state: missing.state.as_str().to_owned(),
        reason: missing.reason,
        items: missing.items,
    };
    generated::LibraryCoverage {
        items: part.items,
        fingerprinted: part.fingerprinted,
        pending: part.pending,
        skipped: part.skipped,
        failed: part.failed,
        missing: part.missing,
        reasons: part.reasons.into_iter().map(one).collect(),
        gate_percent: found.gate_percent,
        needed: part.needed,
    }
}

/// Converts the first `most` groups. Returns an error if they are too large for the guest.
pub(super) fn duplicate_groups(found: &Duplicates, most: u32) -> Result<DuplicateGroups, Error> {
    let most = most.min(limits::SOUND_GROUPS) as usize;
    let mut bytes = 0;
    let mut groups = Vec::new();
    for group in found.groups.iter().take(most) {
        let group = self::group(&found.items, group);
        bytes += group.iter().map(size).sum::<usize>();
        if bytes > limits::SOUND_BYTES {
            let (fit, limit) = (groups.len(), limits::SOUND_BYTES >> 20);
            let way = match fit {
                0 => "even the largest group is too large; `baton library duplicates` shows it".to_owned(),
                1 => "request only the largest group, which is within the limit".to_owned(),
                _ => format!("request the {fit} largest groups, which are within the limit"),
            };
            return Err(Error::TooLarge(format!("more than {limit} MiB: {way}")));
        }
        groups.extend(group);
    }
    let (superfluous, superfluous_bytes) = found.superfluous();
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Ok(DuplicateGroups { groups, count: count(found.groups.len()), superfluous: count(superfluous), superfluous_bytes })
}

fn group(items: &[Item], group: &Group) -> Option<generated::Group> {
    let other = |other: &duplicates::SuperfluousFile| {
        let item = item(items.get(other.item)?);
        Some(Superfluous { item, score: other.proof.score(), reasons: other.reasons.clone() })
    };
    let best = item(items.get(group.best)?);
    Some(generated::Group { best, others: group.others.iter().filter_map(other).collect() })
}

/// The approximate size of the result for the guest, in bytes.
fn size(group: &generated::Group) -> usize {
    let reasons = |other: &Superfluous| other.reasons.iter().map(String::len).sum::<usize>();
    let others = group.others.iter().map(|other| bytes_of(&other.item) + reasons(other));
    bytes_of(&group.best) + others.sum::<usize>()
}

fn bytes_of(item: &generated::Item) -> usize {
    let tags = [&item.title, &item.artist, &item.album, &item.isrc];
    128 + item.path.len()
        + item.name.len()
        + item.format.len()
        + tags.into_iter().flatten().map(String::len).sum::<usize>()
}

fn item(item: &Item) -> generated::Item {
    generated::Item {
        id: item.id,
        path: path_text::to_text(&item.path).into_owned(),
        name: item.name.clone(),
        size: item.size,
        duration_ms: item.duration_ms,
        format: item.format(),
        title: item.title.clone(),
        artist: item.artist.clone(),
        album: item.album.clone(),
        isrc: item.isrc.clone(),
    }
}
