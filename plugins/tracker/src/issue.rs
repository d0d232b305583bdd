//! An issue, its changes, and the trait of trackers.

use std::time::Duration;

use baton_plugin_sdk::Error;

use crate::block::{Marker, Style};
use baton_plugin_kit::audit_report::Severity;

/// The state of an issue: open, or the reason why it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueState {
    /// Open.
    Open,
    /// Closed as done.
    Done,
    /// Closed by somebody who does not want it.
    NotPlanned,
    /// Closed as a duplicate of another one.
    Duplicate,
}

/// An issue with Baton's marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The id that requests to the tracker use.
    pub key: String,
    /// Its number; a later issue has a higher one.
    pub number: u64,
    /// Its name for people: `#12`, `ENG-12`.
    pub name: String,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its whole text.
    pub body: String,
    /// Its state.
    pub state: IssueState,
    /// When it was closed, in milliseconds since 1970 UTC.
    pub closed_at: Option<i64>,
    /// The data in its marker.
    pub marker: Marker,
}

/// A new issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIssue {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// The severity of the gap.
    pub severity: Severity,
}

/// The changes of an issue. An absent field does not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The new title.
    pub title: Option<String>,
    /// The new text.
    pub body: Option<String>,
    /// The new state.
    pub state: Option<IssueState>,
    /// The present severity of the gap, for trackers that show it beside the text.
    pub severity: Option<Severity>,
}

/// Why a change failed, or may have failed.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteError {
    /// The change may have taken effect.
    Unknown(String),
    /// The change has no effect, and the task cannot continue.
    Failed(Error),
    /// The tracker refuses this change, which has no effect. The tracker may accept other changes.
    Refused(String),
}

/// The count of the requests of one task, its remaining time, and its pauses.
pub trait RequestPacer {
    /// The seconds that are left for the task.
    fn seconds_left(&self) -> u64;

    /// The number of requests so far.
    fn sent(&self) -> usize;

    /// Waits.
    fn rest(&self, duration: Duration);
}

/// A service that has issues.
pub trait Tracker {
    /// The name for people, such as `GitHub octocat/plans` or `Linear ENG`.
    fn name(&self) -> String;

    /// How the tracker hides or shows the marker of an issue.
    fn style(&self) -> Style;

    /// All issues with a marker, open and closed.
    ///
    /// # Errors
    /// The list could not be read completely.
    fn list(&self) -> Result<Vec<Issue>, Error>;

    /// An issue as it is now; `None` if it was deleted or has no marker any more.
    ///
    /// # Errors
    /// The issue could not be read.
    fn read(&self, issue: &Issue) -> Result<Option<Issue>, Error>;

    /// Creates an issue.
    ///
    /// # Errors
    /// The issue was not created, or it is not known whether it was created.
    fn create(&self, issue: &NewIssue) -> Result<(), WriteError>;

    /// Changes an issue.
    ///
    /// # Errors
    /// The issue was not changed, or it is not known whether it was changed.
    fn change(&self, issue: &Issue, change: &Change) -> Result<(), WriteError>;
}
