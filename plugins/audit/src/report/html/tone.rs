//! The colour of a state. The sign at the beginning of the text decides the colour, for all parts of the audit.

use std::fmt::Write;

use super::super::escape::markup;

/// The kind of a state, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warn,
    Bad,
    Wait,
}

/// The signs of reports with their tones.
const SIGNS: [(&str, Tone); 5] = [
    ("\u{2705}", Tone::Good),
    ("\u{26a0}\u{fe0f}", Tone::Warn),
    ("\u{26a0}", Tone::Warn),
    ("\u{274c}", Tone::Bad),
    ("\u{23f3}", Tone::Wait),
];

impl Tone {
    /// The tone of a text that begins with a sign, and the text without it.
    pub(super) fn of(text: &str) -> Option<(Self, &str)> {
        SIGNS.into_iter().find_map(|(sign, tone)| Some((tone, text.strip_prefix(sign)?.trim())))
    }

    /// The class of the style sheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Wait => "wait",
        }
    }

    /// A sign that every font has.
    const fn sign(self) -> &'static str {
        match self {
            Self::Good => "\u{2713}",
            Self::Warn => "!",
            Self::Bad => "\u{d7}",
            Self::Wait => "\u{2026}",
        }
    }

    /// The word that is shown if the text is only a sign.
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Warn => "Attention",
            Self::Bad => "Bad",
            Self::Wait => "Waiting",
        }
    }

    /// The text as a mark of this tone.
    pub(super) fn mark(self, text: &str) -> String {
        let mut out = String::new();
        let text = if text.is_empty() { self.word() } else { text };
        let (class, sign) = (self.class(), self.sign());
        let _ = write!(
            out,
            "<span class=\"state {class}\"><span aria-hidden=\"true\">{sign}</span> {}</span>",
            markup(text)
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Status;

    #[test]
    fn every_status_has_a_tone() {
        for status in Status::ALL {
            assert!(Tone::of(&format!("{} {}", status.sign(), status.word())).is_some(), "{}", status.word());
        }
        assert_eq!(Tone::of("\u{26a0}\u{fe0f} 33 %"), Some((Tone::Warn, "33 %")));
        assert_eq!(Tone::of("fine"), None);
        assert!(Tone::Good.mark("").contains("Good"));
    }
}
