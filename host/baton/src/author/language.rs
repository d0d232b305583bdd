//! The languages that a plugin can be written in with one command: how a folder shows its language, and which command makes
//! a component of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_core::manifest::SourceManifest;

const TARGET: &str = "wasm32-wasip2";

/// Which interface has the module `types` in Python; the other one gets the name of its package, too.
const TYPES: &str = "baton:plugin/types@0.1.0=types";

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    Javascript,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::Javascript];

    /// As `--lang` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Javascript => "javascript",
        }
    }

    /// The file that has the plugin's name and version, and by which the language is known.
    pub(crate) fn project_file(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "pyproject.toml",
            Self::Javascript => "package.json",
        }
    }

    /// What brings the tool, in a folder that the template made.
    pub(crate) fn setup(self) -> &'static str {
        match self {
            Self::Rust => "rustup target add wasm32-wasip2",
            Self::Python => "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
            Self::Javascript => "npm install",
        }
    }

    /// Whether its tools leave the manifest to us.
    pub(crate) fn is_packed_by_us(self) -> bool {
        self != Self::Rust
    }

    /// Where the tool puts the component, or is told to.
    pub(crate) fn component(self, folder: &Path, name: &str) -> PathBuf {
        let target = folder.join("target");
        match self {
            Self::Rust => target.join(TARGET).join("release").join(format!("{}.wasm", name.replace('-', "_"))),
            Self::Python | Self::Javascript => target.join("component.wasm"),
        }
    }

    /// The command that makes `component` of the plugin in `folder`, to be run there.
    pub(crate) fn command(self, folder: &Path, declares: &SourceManifest, component: &Path) -> Command {
        let mut command = Command::new(self.tool(folder));
        match self {
            Self::Rust => {
                command.args(["build", "--release", "--target", TARGET, "--target-dir", "target"]);
                // What the host's compiler was told is not for the guest's.
                command.env_remove("CARGO_BUILD_TARGET").env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
            }
            Self::Python => {
                command.args(["--wit-path", "wit"]);
                if declares.capabilities.http.is_empty() {
                    command.args(["--world", "plugin"]);
                } else {
                    // `app` is the template's world: `plugin`, and wasi:http for its `src/fetch.py`. Both have an interface `types`.
                    command.args(["--world", "app", "--import-interface-name", TYPES]);
                }
                command.args(["componentize", "app"]);
                command.args(["--python-path", "src", "--output"]).arg(component);
            }
            Self::Javascript => {
                // `app` is the template's world: `plugin`, and files for its `src/files.js`.
                command.args(["--wit", "wit", "--world-name", "app", "--disable", "fetch-event"]);
                // A plugin that asks for no requests imports no wasi:http; its `fetch` traps.
                if declares.capabilities.http.is_empty() {
                    command.args(["--disable", "http"]);
                }
                command.arg("--out").arg(component).arg("src/app.js");
            }
        }
        command
    }

    /// The tool: the folder's own before that of the machine.
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
