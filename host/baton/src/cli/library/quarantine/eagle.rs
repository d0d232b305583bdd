//! Items of Eagle go into Eagle's own trash, through its API: nothing is written into its folder.

use std::path::Path;

use baton_ledger::path_text;
use baton_library::sync::eagle::{Address, Eagle, Token};
use jiff::Timestamp;

use super::journal::{Journal, Step};
use super::{EagleFile, Report};
use crate::cli::block_on;
use crate::cli::library::sync::EagleArgs;
use crate::secrets::SecretStore;
use crate::workspace::Workspace;

/// Puts the items of the report into Eagle's trash; those that did not go there are refused.
///
/// # Errors
/// When the journal cannot be written.
pub(super) fn trash(
    report: &mut Report,
    args: &EagleArgs,
    workspace: &Workspace,
    journals: &Path,
    dry_run: bool,
) -> anyhow::Result<()> {
    if report.eagle.is_empty() || dry_run {
        return Ok(());
    }
    let number = report.number.clone().unwrap_or_else(|| Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string());
    let mut journal = Journal::open(journals, &number)?;
    let wanted = std::mem::take(&mut report.eagle);
    block_on(async {
        let eagle = connect(args, workspace).await.map_err(|error| error.to_string());
        for file in wanted {
            let done = match &eagle {
                Err(error) => Err(error.clone()),
                Ok(eagle) => one(eagle, &file).await,
            };
            match done {
                Ok(()) => {
                    journal.add(&step(&file))?;
                    report.number = Some(number.clone());
                    report.eagle.push(file);
                }
                Err(why) => report.refuse(&file.path, why),
            }
        }
        Ok(())
    })
}

async fn connect(args: &EagleArgs, workspace: &Workspace) -> anyhow::Result<Eagle> {
    let address = Address::parse(&args.url)?;
    let secret = SecretStore::of(&workspace.state).get(&args.token)?;
    let token = Token::new(&args.token, secret.map(|secret| secret.expose().to_owned()));
    Ok(Eagle::connect(address, token, args.timeout).await?)
}

fn step(file: &EagleFile) -> Step {
    let from = path_text::to_text(&file.path).into_owned();
    Step { from, to: None, eagle: Some(file.id.clone()) }
}

/// Puts an item into the trash of the library that is open, and looks whether it is there.
///
/// # Errors
/// Why it is not, for people.
async fn one(eagle: &Eagle, file: &EagleFile) -> Result<(), String> {
    let name = file.library.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let is_open = eagle.library().is_none_or(|open| match &open.folder {
        Some(folder) => *folder == file.library,
        None => open.name == name,
    });
    if !is_open {
        return Err(format!("another library is open in Eagle; open {name} there, then do it again"));
    }
    let said = |error: baton_library::sync::eagle::EagleError| error.to_string();
    match eagle.item(&file.id).await.map_err(said)? {
        None => return Err("Eagle does not know the item".to_owned()),
        Some(item) if item.deleted => return Ok(()),
        Some(_) => {}
    }
    eagle.trash(&file.id).await.map_err(said)?;
    match eagle.item(&file.id).await.map_err(said)? {
        Some(item) if !item.deleted => Err("Eagle says that it is in the trash, and it is not".to_owned()),
        _ => Ok(()),
    }
}
