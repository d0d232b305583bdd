//! Any bytes as a file: decoding and fingerprinting end and never panic (a caught panic is also a failure), and the results
//! are within their limits. The corpus must begin with real files of a few seconds in every format, because random bytes are
//! rejected as an unknown format.
#![no_main]

use std::io::Write as _;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{Options, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("it is written");
    for length in [None, Some(Duration::from_secs(5))] {
        let options = Options { length, hashes: length.is_none() };
        match read(file.path(), options, &AtomicBool::new(false)) {
            Ok(sound) => {
                assert!(!sound.fingerprint.words().is_empty() && sound.channels > 0 && sound.rate_hz > 0);
                assert_eq!(sound.file_sha256.is_some(), options.hashes);
                assert!(length.is_none() || sound.fingerprint.words().len() <= 20);
            }
            // The message of a caught panic, see `decode/guard.rs`.
            Err(error) => assert!(!error.detail.contains("the decoder failed with an internal error"), "a panic"),
        }
    }
});
