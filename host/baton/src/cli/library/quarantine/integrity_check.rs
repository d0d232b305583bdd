//! Checks that a file to keep is intact: decodes it to its end before another copy of it is moved. Older versions of
//! Baton did not decode files completely, so a plan without damage may be based on files that were never checked.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Options, check};

/// The length of audio to fingerprint while decoding. The fingerprint is not used, but a fingerprint needs at least 3 s.
const MIN_LENGTH: Duration = Duration::from_secs(10);

/// Decodes the whole file.
pub(super) fn intact(path: &Path) -> Result<(), String> {
    let fix = "run `baton library scan --verify` to update the catalog, then make a new plan";
    match check(path, Options { length: Some(MIN_LENGTH), hashes: false }, &AtomicBool::new(false)) {
        Ok(AudioReport { damage: None, .. }) => Ok(()),
        Ok(AudioReport { damage: Some(damage), .. }) => {
            Err(format!("it is damaged, but the plan lists no damage: {damage}; {fix}"))
        }
        Err(error) => Err(format!("it cannot be decoded to its end: {error}; {fix}")),
    }
}
