//! Embeds the files for `baton plugin new` in the program: the templates of `plugins/sdk/templates`, the contract in
//! `wit/`, and a standalone copy of the SDK. So a new plugin always fits the `baton` that made it, and nothing must be
//! downloaded.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

const LANGUAGES: [&str; 3] = ["rust", "python", "javascript"];

/// Writes `plugin_templates.rs` into `out`: groups of files, each with its path and its bytes.
pub(crate) fn embed(repository: &Path, out: &Path) -> Result<(), String> {
    let sdk = repository.join("plugins/sdk");
    let mut groups = vec![("sdk", stand_alone(repository, &sdk, &out.join("sdk"))?), ("wit", repository.join("wit"))];
    groups.extend(LANGUAGES.map(|language| (language, sdk.join("templates").join(language))));
    let mut code = String::from("&[\n");
    for (name, folder) in groups {
        write_group(&mut code, name, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    code.push(']');
    fs::write(out.join("plugin_templates.rs"), code).map_err(|error| error.to_string())
}

fn write_group(code: &mut String, name: &str, folder: &Path) -> Result<(), String> {
    writeln!(code, "({name:?}, &[").map_err(|error| error.to_string())?;
    for file in files(folder)? {
        let relative = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy();
        let real = file.canonicalize().map_err(|error| error.to_string())?;
        writeln!(code, "({relative:?}, include_bytes!({:?})),", real.display().to_string())
            .map_err(|error| error.to_string())?;
    }
    code.push_str("]),\n");
    Ok(())
}

/// Every file below `folder`, including hidden ones, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a copy of the SDK to `copy` that depends neither on this Cargo workspace nor on `../../wit`. Returns `copy`.
fn stand_alone(repository: &Path, sdk: &Path, copy: &Path) -> Result<PathBuf, String> {
    drop(fs::remove_dir_all(copy));
    fs::create_dir_all(copy.join("src")).map_err(|error| error.to_string())?;
    for file in files(&sdk.join("src"))? {
        let text = read(&file)?.replace("\"../../wit\"", "\"wit\"");
        write_below(sdk, copy, &file, &text)?;
    }
    for file in files(&repository.join("wit"))? {
        write_below(repository, copy, &file, &read(&file)?)?;
    }
    let manifest = manifest(&table(&repository.join("Cargo.toml"))?, table(&sdk.join("Cargo.toml"))?)?;
    write_below(sdk, copy, &sdk.join("Cargo.toml"), &manifest)?;
    Ok(copy.to_owned())
}

/// The SDK's `Cargo.toml` with all inherited values.
fn manifest(workspace: &Table, mut sdk: Table) -> Result<String, String> {
    let workspace = workspace.get("workspace").and_then(Value::as_table).ok_or("no [workspace]")?;
    sdk.remove("lints");
    let given = |name: &str| workspace.get(name).and_then(Value::as_table).ok_or("the workspace has no such section");
    if let Some(package) = sdk.get_mut("package").and_then(Value::as_table_mut) {
        inherit(package, given("package")?)?;
    }
    if let Some(dependencies) = sdk.get_mut("dependencies").and_then(Value::as_table_mut) {
        inherit(dependencies, given("dependencies")?)?;
    }
    for (_, target) in sdk.get_mut("target").and_then(Value::as_table_mut).into_iter().flatten() {
        if let Some(dependencies) = target.get_mut("dependencies").and_then(Value::as_table_mut) {
            inherit(dependencies, given("dependencies")?)?;
        }
    }
    toml::to_string(&sdk).map_err(|error| error.to_string())
}

/// Replaces each `workspace = true` by the value of the Cargo workspace.
fn inherit(section: &mut Table, given: &Table) -> Result<(), String> {
    for (key, value) in section.iter_mut() {
        if value.get("workspace").is_some() {
            *value = given.get(key).ok_or_else(|| format!("the workspace has no `{key}`"))?.clone();
        }
    }
    Ok(())
}

fn table(file: &Path) -> Result<Table, String> {
    read(file)?.parse().map_err(|error| format!("{}: {error}", file.display()))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// Writes `text` to the path in `to` that `file` has in `from`.
fn write_below(from: &Path, to: &Path, file: &Path, text: &str) -> Result<(), String> {
    let path = to.join(file.strip_prefix(from).unwrap_or(file));
    let folder = path.parent().unwrap_or(to);
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).map_err(|error| error.to_string())
}
