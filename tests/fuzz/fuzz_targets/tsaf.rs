//! Any bytes as a blob of a djay library: decoding ends, never panics, uses every byte, and every reference in the result
//! exists. The corpus must begin with real blobs, because random bytes have no valid header.
#![no_main]

use djay::tsaf::{NumberedValue, Value, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = decode(bytes) else { return };
    let (_, less) = bytes.split_last().expect("a blob has a header");
    assert!(decode(less).is_err(), "it is whole without its last byte");
    let known = |value: &Value<'_>| !matches!(value, Value::Thing(number) if *number >= document.things().len());
    assert!(known(document.root()));
    for thing in document.things() {
        match thing {
            NumberedValue::Array(items) => assert!(items.iter().all(known)),
            NumberedValue::Object { fields, .. } => assert!(fields.iter().all(|(_, value)| known(value))),
            NumberedValue::Date(_) => {}
            NumberedValue::Data(data) => assert!(data.len() <= bytes.len()),
        }
    }
});
