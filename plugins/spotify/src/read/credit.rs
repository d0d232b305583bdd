//! Splits the credit of a track into the names of artists, where the export is unambiguous.
//!
//! Exports join names with `,`, `, ` or `;`, and names can have commas ("Earth, Wind & Fire"). The rules:
//!
//! 1. `;` separates names; hardly any name has one.
//! 2. A comma without a space after it separates names, unless it is in a number ("10,000 Maniacs").
//! 3. If the export also has the artists' ids, there are as many names as ids. Rows with a single id show the name of that id. If exactly
//!    one split has the right number of names and agrees with the names of known ids, it is used.
//!
//! Without ids, a comma with a space is ambiguous, so the credit is not split: matching reads whole credits (crate `track-match`), and a
//! wrong split would put a wrong name into the catalog.

use std::collections::HashMap;

/// The maximum number of pieces of a credit that is split with the help of ids. A longer credit is split without ids.
const MOST: usize = 60;

/// The names of rows with a single artist, by id.
pub(super) type KnownArtists = HashMap<String, String>;

/// The names of a credit; `ids` is the cell with the artists' ids, if the dialect has one.
pub(super) fn names(credit: &str, ids: &str, known: &KnownArtists) -> Vec<String> {
    let ids = split_ids(ids);
    if credit.trim().is_empty() {
        return Vec::new();
    }
    if let Some(names) = (!ids.is_empty()).then(|| by_ids(credit, &ids, known)).flatten() {
        return names;
    }
    split_certain(credit)
}

/// The ids of a cell.
pub(super) fn split_ids(cell: &str) -> Vec<&str> {
    cell.split([',', ';']).map(str::trim).filter(|id| !id.is_empty()).collect()
}

/// Splits by the rules 1 and 2.
fn split_certain(credit: &str) -> Vec<String> {
    if credit.contains(';') {
        return plain(credit.split(';'));
    }
    let mut parts = Vec::new();
    let (mut begin, bytes) = (0, credit.as_bytes());
    for (at, _) in credit.match_indices(',') {
        let spaced = bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
        let number = is_thousands(credit, at);
        if !spaced && !number {
            parts.push(credit.get(begin..at).unwrap_or_default());
            begin = at + 1;
        }
    }
    parts.push(credit.get(begin..).unwrap_or_default());
    plain(parts)
}

/// True if a comma is in a number: after a word of one to three digits, and before exactly three digits.
fn is_thousands(credit: &str, comma: usize) -> bool {
    let (before, after) = (credit.get(..comma).unwrap_or_default(), credit.get(comma + 1..).unwrap_or_default());
    let word = before.chars().rev().take_while(|c| c.is_alphanumeric()).collect::<Vec<_>>();
    let digits = after.chars().take_while(char::is_ascii_digit).count();
    (1..=3).contains(&word.len()) && word.iter().all(char::is_ascii_digit) && digits == 3
}

fn plain<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The split that gives each id a name, if there is exactly one.
fn by_ids(credit: &str, ids: &[&str], known: &KnownArtists) -> Option<Vec<String>> {
    if let [_] = ids {
        return Some(vec![credit.trim().to_owned()]);
    }
    let pieces: Vec<&str> = credit.split([',', ';']).collect();
    if ids.len() > pieces.len() || pieces.len() > MOST {
        return None;
    }
    // The starts of pieces in the credit: piece `n` is from `begins[n]` to `begins[n + 1] - 1`.
    let mut begins = vec![0];
    for piece in &pieces {
        begins.push(begins.last().unwrap_or(&0) + piece.len() + 1);
    }
    let part = |from: usize, to: usize| {
        let (from, to) = (begins.get(from)?, begins.get(to)?.checked_sub(1)?);
        Some(credit.get(*from..to)?.trim())
    };
    let fits = |id: &str, text: &str| !text.is_empty() && known.get(id).is_none_or(|name| name == text);
    // `ways[n][p]` has the number of ways to divide the first `p` pieces among the first `n` ids (2 means several), and the
    // index of the first piece of the last id among these `n`.
    let mut ways = vec![vec![(0_u8, 0); pieces.len() + 1]; ids.len() + 1];
    *ways.first_mut()?.first_mut()? = (1, 0);
    for (n, id) in ids.iter().enumerate() {
        for to in n + 1..=pieces.len() {
            let mut here = (0_u8, 0);
            for from in n..to {
                let before = ways.get(n)?.get(from)?.0;
                if before > 0 && part(from, to).is_some_and(|text| fits(id, text)) {
                    here = (here.0.saturating_add(before).min(2), from);
                }
            }
            *ways.get_mut(n + 1)?.get_mut(to)? = here;
        }
    }
    let mut to = pieces.len();
    let mut names = Vec::new();
    for n in (1..=ids.len()).rev() {
        let (1, from) = *ways.get(n)?.get(to)? else {
            return None;
        };
        names.push(part(from, to)?.to_owned());
        to = from;
    }
    names.reverse();
    Some(names)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(pairs: &[(&str, &str)]) -> KnownArtists {
        pairs.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn without_ids_only_certain_splits_are_made() {
        for (credit, expected) in [
            ("Ida Lund", &["Ida Lund"][..]),
            ("Ida Lund,Mara Voss", &["Ida Lund", "Mara Voss"]),
            ("Ida Lund;Lund, Voss & Co", &["Ida Lund", "Lund, Voss & Co"]),
            ("Lund, Voss & Co", &["Lund, Voss & Co"]),
            ("Ida Lund,Lund, Voss & Co", &["Ida Lund", "Lund, Voss & Co"]),
            ("10,000 Pines,Ida Lund", &["10,000 Pines", "Ida Lund"]),
            ("1,000,000 Pines", &["1,000,000 Pines"]),
            ("Oto 2,50 Pines", &["Oto 2", "50 Pines"]),
            ("Oto2,500 Pines", &["Oto2", "500 Pines"]),
            ("Pines 5,3OH", &["Pines 5", "3OH"]),
            ("Ida Lund, Mara Voss", &["Ida Lund, Mara Voss"]),
            (" , ", &[","]),
            ("", &[]),
        ] {
            assert_eq!(names(credit, "", &KnownArtists::new()), expected, "{credit:?}");
        }
    }

    #[test]
    fn with_ids_there_are_as_many_names_if_only_one_split_fits() {
        let nobody = KnownArtists::new();
        assert_eq!(names("Lund, Voss & Co", "a", &nobody), ["Lund, Voss & Co"]);
        assert_eq!(names("Ida Lund, Mara Voss", "a, b", &nobody), ["Ida Lund", "Mara Voss"]);
        // Three pieces for two ids: the first or the second name has the comma.
        let credit = "Lund, Voss & Co, Oto";
        assert_eq!(names(credit, "a,b", &nobody), [credit]);
        assert_eq!(names(credit, "a,b", &known(&[("b", "Oto")])), ["Lund, Voss & Co", "Oto"]);
        assert_eq!(names(credit, "a,b", &known(&[("a", "Lund, Voss & Co")])), ["Lund, Voss & Co", "Oto"]);
        // The known name does not fit, so the credit is not split.
        assert_eq!(names(credit, "a,b", &known(&[("b", "Somebody")])), [credit]);
        assert_eq!(names("Ida Lund", "a,b", &nobody), ["Ida Lund"]);
        assert_eq!(names(&"x, ".repeat(200), &"i,".repeat(100), &nobody).len(), 1);
    }

    proptest! {
        #[test]
        fn a_split_by_ids_loses_no_letter(names_in in prop::collection::vec("[a-c]{1,3}(, [a-c]{1,2})?", 1..6)) {
            let ids: Vec<String> = (0..names_in.len()).map(|n| format!("i{n}")).collect();
            let table: KnownArtists = ids.iter().cloned().zip(names_in.iter().cloned()).collect();
            prop_assert_eq!(names(&names_in.join(", "), &ids.join(","), &table), names_in.clone());
            let blind = names(&names_in.join(", "), &ids.join(","), &KnownArtists::new());
            prop_assert_eq!(blind.join(", "), names_in.join(", "));
        }
    }
}
