//! Log lines to stderr, with times. `BATON_LOG` sets the level (`debug`, `baton_dispatch=trace`, …).
//!
//! On a terminal the times are local; in a file or a journal they are UTC with the date, so that logs of several machines can
//! be compared. The fields have the same names in both.

use std::io::IsTerminal;

use baton_core::text::{lines, one_line};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// The time of a line.
struct Clock {
    local: bool,
}

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        if self.local {
            return write!(writer, "{}", jiff::Zoned::now().strftime("%b %d %H:%M:%S"));
        }
        SystemTime.format_time(writer)
    }
}

/// Starts logging. `default` is the level without `BATON_LOG`.
pub(crate) fn start(default: &str) {
    let filter = EnvFilter::try_from_env("BATON_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // At more detailed levels, `oci_client` logs the access tokens of registries.
    let quiet = "oci_client=warn".parse().into_iter();
    let filter = quiet.fold(filter, EnvFilter::add_directive);
    let terminal = std::io::stderr().is_terminal();
    let colours = terminal && !super::no_color();
    // Messages contain untrusted text: no line of it may look like a log line.
    let fields = debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{}", lines(&format!("{value:?}")).replace('\n', "\n    | ")),
        name => write!(writer, "{name}={}", one_line(&format!("{value:?}"))),
    });
    tracing_subscriber::fmt()
        .fmt_fields(fields.delimited(" "))
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_timer(Clock { local: terminal })
        .with_target(false)
        .init();
}
