//! The data of earlier audits, opened once per task.

use baton_plugin_kit::host::ServiceError;

use super::wanted;
use crate::earlier_outcomes::EarlierOutcomes;
use crate::memory::Memory;
use crate::request::Request;
use crate::services::HostServices;

pub(super) struct EarlierAudits<'a> {
    pub(super) ended: EarlierOutcomes<'a>,
    /// The memory of the audited folders; `None` if it is not granted or fails.
    pub(super) memory: Option<Memory<'a>>,
    /// The error, if the memory could not be opened.
    pub(super) refused: Option<ServiceError>,
}

impl<'a> EarlierAudits<'a> {
    pub(super) fn open(services: &HostServices<'a>, request: &Request) -> Self {
        let ended = EarlierOutcomes::new(&request.task, services.ledger);
        let (memory, refused) =
            match services.memory.map(|database| Memory::open_by(database, &request.scope(), &ended)).transpose() {
                Ok(memory) => (memory, None),
                Err(refused) => (None, Some(refused)),
            };
        Self { ended, memory, refused }
    }

    /// Stops watching the files of deleted plans.
    pub(super) fn forget(&self, services: &HostServices<'_>, request: &Request) {
        let (Some(files), Some(memory)) = (services.files, &self.memory) else { return };
        let there = |shown: &str| request.plans.plans.iter().any(|plan| plan.shown == shown);
        let gone: Vec<String> =
            memory.plans().map(|(shown, _)| shown).filter(|shown| !there(shown)).map(wanted::key).collect();
        for key in gone {
            if files.set(&key, Vec::new()).is_err() {
                break;
            }
        }
    }
}
