//! Any bytes as a blob of a djay library: reading ends, never panics, and what is read keeps the header's promise and refers to nothing
//! that is not there. Begin with real blobs: of random bytes none gets past the header.
#![no_main]

use djay::tsaf::{Thing, Value, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = decode(bytes) else { return };
    let said = bytes.get(8..).and_then(|rest| rest.first_chunk()).map(|count| u32::from_le_bytes(*count));
    assert_eq!(said.map(|said| said as usize), Some(document.things().len()));
    let known = |value: &Value<'_>| !matches!(value, Value::Thing(number) if *number >= document.things().len());
    assert!(known(document.root()));
    for thing in document.things() {
        match thing {
            Thing::Array(items) => assert!(items.iter().all(known)),
            Thing::Object { fields, .. } => assert!(fields.iter().all(|(_, value)| known(value))),
            Thing::Date(_) => {}
            Thing::Data(data) => assert!(data.len() <= bytes.len()),
        }
    }
});
