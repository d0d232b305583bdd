//! The use of each resource limit by an attempt; `baton why` shows it.

use std::time::Duration;

use crate::error::{AttemptError, ResourceLimit};

/// One resource limit and how much of it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitUsage {
    /// The resource.
    pub resource: ResourceLimit,
    /// The amount that was used, or requested if the limit ended the attempt.
    pub used: u64,
    /// The limit.
    pub limit: u64,
    /// Whether the limit ended the attempt or cut something off.
    pub hit: bool,
}

/// The use of limits by an attempt, with one entry for each limit that applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage(Vec<LimitUsage>);

impl Usage {
    /// Every limit that applied, in the order of [`ResourceLimit`].
    pub fn iter(&self) -> impl Iterator<Item = &LimitUsage> {
        self.0.iter()
    }

    /// The use of one resource.
    #[must_use]
    pub fn of(&self, resource: ResourceLimit) -> Option<&LimitUsage> {
        self.0.iter().find(|used| used.resource == resource)
    }

    /// Records the use of a limit. Replaces an earlier entry for the same limit.
    pub(crate) fn note(&mut self, resource: ResourceLimit, used: u64, limit: u64) {
        self.put(LimitUsage { resource, used, limit, hit: used > limit });
    }

    pub(crate) fn note_time(&mut self, resource: ResourceLimit, used: Duration, limit: Duration) {
        let [used, limit] = [used, limit].map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self.note(resource, used, limit);
    }

    /// Records the limit that ended the attempt, if a limit ended it.
    pub(crate) fn note_end(&mut self, failure: &AttemptError) {
        if let AttemptError::Limit { resource, used, limit } = *failure {
            self.put(LimitUsage { resource, used, limit, hit: true });
        }
    }

    fn put(&mut self, new: LimitUsage) {
        self.0.retain(|known| known.resource != new.resource);
        let place = self.0.partition_point(|known| known.resource < new.resource);
        self.0.insert(place, new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exceeded_limit_replaces_the_measured_use() {
        let mut usage = Usage::default();
        usage.note(ResourceLimit::Cpu, 5, 10);
        usage.note(ResourceLimit::Memory, 90, 100);
        usage.note_end(&AttemptError::Limit { resource: ResourceLimit::Memory, used: 101, limit: 100 });
        let seen: Vec<_> = usage.iter().map(|used| (used.resource, used.used, used.hit)).collect();
        assert_eq!(seen, [(ResourceLimit::Memory, 101, true), (ResourceLimit::Cpu, 5, false)]);
    }
}
