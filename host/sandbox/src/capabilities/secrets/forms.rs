//! The forms in which a server may return a secret. `spellings` finds a value with each byte plain or escaped. An
//! automaton finds it in hexadecimal, and in base64 at each of its three possible offsets. Case is ignored.

use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::{Anchored, dfa, nfa};
use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

use super::spellings::{Progress, Spellings, WIDEST};

/// The maximum length of a value that is searched with a table. A table needs one look-up for each byte, so the time
/// does not depend on the value. For a longer value the table would need more than 4 MiB.
const TABLE_BYTES: usize = 1 << 10;

#[derive(Clone)]
pub(super) struct Forms {
    spellings: Spellings,
    search: Search,
    window: usize,
}

/// The state of the searches for one value.
#[derive(Clone, Debug)]
pub(super) struct Position {
    spelled: Progress,
    state: StateID,
}

#[derive(Clone)]
enum Search {
    Table(dfa::DFA),
    Compact(nfa::contiguous::NFA),
}

impl Forms {
    pub(super) fn of(value: &str) -> Result<Self, String> {
        let mut forms = forms_of(value);
        forms.sort_unstable();
        forms.dedup();
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        let search = if value.len() <= TABLE_BYTES {
            let built = dfa::DFA::builder().ascii_case_insensitive(true).prefilter(false).build(&forms);
            Search::Table(built.map_err(|error| error.to_string())?)
        } else {
            let built = nfa::contiguous::NFA::builder().ascii_case_insensitive(true).prefilter(false).build(&forms);
            Search::Compact(built.map_err(|error| error.to_string())?)
        };
        // The window depends only on the length of the value, and does not reveal that length exactly.
        let window = longest.max(value.len() * WIDEST).next_power_of_two();
        Ok(Self { spellings: Spellings::of(value.as_bytes()), search, window })
    }

    /// The number of bytes that can contain any form of the value. A stream delays one byte less.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// The start of a search.
    pub(super) fn start(&self) -> Position {
        let state = match &self.search {
            Search::Table(table) => table.start_state(Anchored::No),
            Search::Compact(compact) => compact.start_state(Anchored::No),
        };
        // Both automata are built for unanchored searches.
        Position { spelled: self.spellings.start(), state: state.unwrap_or_default() }
    }

    /// Reads `text` from byte `from`, and reports each form that ends there. The bytes before `from` were read earlier.
    /// `text` must contain all of them, or at least the last `window - 1`.
    pub(super) fn read(&self, position: &mut Position, text: &[u8], from: usize, mut found: impl FnMut(Range<usize>)) {
        self.spellings.read(&mut position.spelled, text, from, &mut found);
        let (state, bytes) = (&mut position.state, text.get(from..).unwrap_or_default());
        match &self.search {
            Search::Table(table) => read(table, state, from, bytes, found),
            Search::Compact(compact) => read(compact, state, from, bytes, found),
        }
    }
}

fn read(
    search: &impl Automaton,
    state: &mut StateID,
    before: usize,
    bytes: &[u8],
    mut found: impl FnMut(Range<usize>),
) {
    for (at, byte) in bytes.iter().enumerate() {
        *state = search.next_state(Anchored::No, *state, *byte);
        if search.is_match(*state) {
            for index in 0..search.match_len(*state) {
                let (end, length) = (before + at + 1, search.pattern_len(search.match_pattern(*state, index)));
                found(end.saturating_sub(length)..end);
            }
        }
    }
}

/// The forms of `value` that do not encode each byte separately.
fn forms_of(value: &str) -> Vec<Vec<u8>> {
    let bytes = value.as_bytes();
    let mut forms: Vec<Vec<u8>> = vec![bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()];
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| base64_inside(bytes, before, &alphabet)));
    }
    forms.retain(|form| form.len() >= crate::limits::SECRET_LEAST_BYTES.min(bytes.len()));
    forms
}

/// The characters of a base64 text that depend only on `bytes`. Other bytes come before `bytes` in the encoded data; their
/// number is a multiple of three, plus `before`.
fn base64_inside(bytes: &[u8], before: usize, alphabet: &Alphabet) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode(&padded);
    // A character has six bits. Take the first one without bits of the preceding bytes, up to the last one without bits
    // of the following bytes.
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    text.as_bytes().get(first..last).unwrap_or_default().to_vec()
}
