//! Damaged components: truncated, or with a flipped bit, at random positions. Reading, compiling and running them ends with an error
//! or a success and never crashes the host. The seed is fixed, so that a failure can be repeated.

use std::fs;
use std::time::Duration;

use baton_registry::Package;
use baton_sandbox::{Cancel, Sandbox};
use baton_tests::fixture;

use super::crowd::attempt;

/// The number of truncations and of flipped bits.
const CUTS: usize = 400;
const FLIPS: usize = 2_000;

/// The number of damaged but well-formed components that are compiled and run.
const LOADED: usize = 25;

/// A damaged component may run for ever; it is cancelled after this time.
const PATIENCE: Duration = Duration::from_millis(300);

/// Pseudorandom numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

#[test]
fn a_truncated_component_is_never_a_plugin() {
    let component = fs::read(fixture("noop")).unwrap();
    for cut in (0..CUTS).map(|n| n * component.len() / CUTS) {
        assert!(Package::read(&component[..cut]).is_err(), "{cut} of {} bytes", component.len());
    }
    assert!(Package::read(&component).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_with_a_flipped_bit_is_refused_or_runs_within_its_limits() {
    let component = fs::read(fixture("noop")).unwrap();
    let sandbox = Sandbox::new(None).unwrap();
    let mut chance = Random(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut loaded, mut ran) = (0, 0, 0);
    for _ in 0..FLIPS {
        let mut flipped = component.clone();
        let (place, bit) = (chance.below(component.len()), chance.below(8));
        flipped[place] ^= 1 << bit;
        if Package::read(&flipped).is_err() {
            refused += 1;
            // Baton never compiles a component that the check refuses. The test compiles some of them, because even that
            // must not crash.
            if refused % 20 == 0 {
                drop(sandbox.load(&flipped));
            }
        } else if loaded < LOADED {
            loaded += 1;
            ran += usize::from(run(&sandbox, &flipped).await);
        }
    }
    assert!(refused > FLIPS / 20 && loaded == LOADED, "{refused} were refused, {loaded} were loaded");
    assert!(ran > 0, "none of {loaded} could be run");
}

/// True if the component could be run, with any result.
async fn run(sandbox: &Sandbox, component: &[u8]) -> bool {
    let Ok(plugin) = sandbox.load(component) else {
        return false;
    };
    let cancel = Cancel::default();
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        later.cancel();
    });
    drop(sandbox.run(&plugin, attempt("noop", cancel)).await);
    true
}
