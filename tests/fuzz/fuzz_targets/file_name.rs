//! Any name: parsing ends and never panics, every part of the result is in the name, and names that are made from it are within
//! their limits.
#![no_main]

use baton_core::file_name::{self, MAX_NAME_BYTES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|name: &str| {
    let read = file_name::parse(name);
    let words = [&read.kind, &read.sender, &read.agent, &read.token, &read.tail];
    for word in words.into_iter().flatten().chain(&read.decorations) {
        assert!(name.contains(word.as_str()));
    }
    assert!(read.title.is_none_or(|title| title.split(' ').all(|word| name.contains(word))));
    assert!(file_name::with_insert(name, "-2").len() <= MAX_NAME_BYTES);
    assert!(file_name::slug(name, 50).len() <= 50);
    let _ = file_name::is_ignored(name);
});
