//! The resource limits of one attempt: the host's limits, or lower limits from the manifest. Baton rejects a manifest that
//! requests zero or more than the host's limit. If Baton silently used the host's limit instead, tasks would end without a
//! visible reason.

use std::time::Duration;

use baton_core::manifest::Limits;

use crate::{SandboxError, limits};

/// The limits that a manifest may lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitOverrides {
    pub(crate) memory: usize,
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) host_calls: u64,
    pub(crate) written: u64,
}

impl LimitOverrides {
    /// The limits of a plugin with these requests in its manifest.
    pub(crate) fn of(asked: &Limits) -> Self {
        let seconds = |asked: Option<u32>, most| asked.map_or(most, |s| Duration::from_secs(s.into())).min(most);
        let mib = |asked: u32| u64::from(asked) << 20;
        Self {
            memory: asked.memory_mib.map_or(limits::MEMORY_BYTES, |mib| (mib as usize) << 20).min(limits::MEMORY_BYTES),
            wall: seconds(asked.wall_s, limits::WALL),
            cpu: seconds(asked.cpu_s, limits::CPU),
            host_calls: asked.host_calls.map_or(limits::HOST_CALLS, u64::from).min(limits::HOST_CALLS),
            written: asked.written_mib.map_or(limits::WRITTEN_BYTES, mib).min(limits::WRITTEN_BYTES),
        }
    }
}

/// Checks that a manifest does not exceed the host's limits.
pub(crate) fn check(asked: &Limits) -> Result<(), SandboxError> {
    for (what, asked, most) in [
        ("memory_mib", asked.memory_mib, limits::MEMORY_BYTES as u64 >> 20),
        ("wall_s", asked.wall_s, limits::WALL.as_secs()),
        ("cpu_s", asked.cpu_s, limits::CPU.as_secs()),
        ("host_calls", asked.host_calls, limits::HOST_CALLS),
        ("written_mib", asked.written_mib, limits::WRITTEN_BYTES >> 20),
    ] {
        if let Some(asked) = asked.map(u64::from)
            && !(1..=most).contains(&asked)
        {
            return Err(SandboxError::Limits { what, asked, most });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_limit_applies_and_a_higher_one_is_refused() {
        let asked = Limits { memory_mib: Some(64), cpu_s: Some(3), ..Limits::default() };
        assert!(check(&asked).is_ok());
        assert_eq!(
            (LimitOverrides::of(&asked).memory, LimitOverrides::of(&asked).cpu),
            (64 << 20, Duration::from_secs(3))
        );
        assert_eq!(LimitOverrides::of(&asked).wall, limits::WALL);
        for wrong in [
            Limits { memory_mib: Some(257), ..Limits::default() },
            Limits { wall_s: Some(301), ..Limits::default() },
            Limits { cpu_s: Some(0), ..Limits::default() },
            Limits { host_calls: Some(u32::MAX), ..Limits::default() },
        ] {
            assert!(matches!(check(&wrong), Err(SandboxError::Limits { .. })), "{wrong:?}");
            let given = LimitOverrides::of(&wrong);
            assert!(given.memory <= limits::MEMORY_BYTES && given.wall <= limits::WALL, "{given:?}");
        }
    }
}
