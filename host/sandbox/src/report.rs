//! What one attempt leaves behind.

use crate::capabilities::handoffs::PluginRequest;
use crate::capabilities::watch::WatchUpdate;
use crate::error::AttemptError;
use crate::usage::Usage;
use crate::wit;

/// How an attempt went.
#[derive(Debug)]
pub struct AttemptReport {
    /// Its end.
    pub ended: Result<wit::Outcome, AttemptError>,
    /// Handoffs to be sent and to be taken back, in the order of the calls; empty unless it ended well.
    pub post: Vec<PluginRequest>,
    /// Files whose change is to make a task; empty unless it ended well.
    pub watched: Vec<WatchUpdate>,
    /// What it wrote to stdout and stderr.
    pub log: String,
    /// What it used of its ceilings.
    pub usage: Usage,
}

impl AttemptReport {
    pub(crate) fn failed(failure: AttemptError) -> Self {
        let (post, watched) = (Vec::new(), Vec::new());
        Self { ended: Err(failure), post, watched, log: String::new(), usage: Usage::default() }
    }
}
