//! The SDK for Baton plugins in Rust: the bindings to `wit/` and the macro that exports a type as a component.
//!
//! Only this crate generates guest bindings, so all plugins share one `Task` and one `Outcome`. It adds typed arguments,
//! [`http`] with redirects and [`secrets`].
//!
//! ```
//! use baton_plugin_sdk::{Error, Outcome, Plugin, Task};
//!
//! struct Greeter;
//!
//! impl Plugin for Greeter {
//!     fn run(task: Task) -> Result<Outcome, Error> {
//!         let name = task.arg_str("name")?.unwrap_or_else(|| "world".to_owned());
//!         Ok(Outcome::new(format!("Hello, {name}.")))
//!     }
//! }
//! // In a plugin's own crate: baton_plugin_sdk::plugin!(Greeter, "../manifest.json");
//! ```

#[doc(hidden)]
pub mod bindings;
mod emit;
pub mod fingerprint;
pub mod git;
pub mod http;
pub mod ledger;
pub mod locks;
pub mod secrets;
pub mod sql;
mod task;
pub mod watch;

pub use bindings::baton::plugin::types::{
    Answered, Artifact, Cause, Error, Finding, Handoff, Mount, Outcome, OutcomeKind, Priority, Severity, Task,
};
pub use bindings::baton::plugin::{evidence, handoffs, progress};
// The code that `baton plugin types` writes uses these, so a plugin needs no dependency for them.
pub use serde;
pub use serde_json;

/// A plugin: a type with one function.
pub trait Plugin {
    /// Does one task; see `handler.run` in `wit/handler.wit` for order, idempotence and limits.
    fn run(task: Task) -> Result<Outcome, Error>;
}

/// Makes the crate a Baton component: exports `handler` for `$plugin` and embeds the manifest.
///
/// `$manifest` is the path of the JSON manifest, relative to the calling file. `plugins/REFERENCE.md` describes the manifest.
/// Name and version come from the Cargo package. On targets other than WebAssembly the macro expands to nothing, so the crate
/// can be tested natively.
#[macro_export]
macro_rules! plugin {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        #[expect(unsafe_code, reason = "a component's exports and custom sections are linker names")]
        mod __baton_plugin {
            use super::*;

            const MANIFEST: &[u8] = concat!(
                r#"{"name":""#,
                env!("CARGO_PKG_NAME"),
                r#"","version":""#,
                env!("CARGO_PKG_VERSION"),
                r#"","declares":"#,
                include_str!($manifest),
                "}"
            )
            .as_bytes();

            #[unsafe(link_section = "baton:manifest")]
            #[used]
            static SECTION: [u8; MANIFEST.len()] = *MANIFEST.first_chunk().unwrap();

            struct ExportedPlugin;

            impl $crate::bindings::exports::baton::plugin::handler::Guest for ExportedPlugin {
                fn run(task: $crate::Task) -> Result<$crate::Outcome, $crate::Error> {
                    <$plugin as $crate::Plugin>::run(task)
                }
            }

            $crate::bindings::export_handler!(ExportedPlugin with_types_in $crate::bindings);
        }
    };
}
