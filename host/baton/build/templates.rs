//! Puts into the program what `baton plugin new` lays down: the templates of `plugins/sdk/templates`, the contract of
//! `wit/`, and the SDK in a form that stands by itself. So a new plugin always fits the `baton` that made it, and nothing
//! has to be downloaded to begin with.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

const LANGUAGES: [&str; 3] = ["rust", "python", "javascript"];

/// Writes `plugin_templates.rs` into `out`: groups of files, each with its path and its bytes.
pub(crate) fn embed(house: &Path, out: &Path) -> Result<(), String> {
    let sdk = house.join("plugins/sdk");
    let mut groups = vec![("sdk", stand_alone(house, &sdk, &out.join("sdk"))?), ("wit", house.join("wit"))];
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

/// Every file below `folder`, also hidden ones, sorted.
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

/// A copy of the SDK in `copy` that needs neither this workspace nor `../../wit`; gives `copy`.
fn stand_alone(house: &Path, sdk: &Path, copy: &Path) -> Result<PathBuf, String> {
    drop(fs::remove_dir_all(copy));
    fs::create_dir_all(copy.join("src")).map_err(|error| error.to_string())?;
    for file in files(&sdk.join("src"))? {
        let text = read(&file)?.replace("\"../../wit\"", "\"wit\"");
        write_below(sdk, copy, &file, &text)?;
    }
    for file in files(&house.join("wit"))? {
        write_below(house, copy, &file, &read(&file)?)?;
    }
    let manifest = manifest(&table(&house.join("Cargo.toml"))?, table(&sdk.join("Cargo.toml"))?)?;
    write_below(sdk, copy, &sdk.join("Cargo.toml"), &manifest)?;
    Ok(copy.to_owned())
}

/// The SDK's `Cargo.toml` with what it inherits from the workspace written out.
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

/// Puts what the workspace says in the place of each `workspace = true`.
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

/// Writes `text` to where `file`, which lies below `from`, lies below `to`.
fn write_below(from: &Path, to: &Path, file: &Path, text: &str) -> Result<(), String> {
    let path = to.join(file.strip_prefix(from).unwrap_or(file));
    let folder = path.parent().unwrap_or(to);
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).map_err(|error| error.to_string())
}
