//! Embeds the bundled plugins, the template of `handoffs/` and the templates of plugins in the program.
//!
//! This script builds the plugins in a separate target folder. If `BATON_PLUGINS_DIR` names a folder with built plugins,
//! the script uses those files: `cargo xtask` sets the variable, so that the plugins are built only once. The script adds
//! a missing WebAssembly target with rustup, so that `cargo install --path host/baton` is sufficient.

#[path = "build/templates.rs"]
mod templates;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PLUGINS: [&str; 7] = ["audit", "djay", "drive-sync", "music-files", "notion", "spotify", "tracker"];
const TARGET: &str = "wasm32-wasip2";

fn main() {
    if let Err(problem) = prepare() {
        println!("cargo::error={problem}");
    }
}

fn prepare() -> Result<(), String> {
    let repository = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in ["Cargo.lock", "Cargo.toml", "handoffs", "plugins", "wit"] {
        println!("cargo::rerun-if-changed={}", repository.join(watched).display());
    }
    println!("cargo::rerun-if-env-changed=BATON_PLUGINS_DIR");
    let plugins = match env::var_os("BATON_PLUGINS_DIR") {
        Some(ready) => PathBuf::from(ready),
        None => build_plugins(&repository, &out)?,
    };
    embed_plugins(&plugins, &out)?;
    templates::embed(&repository, &out)?;
    embed_template(&repository.join("handoffs"), &out)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("cargo did not set {name}"))
}

fn build_plugins(repository: &Path, out: &Path) -> Result<PathBuf, String> {
    add_target()?;
    let folder = out.join("guests");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(repository)
        .args(["build", "--profile", "guest", "--target", TARGET, "--target-dir"])
        .arg(&folder);
    for plugin in PLUGINS {
        cargo.args(["--package", plugin]);
    }
    // Settings for the host's compiler must not affect the build of the plugins.
    for set in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR"]
    {
        cargo.env_remove(set);
    }
    let ended = cargo.status().map_err(|error| format!("cargo does not start: {error}"))?;
    if !ended.success() {
        return Err("the bundled plugins do not build; the messages above say why".to_owned());
    }
    Ok(folder.join(TARGET).join("guest"))
}

fn add_target() -> Result<(), String> {
    let rustc = variable("RUSTC")?;
    let asked = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned()).unwrap_or_default();
    if Path::new(&folder).is_dir() {
        return Ok(());
    }
    println!("cargo::warning=adding the target {TARGET} with rustup");
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    if added.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(format!("the target {TARGET} is missing and rustup could not add it; run `rustup target add {TARGET}`"))
}

fn embed_plugins(folder: &Path, out: &Path) -> Result<(), String> {
    let mut code = String::from("&[\n");
    for plugin in PLUGINS {
        // cargo writes `_` where a package's name has `-`.
        let file = folder.join(format!("{}.wasm", plugin.replace('-', "_")));
        println!("cargo::rerun-if-changed={}", file.display());
        let file = file.canonicalize().map_err(|error| format!("{}: {error}", file.display()))?;
        writeln!(code, "({plugin:?}, include_bytes!({:?})),", file.display().to_string())
            .map_err(|error| error.to_string())?;
    }
    code.push(']');
    fs::write(out.join("shipped.rs"), code).map_err(|error| error.to_string())
}

/// Embeds every folder and every visible file of the template, parents first.
fn embed_template(template: &Path, out: &Path) -> Result<(), String> {
    let (mut folders, mut files, mut open) = (Vec::new(), Vec::new(), vec![template.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path.clone());
                open.push(path);
            } else if path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')) {
                files.push(path);
            }
        }
    }
    folders.sort();
    files.sort();
    let mut code = String::from("Template { folders: &[\n");
    let relative = |path: &Path| path.strip_prefix(template).unwrap_or(path).to_string_lossy().into_owned();
    for folder in &folders {
        writeln!(code, "{:?},", relative(folder)).map_err(|error| error.to_string())?;
    }
    code.push_str("], files: &[\n");
    for file in &files {
        let real = file.canonicalize().map_err(|error| error.to_string())?;
        writeln!(code, "({:?}, include_bytes!({:?})),", relative(file), real.display().to_string())
            .map_err(|error| error.to_string())?;
    }
    code.push_str("] }");
    fs::write(out.join("template.rs"), code).map_err(|error| error.to_string())
}
