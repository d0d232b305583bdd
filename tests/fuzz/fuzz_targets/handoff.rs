//! Any bytes under any name: reading ends and never panics, and the result is within its limits.
#![no_main]

use baton_core::handoff::{self, Kind};
use libfuzzer_sys::fuzz_target;

/// The longest id or name that a handoff has after reading, in characters.
const LONGEST: usize = 200;

fuzz_target!(|input: (&str, &[u8])| {
    let (name, bytes) = input;
    for name in [name, "20260304T050607Z__HANDOFF__Pump__Codex-MM1.json", "pump.md"] {
        let Ok(read) = handoff::parse(name, bytes) else { continue };
        assert!(!read.title.contains('\n') && read.title.chars().count() <= LONGEST.max(name.len()));
        assert_eq!(read.original.is_some(), read.kind == Kind::Return);
        for field in [&read.id, &read.task_id, &read.dedupe_key, &read.from, &read.to, &read.action, &read.status] {
            assert!(field.as_ref().is_none_or(|text| text.chars().count() <= LONGEST));
        }
    }
});
