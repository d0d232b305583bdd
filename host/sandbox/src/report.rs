//! The report of one attempt.

use crate::capabilities::evidence::Judgement;
use crate::capabilities::handoffs::PluginRequest;
use crate::capabilities::watch::WatchUpdate;
use crate::error::AttemptError;
use crate::usage::Usage;
use crate::wit;

/// The report of an attempt.
#[derive(Debug)]
pub struct AttemptReport {
    /// The outcome, or the error that ended the attempt.
    pub ended: Result<wit::Outcome, AttemptError>,
    /// Plugin requests to send and to withdraw, in the order of the calls. Empty unless the attempt succeeded.
    pub plugin_requests: Vec<PluginRequest>,
    /// Files to watch: a change of a file makes a task. Empty unless the attempt succeeded.
    pub watched: Vec<WatchUpdate>,
    /// The plugin's judgements about RETURNs. Empty unless the attempt succeeded.
    pub judgements: Vec<Judgement>,
    /// Its stdout and stderr.
    pub log: String,
    /// The use of each resource limit.
    pub usage: Usage,
}

impl AttemptReport {
    pub(crate) fn failed(failure: AttemptError) -> Self {
        Self {
            ended: Err(failure),
            plugin_requests: Vec::new(),
            watched: Vec::new(),
            judgements: Vec::new(),
            log: String::new(),
            usage: Usage::default(),
        }
    }
}
