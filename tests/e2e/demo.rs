//! The demo of `cargo xtask demo`: every step holds, and the demo reports each one.

use std::process::Command;

use baton_tests::Output;

#[test]
fn the_demo_of_three_agents_succeeds() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    let told = Output::of(demo.env("BATON_BIN", baton_tests::baton())).ended(0).stdout;
    for line in ["refuted, disputed", "verified, succeeded", "has no task", "open again", "Every step holds."] {
        assert!(told.contains(line), "{line}: {told}");
    }
}
