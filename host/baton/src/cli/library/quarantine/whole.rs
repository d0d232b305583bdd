//! Whether a file that is to be kept is intact. A plan that names no damage may come from a catalog that was written before all of a
//! file was decoded: then nobody has checked. So the file is decoded to its end before another copy of it is moved.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Options, check};

/// How much is fingerprinted on the way, which nobody needs here: a little more than the shortest that is read, 3 s.
const HEARD: Duration = Duration::from_secs(10);

/// Decodes all of a file.
pub(super) fn intact(path: &Path) -> Result<(), String> {
    let fix = "`baton library scan --verify` tells the catalog, then make a new plan";
    match check(path, Options { length: Some(HEARD), hashes: false }, &AtomicBool::new(false)) {
        Ok(AudioReport { damage: None, .. }) => Ok(()),
        Ok(AudioReport { damage: Some(damage), .. }) => {
            Err(format!("it is damaged, which the plan does not know: {damage}; {fix}"))
        }
        Err(error) => Err(format!("it cannot be decoded to its end: {error}; {fix}")),
    }
}
