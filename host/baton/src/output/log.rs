//! Log lines: to stderr, with times; `BATON_LOG` says how much (`debug`, `baton_dispatch=trace`, …).

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging with `default` where `BATON_LOG` is not set.
pub(crate) fn start(default: &str) {
    let filter = EnvFilter::try_from_env("BATON_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // It writes the tokens that registries give it into its log.
    let quiet = "oci_client=warn".parse().into_iter();
    let filter = quiet.fold(filter, EnvFilter::add_directive);
    let colours = std::io::stderr().is_terminal() && !super::no_color();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false)
        .init();
}
