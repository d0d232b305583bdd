//! Any bytes as a package: inspecting it ends and never panics, whatever sizes it declares. Seeds are real packages;
//! `-rss_limit_mb` checks the memory.
#![no_main]

use baton_registry::Package;
use libfuzzer_sys::fuzz_target;

/// A manifest as a custom section. Most inputs have no manifest, and then only the manifest is searched.
fn manifest() -> Vec<u8> {
    let text = r#"{"name":"x","version":"1","declares":{"description":"","default_action":"a","actions":{"a":{"description":""}}}}"#;
    let body = [&[14][..], b"baton:manifest", text.as_bytes()].concat();
    let length = u8::try_from(body.len() & 0x7f).unwrap() | 0x80;
    [&[0, length, u8::try_from(body.len() >> 7).unwrap()][..], &body].concat()
}

fuzz_target!(|bytes: &[u8]| {
    for component in [bytes.to_vec(), [bytes, &manifest()].concat()] {
        match Package::read(&component) {
            Ok(package) => {
                assert_eq!(package.size, component.len());
                let _ = package.manifest.declares.capabilities.requests();
            }
            Err(error) => drop(error.to_string()),
        }
    }
});
