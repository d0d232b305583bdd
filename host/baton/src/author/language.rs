//! The languages that `baton plugin build` supports: how a folder shows its language, and the command that builds a component.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_core::manifest::SourceManifest;

const TARGET: &str = "wasm32-wasip2";

/// Maps the interface `types` of `baton:plugin` to the Python module `types`. The interface `types` of `wasi:http` then
/// gets a module with the package name as a prefix.
const TYPES: &str = "baton:plugin/types@0.1.0=types";

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    Javascript,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::Javascript];

    /// The value of `--lang`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Javascript => "javascript",
        }
    }

    /// The project file with the plugin's name and version. It identifies the language.
    pub(crate) fn project_file(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "pyproject.toml",
            Self::Javascript => "package.json",
        }
    }

    /// The command that installs the language's tool in a folder that `baton plugin new` made.
    pub(crate) fn setup(self) -> &'static str {
        match self {
            Self::Rust => "rustup target add wasm32-wasip2",
            Self::Python => "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
            Self::Javascript => "npm install",
        }
    }

    /// True if Baton adds the manifest, because the tools of the language do not.
    pub(crate) fn is_packed_by_us(self) -> bool {
        self != Self::Rust
    }

    /// The path of the component that the tool writes.
    pub(crate) fn component(self, folder: &Path, name: &str) -> PathBuf {
        let target = folder.join("target");
        match self {
            Self::Rust => target.join(TARGET).join("release").join(format!("{}.wasm", name.replace('-', "_"))),
            Self::Python | Self::Javascript => target.join("component.wasm"),
        }
    }

    /// The command that builds `component` from the plugin in `folder`. It runs in that folder.
    pub(crate) fn command(self, folder: &Path, declares: &SourceManifest, component: &Path) -> Command {
        let mut command = Command::new(self.tool(folder));
        match self {
            Self::Rust => {
                command.args(["build", "--release", "--target", TARGET, "--target-dir", "target"]);
                // Settings for the compiler of the host must not affect the guest.
                command.env_remove("CARGO_BUILD_TARGET").env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
            }
            Self::Python => {
                command.args(["--wit-path", "wit"]);
                if declares.capabilities.http.is_empty() {
                    command.args(["--world", "plugin"]);
                } else {
                    // `app` is the template's world. It includes `plugin`, and imports wasi:http for `src/fetch.py`. Both have an
                    // interface `types`.
                    command.args(["--world", "app", "--import-interface-name", TYPES]);
                }
                command.args(["componentize", "app"]);
                command.args(["--python-path", "src", "--output"]).arg(component);
            }
            Self::Javascript => {
                // `app` is the template's world. It includes `plugin`, and imports wasi:filesystem for `src/files.js`.
                command.args(["--wit", "wit", "--world-name", "app", "--disable", "fetch-event"]);
                // A plugin without HTTP grants does not import wasi:http, so its function `fetch` traps.
                if declares.capabilities.http.is_empty() {
                    command.args(["--disable", "http"]);
                }
                command.arg("--out").arg(component).arg("src/app.js");
            }
        }
        command
    }

    /// The path of the tool: in the folder if it is installed there, else on the PATH.
    fn tool(self, folder: &Path) -> OsString {
        let (own, name) = match self {
            Self::Rust => return std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            Self::Python => (".venv/bin", "componentize-py"),
            Self::Javascript => ("node_modules/.bin", "componentize-js"),
        };
        let own = folder.join(own).join(name);
        if own.is_file() { own.into() } else { name.into() }
    }
}
