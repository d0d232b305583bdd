//! The notation for a match: `12=40`, `f7=12`.

use std::fmt;
use std::str::FromStr;

use anyhow::bail;
use baton_catalog::{Catalog, Decisions, ReviewSubject};
use jiff::Timestamp;

use super::tracks::{find_track, merge, name_of};
use crate::output;

/// A possible match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// Two tracks.
    Tracks(i64, i64),
    /// A file and a track.
    File(i64, i64),
}

impl Reference {
    pub(super) fn of(what: &ReviewSubject, track: i64) -> Self {
        match what {
            ReviewSubject::Track(other) => Self::Tracks(other.id, track),
            ReviewSubject::File { id, .. } => Self::File(*id, track),
        }
    }

    /// Records a decision.
    pub(super) fn decide(
        self,
        catalog: &Catalog,
        decisions: &mut Decisions,
        same: bool,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        match self {
            Self::Tracks(a, b) if same => merge(catalog, decisions, number(catalog, a)?, number(catalog, b)?, now),
            Self::Tracks(a, b) => {
                let (a, b) = (number(catalog, a)?, number(catalog, b)?);
                if a == b {
                    bail!("both numbers are track {a}; `baton catalog review split {a} SERVICE:ID` splits it");
                }
                decisions.keep_apart(a, b, now)?;
                output::note(&format!(
                    "track {a} ({}) and track {b} ({}) stay separate",
                    name_of(catalog, a)?,
                    name_of(catalog, b)?
                ));
                Ok(())
            }
            Self::File(file, track) => {
                let track = number(catalog, track)?;
                let Some(path) = catalog.path_of(file)? else { bail!("there is no file {file}") };
                decisions.decide_file(file, track, same, now)?;
                let is = if same { "is" } else { "is not" };
                output::note(&format!("{path} {is} track {track} ({})", name_of(catalog, track)?));
                Ok(())
            }
        }
    }
}

/// The current id of a track, which may have been merged into another track.
fn number(catalog: &Catalog, track: i64) -> anyhow::Result<i64> {
    find_track(catalog, &track.to_string())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tracks(a, b) => write!(f, "{a}={b}"),
            Self::File(file, track) => write!(f, "f{file}={track}"),
        }
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not 12=40 (two tracks) or f7=12 (a file and a track)");
        let (what, track) = text.split_once('=').ok_or_else(wrong)?;
        let track = track.parse().map_err(|_| wrong())?;
        match what.strip_prefix('f') {
            Some(file) => file.parse().map(|file| Self::File(file, track)).map_err(|_| wrong()),
            None => what.parse().map(|other| Self::Tracks(other, track)).map_err(|_| wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_parsed_from_its_printed_form() {
        for text in ["12=40", "f7=12"] {
            assert_eq!(text.parse::<Reference>().map(|reference| reference.to_string()), Ok(text.to_owned()));
        }
        for wrong in ["12", "f=1", "=", "a=b", "12=f7", ""] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
