//! Changes some real pieces in sixteen standard and four hard ways, and checks that the search finds every copy and no false
//! pair.
//!
//! This is a small version of the benchmark `fingerprint`, part `quality`, and uses its modules. The pieces are from
//! Debian's `wesnoth-1.16-music`. `ffmpeg` changes them and `fpcalc` computes the words, so that only the search is tested.

#[path = "../../../tests/benches/fingerprint/corpus.rs"]
#[expect(dead_code, reason = "the bench uses all of it")]
mod corpus;
#[path = "../../../tests/benches/fingerprint/set.rs"]
#[expect(dead_code, reason = "the bench uses all of it")]
mod set;
#[path = "../../../tests/benches/fingerprint/transforms.rs"]
#[expect(dead_code, reason = "the bench uses all of it")]
mod transforms;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use baton_fingerprint::index::{duplicates, groups};
use baton_judges::{Skipped, or_skip, recordings, tool};

use self::set::{Print, Set};
use self::transforms::{Class, ORIGINAL, TRANSFORMS};

/// The number of pieces, and the seconds of each: the test needs less than a minute on two cores.
const PIECES: usize = 6;
const LENGTH_S: u32 = 45;

/// The number of changes: the original, sixteen standard changes and four hard changes.
const CHANGES: usize = 21;

/// The pieces; the test is skipped if a tool is missing.
fn music() -> Result<Vec<(String, PathBuf)>, Skipped> {
    tool("ffmpeg", "apt-get install ffmpeg")?;
    tool("fpcalc", "apt-get install libchromaprint-tools")?;
    let recordings = recordings()?;
    let mut pieces: Vec<_> = corpus::pieces(&corpus::PACKAGES, &[]).into_iter().collect();
    pieces.retain(|(_, file)| recordings.contains(file));
    pieces.truncate(PIECES);
    assert_eq!(pieces.len(), PIECES);
    Ok(pieces)
}

/// The pairs that were found directly, and the pairs of members of one group.
fn found(prints: &[&Print]) -> HashSet<(u32, u32)> {
    let words: Vec<Vec<u32>> = prints.iter().map(|print| print.words.clone()).collect();
    let pairs = duplicates(&words[..], &AtomicBool::new(false));
    let mut found: HashSet<_> = pairs.iter().map(|pair| (pair.first, pair.second)).collect();
    for group in groups(&words[..], &pairs).groups {
        for (at, second) in group.members.iter().enumerate() {
            found.extend(group.members.iter().take(at).map(|first| (*first, *second)));
        }
    }
    found
}

/// The number of expected pairs with an original, the number of these pairs that were found, and the pairs that were missed.
/// Fails if there is a false pair.
fn recall(prints: &[&Print]) -> (usize, usize, Vec<String>) {
    let found = found(prints);
    let (mut right, mut hit, mut missed) = (0, 0, Vec::new());
    for (second, other) in (0_u32..).zip(prints) {
        for (first, one) in (0..second).zip(prints) {
            let is_found = found.contains(&(first, second));
            let describe = || format!("{} {} and {} {}", one.piece, one.change.name, other.piece, other.change.name);
            if !one.is_like(other) {
                assert!(!is_found, "false pair: {}", describe());
            } else if one.change.name == ORIGINAL {
                right += 1;
                hit += usize::from(is_found);
                if !is_found {
                    missed.push(describe());
                }
            }
        }
    }
    (right, hit, missed)
}

#[test]
fn copies_of_real_music_are_found_without_false_pairs() {
    let pieces = or_skip!(music());
    let (words, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let set = Set::make((words.path(), work.path()), &pieces, &TRANSFORMS[..CHANGES], LENGTH_S).unwrap();
    assert!(set.failed.is_empty(), "{:?}", set.failed);

    let (right, hit, missed) = recall(&set.of(&[Class::Original, Class::Standard]));
    assert_eq!((right, hit), (PIECES * 16, PIECES * 16), "missed: {missed:?}");

    let (right, hit, missed) = recall(&set.of(&[Class::Original, Class::Standard, Class::Hard]));
    assert_eq!(right, PIECES * 20);
    assert!(hit * 100 >= right * 99, "{hit} of {right}; missed: {missed:?}");
}
