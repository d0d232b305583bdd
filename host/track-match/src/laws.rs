//! Properties for any text: nothing panics, folding is idempotent, and comparisons are symmetric.

use proptest::prelude::*;

use super::{Agreement, Decision, Id, Matcher, Track, artists, normalise, same_version, version};

/// Arbitrary text, and text that consists of typical parts of titles.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "Night", "bus", "(", ")", "[", "]", " - ", " ", " ", "feat.", "ft", "with", "Remix", "Extended", "Dub",
            "Mix", "Original", "Live", "at", "Part", "Pt.", "II", "1", "2", "12\"", "&", "+", "n", "'n'", "x", "vs.",
            ",", ";", "$", "!", "é", "が", "東京", "Ночь", "שִׁ", "™", "Remaster", "2011", "The", "/", "|", "\u{200b}",
            "R.E.M.", "…",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    prop_oneof![any::<String>(), prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join(" "))]
}

fn track() -> impl Strategy<Value = Track> {
    let code = prop::option::of(prop_oneof!["[A-Z]{2}[A-Z0-9]{3}190000[1-3]", any::<String>()]);
    let ids = prop::collection::vec(("[ab]", "[xyz]?").prop_map(|(service, id)| Id::new(&service, &id)), 0..2);
    let lengths = prop::option::of(prop_oneof![0_u64..400_000, any::<u64>()]);
    let artists = prop::collection::vec(text(), 0..3);
    (ids, code, text(), artists, prop::option::of(text()), lengths).prop_map(
        |(ids, isrc, title, artists, album, duration_ms)| Track {
            ids,
            isrc,
            title,
            artists,
            album,
            duration_ms,
            recording: None,
        },
    )
}

/// The level of a decision and its best score.
fn gist(decision: &Decision) -> (u8, Option<u32>) {
    match decision {
        Decision::Auto(found) => (0, Some(found.score)),
        Decision::Review { candidates } => (1, candidates.first().map(|found| found.score)),
        Decision::None { .. } => (2, None),
    }
}

proptest! {
    #[test]
    fn folding_is_idempotent(text in text()) {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once.clone());
        prop_assert!(!once.contains("  ") && once.trim() == once);
    }

    #[test]
    fn agreement_is_reflexive_and_symmetric(a in text(), b in text()) {
        let (a, b) = (version(&a), version(&b));
        prop_assert_eq!(a.agreement(&a), Agreement::Same);
        prop_assert_eq!(a.agreement(&b), b.agreement(&a));
        prop_assert_eq!(same_version(&a, &b), same_version(&b, &a));
    }

    #[test]
    fn names_of_a_credit_are_parts_of_it(credit in text()) {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        let names = artists(&credit);
        prop_assert!(names.iter().map(|name| letters(name)).sum::<usize>() <= letters(&credit));
    }

    #[test]
    fn matching_is_symmetric(a in track(), b in track()) {
        let there = Matcher::new(std::slice::from_ref(&b)).find(&a);
        let back = Matcher::new(std::slice::from_ref(&a)).find(&b);
        prop_assert_eq!(gist(&there), gist(&back), "{:?} / {:?}", there, back);
    }

    #[test]
    fn a_search_never_panics_and_is_deterministic(list in prop::collection::vec(track(), 0..12), looked_up in track()) {
        let matcher = Matcher::new(&list);
        let found = matcher.find(&looked_up);
        prop_assert_eq!(&found, &Matcher::new(&list).find(&looked_up));
        if let Decision::Auto(found) = &found {
            prop_assert!(found.candidate < list.len() && !found.reasons.is_empty());
        }
        if let Decision::Review { candidates } = &found {
            prop_assert!(!candidates.is_empty() && candidates.len() <= 5);
        }
        prop_assert!(matcher.duplicates(0).pairs.iter().all(|pair| pair.tracks[0] < pair.tracks[1] && pair.tracks[1] < list.len()));
    }

    #[test]
    fn a_track_is_found_in_a_list(title in "[A-Z][a-z]{5,12}( [a-z]{4,9}){1,3}", artist in "[A-Z][a-z]{4,9} [A-Z][a-z]{4,9}", others in prop::collection::vec(text(), 0..20), place in 0_usize..20) {
        let wanted = Track { title, artists: vec![artist], duration_ms: Some(200_000), ..Track::default() };
        let mut list: Vec<Track> = others.into_iter().map(|title| Track { title, duration_ms: Some(100_000), ..Track::default() }).collect();
        let place = place.min(list.len());
        list.insert(place, wanted.clone());
        prop_assert_eq!(Matcher::new(&list).find(&wanted).accepted(), Some(place));
    }
}
