//! Two functions for Extism: one does nothing and succeeds, the other one never ends.

use extism_pdk::{FnResult, plugin_fn};

/// Does the same as the plugin `noop`: takes the task and returns a summary.
#[plugin_fn]
pub fn noop(_task: String) -> FnResult<String> {
    Ok("Did nothing.".to_owned())
}

/// Does the same as the action `spin` of the plugin `hostile`.
#[plugin_fn]
pub fn spin(_task: String) -> FnResult<String> {
    let mut turns = 0_u64;
    while std::hint::black_box(turns) != u64::MAX {
        turns = turns.wrapping_add(1);
    }
    Ok("Span to the end.".to_owned())
}
