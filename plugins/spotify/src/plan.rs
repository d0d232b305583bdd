//! `plan`: makes a plan that writes the playlists of exports or of the catalog to the account.

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Error;
use serde::Deserialize;

use crate::action_result::ActionResult;
use crate::catalog::EntryDetails;
use crate::model::WantedPlaylist;
use crate::source::PlaylistSources;

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Files and folders, `catalog` or `account`.
    pub from: Vec<String>,
    /// Names of the wanted playlists; absent: all playlists.
    #[serde(default)]
    pub playlists: Vec<String>,
    /// The name of the playlist in the account, if the plan has only one playlist; absent: the name of the playlist in the
    /// export.
    #[serde(default)]
    pub name: Option<String>,
}

/// Collects the playlists for the plan.
///
/// # Errors
/// When a named file or playlist does not exist, or several playlists would get one name.
pub fn run(sources: PlaylistSources<'_>, args: &Args, findings: &mut Findings) -> Result<ActionResult, Error> {
    let playlists = sources.load(&args.from, &args.playlists, EntryDetails::default(), findings)?;
    let from = args.from.join("`, `");
    let mut account = WantedPlaylist::from_playlists(&playlists, &args.playlists);
    match (account.as_mut_slice(), &args.name) {
        ([], _) => return Err(Error::Permanent(format!("`{from}` has no such playlist"))),
        ([only], Some(name)) => only.name.clone_from(name),
        (several, Some(name)) => {
            let count = several.len();
            return Err(Error::Permanent(format!(
                "`{from}` has {count} such playlists, which cannot all be called {name:?}; name one in `playlists`, or merge them"
            )));
        }
        (_, None) => {}
    }
    Ok(ActionResult { account, ..ActionResult::default() })
}
