//! Damage in a file that can still be read.

use std::fmt;
use std::time::Duration;

/// The damage of a file. Only [`crate::check`] examines the whole file; [`crate::read()`] reports the damage that it encounters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// The number of frames that are missing or cannot be decoded. The fingerprint does not include them.
    pub failed_frames: u32,
    /// The number of all frames, including failed frames.
    pub frames: u32,
    /// The length of the missing part at the end, compared with the length that the container states.
    pub missing_end: Duration,
    /// The length of the missing parts in the middle, computed from the timestamps of the frames.
    pub missing_within: Duration,
    /// True if the file is shorter than its container states.
    pub is_cut_short: bool,
    /// True if the decoded samples differ from the checksum in the file (the MD5 of FLAC).
    pub wrong_checksum: bool,
}

impl Damage {
    /// True if there is any damage.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.failed_frames > 0
            || self.is_cut_short
            || self.wrong_checksum
            || self.missing_end + self.missing_within > Duration::ZERO
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut found = Vec::new();
        if self.failed_frames > 0 {
            found.push(format!("{} of {} frames cannot be decoded", self.failed_frames, self.frames));
        }
        if !self.missing_end.is_zero() {
            found.push(format!("{} are missing at its end", seconds(self.missing_end)));
        } else if self.is_cut_short {
            found.push("its end is missing".to_owned());
        }
        if !self.missing_within.is_zero() {
            found.push(format!("{} are missing in the middle", seconds(self.missing_within)));
        }
        if self.wrong_checksum {
            found.push("its samples do not match the MD5 checksum in the file".to_owned());
        }
        out.write_str(&found.join("; "))
    }
}

fn seconds(length: Duration) -> String {
    let ms = length.as_millis();
    if ms < 1_000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1_000, ms % 1_000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_damage_has_a_text() {
        assert!(!Damage { frames: 9, ..Damage::default() }.is_some());
        let damage = Damage {
            failed_frames: 3,
            frames: 900,
            missing_end: Duration::from_millis(31_270),
            missing_within: Duration::from_millis(210),
            is_cut_short: true,
            wrong_checksum: true,
        };
        assert!(damage.is_some());
        assert_eq!(
            damage.to_string(),
            "3 of 900 frames cannot be decoded; 31.2 s are missing at its end; 210 ms are missing in the middle; \
             its samples do not match the MD5 checksum in the file"
        );
        assert_eq!(Damage { is_cut_short: true, ..Damage::default() }.to_string(), "its end is missing");
    }
}
