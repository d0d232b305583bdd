//! The action `edit`: a plan that adds, removes and moves items of one playlist, or creates it.

use baton_plugin_kit::Findings;
use baton_plugin_sdk::{Error, Severity};
use serde::Deserialize;

use super::plan::{PlanServices, existing, find, plan_one};
use super::remote;
use super::steps::{Step, is_addressable};
use crate::account::web::Api;
use crate::action_result::ActionResult;
use crate::model::WantedPlaylist;
use crate::uri::Uri;

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EditArgs {
    /// The name or id of the playlist.
    pub playlist: String,
    /// True if the playlist is created; then no playlist may have the name yet.
    pub create: bool,
    /// URIs, addresses or ids to add.
    pub add: Vec<String>,
    /// The position of the first added item, counted from 1; absent: at the end.
    pub at: Option<usize>,
    /// URIs, addresses or ids to remove, wherever they occur.
    pub remove: Vec<String>,
    /// Items to move, one after another.
    pub moves: Vec<MoveArgs>,
}

/// Items to move. Positions are counted from 1.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveArgs {
    /// The position of the first item.
    pub from: usize,
    /// The new position of the first item.
    pub to: usize,
    /// The number of items.
    #[serde(default = "one")]
    pub count: usize,
}

const fn one() -> usize {
    1
}

/// Makes a plan for one playlist.
///
/// # Errors
/// The arguments contradict the playlist, the playlist belongs to others, or Spotify is not reachable.
pub fn edit(
    api: &Api<'_>,
    services: PlanServices<'_>,
    args: &EditArgs,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let (add, remove) = (uris(&args.add)?, uris(&args.remove)?);
    let all = remote::all(api)?;
    // Several playlists with this name are an error, also for `create`.
    find(&all, &args.playlist)?;
    let (id, name, present) = match existing(&all, &args.playlist) {
        Ok(found) if args.create => {
            return Err(Error::Permanent(format!(
                "the account has a playlist `{}` already ({})",
                found.name, found.id
            )));
        }
        Ok(found) => {
            let present = remote::read(api, &found.id)?;
            (Some(found.id), found.name, Some(present))
        }
        Err(_) if args.create => (None, args.playlist.clone(), None),
        Err(Error::Permanent(why)) => return Err(Error::Permanent(format!("{why}; `create=true` creates one"))),
        Err(error) => return Err(error),
    };
    let mut items = present.as_ref().map(|present| present.items.clone()).unwrap_or_default();
    for uri in remove.iter().filter(|uri| !items.contains(uri)) {
        let title = format!("{name}: the playlist does not have {uri}, which should be removed");
        findings.add("not-there", uri, Severity::Medium, title, "");
    }
    Step::Remove { uris: remove }.apply(&mut items);
    for moved in &args.moves {
        move_items(&mut items, *moved)?;
    }
    let at = args.at.unwrap_or(items.len() + 1);
    if at == 0 || at > items.len() + 1 {
        return Err(Error::Permanent(format!("`at` is {at}; the playlist has the positions 1 to {}", items.len() + 1)));
    }
    Step::Add { at: at - 1, uris: add }.apply(&mut items);
    plan_one(api, services, all, &WantedPlaylist { id, name, items, ..WantedPlaylist::default() }, present, findings)
}

fn move_items(items: &mut Vec<String>, moved: MoveArgs) -> Result<(), Error> {
    let MoveArgs { from, to, count } = moved;
    let fits = |first: usize| first > 0 && count > 0 && first.saturating_add(count) <= items.len() + 1;
    if !fits(from) || !fits(to) {
        let has = items.len();
        return Err(Error::Permanent(format!("{count} items cannot move from {from} to {to}: the playlist has {has}")));
    }
    let before = if to > from { to - 1 + count } else { to - 1 };
    Step::Move { start: from - 1, length: count, before }.apply(items);
    Ok(())
}

/// The URIs of items that the API can add.
fn uris(given: &[String]) -> Result<Vec<String>, Error> {
    let one = |text: &String| {
        let uri = Uri::parse(text).map(|uri| uri.text()).filter(|uri| is_addressable(uri));
        uri.ok_or_else(|| Error::Permanent(format!("{text:?} is not a track or an episode at Spotify")))
    };
    given.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_move_to_the_position_that_they_have_afterwards() {
        let list = || "ABCDE".chars().map(String::from).collect::<Vec<_>>();
        for (from, to, count, expected) in
            [(1, 5, 1, "BCDEA"), (5, 1, 1, "EABCD"), (1, 3, 2, "CDABE"), (2, 2, 3, "ABCDE"), (4, 1, 2, "DEABC")]
        {
            let mut items = list();
            move_items(&mut items, MoveArgs { from, to, count }).unwrap();
            assert_eq!(items.concat(), expected, "{from} {to} {count}");
        }
        for (from, to, count) in [(0, 1, 1), (1, 0, 1), (6, 1, 1), (5, 1, 2), (1, 5, 2), (1, 2, 0), (1, 2, usize::MAX)]
        {
            assert!(move_items(&mut list(), MoveArgs { from, to, count }).is_err(), "{from} {to} {count}");
        }
    }
}
