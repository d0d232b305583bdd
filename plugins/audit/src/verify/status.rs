//! The statuses of a deliverable, and the computation of completion.

use serde::Serialize;

/// The status of a deliverable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It exists and has no defect.
    Present,
    /// The plan deletes it, and it does not exist.
    Deleted,
    /// It exists; its size or its number of lines clearly differs from the stated one.
    Drifted,
    /// It exists, but lacks a class or function that the plan wants in it.
    Partial,
    /// It exists and is empty.
    Empty,
    /// It exists, but is only a placeholder.
    Stub,
    /// It is not at the plan's path, but a file of the same name is elsewhere.
    Moved,
    /// It does not exist: a commit removed it.
    Removed,
    /// It does not exist.
    Missing,
    /// The plan reports it as done, but it is missing, empty, or only a placeholder. Or the plan reports it as deleted, but
    /// it exists.
    Phantom,
    /// The plan deletes it but does not report that as done, and it still exists.
    Open,
    /// It cannot be checked: outside the granted folder, a link, a pipe, unreadable.
    Unverifiable,
}

impl Status {
    /// Every status, from good to unknown.
    pub const ALL: [Self; 12] = [
        Self::Present,
        Self::Deleted,
        Self::Drifted,
        Self::Partial,
        Self::Empty,
        Self::Stub,
        Self::Moved,
        Self::Removed,
        Self::Missing,
        Self::Phantom,
        Self::Open,
        Self::Unverifiable,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Present => "PRESENT",
            Self::Deleted => "DELETED",
            Self::Drifted => "DRIFTED",
            Self::Partial => "PARTIAL",
            Self::Empty => "EMPTY",
            Self::Stub => "STUB",
            Self::Moved => "MOVED",
            Self::Removed => "REMOVED",
            Self::Missing => "MISSING",
            Self::Phantom => "PHANTOM",
            Self::Open => "OPEN",
            Self::Unverifiable => "UNVERIFIABLE",
        }
    }

    /// The sign in reports.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Present | Self::Deleted => "\u{2705}",
            Self::Missing | Self::Phantom => "\u{274c}",
            Self::Open | Self::Unverifiable => "\u{23f3}",
            _ => "\u{26a0}\u{fe0f}",
        }
    }

    /// The status with this name.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// True if it counts as done: the file is at the plan's path and is not a placeholder. A drifted file is done, because
    /// only the plan's numbers are stale. A moved file is not done, because a reader of the plan does not find it.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Present | Self::Deleted | Self::Drifted)
    }

    /// True if it counts in the completion.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        !matches!(self, Self::Open | Self::Unverifiable)
    }
}

/// Number of deliverables per status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// [`Status::Present`].
    pub present: usize,
    /// [`Status::Deleted`].
    pub deleted: usize,
    /// [`Status::Drifted`].
    pub drifted: usize,
    /// [`Status::Partial`].
    pub partial: usize,
    /// [`Status::Empty`].
    pub empty: usize,
    /// [`Status::Stub`].
    pub stub: usize,
    /// [`Status::Moved`].
    pub moved: usize,
    /// [`Status::Removed`].
    pub removed: usize,
    /// [`Status::Missing`].
    pub missing: usize,
    /// [`Status::Phantom`].
    pub phantom: usize,
    /// [`Status::Open`]; not part of [`Counts::expected`].
    pub open: usize,
    /// [`Status::Unverifiable`]; not part of [`Counts::expected`].
    pub unverifiable: usize,
}

impl Counts {
    /// Counts statuses.
    #[must_use]
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Self {
        let mut counts = Self::default();
        for status in statuses {
            *counts.slot(status) += 1;
        }
        counts
    }

    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        for status in Status::ALL {
            *self.slot(status) += other.get(status);
        }
    }

    /// The number for a status.
    #[must_use]
    pub fn get(mut self, status: Status) -> usize {
        *self.slot(status)
    }

    /// Sets the number for a status.
    pub fn set(&mut self, status: Status, count: usize) {
        *self.slot(status) = count;
    }

    /// The total.
    #[must_use]
    pub fn all(self) -> usize {
        Status::ALL.into_iter().map(|status| self.get(status)).sum()
    }

    /// The number that is done: present, deleted and drifted.
    #[must_use]
    pub fn done(self) -> usize {
        Status::ALL.into_iter().filter(|status| status.is_done()).map(|status| self.get(status)).sum()
    }

    /// The number that counts: all except open and unverifiable ones.
    #[must_use]
    pub fn expected(self) -> usize {
        Status::ALL.into_iter().filter(|status| status.is_counted()).map(|status| self.get(status)).sum()
    }

    /// The share of the expected deliverables that are done, in per cent, rounded half up; `None` if nothing could be
    /// verified.
    #[must_use]
    pub fn percent(self) -> Option<usize> {
        let (done, expected) = (self.done(), self.expected());
        (done * 200 + expected).checked_div(expected * 2)
    }

    fn slot(&mut self, status: Status) -> &mut usize {
        match status {
            Status::Present => &mut self.present,
            Status::Deleted => &mut self.deleted,
            Status::Drifted => &mut self.drifted,
            Status::Partial => &mut self.partial,
            Status::Empty => &mut self.empty,
            Status::Stub => &mut self.stub,
            Status::Moved => &mut self.moved,
            Status::Removed => &mut self.removed,
            Status::Missing => &mut self.missing,
            Status::Phantom => &mut self.phantom,
            Status::Open => &mut self.open,
            Status::Unverifiable => &mut self.unverifiable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_half_up() {
        let percent = |present, missing| Counts { present, missing, ..Counts::default() }.percent();
        assert_eq!(percent(10, 4), Some(71));
        assert_eq!([percent(1, 2), percent(1, 1), percent(2, 1)], [Some(33), Some(50), Some(67)]);
        assert_eq!([percent(0, 0), percent(1, 7), percent(0, 3)], [None, Some(13), Some(0)]);
    }

    #[test]
    fn what_cannot_be_verified_is_not_expected() {
        let counts = Counts::of([Status::Present, Status::Drifted, Status::Moved, Status::Unverifiable]);
        assert_eq!((counts.done(), counts.expected(), counts.percent()), (2, 3, Some(67)));
    }
}
