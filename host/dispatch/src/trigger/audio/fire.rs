//! One piece: the marks, the ears, one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::State;
use baton_core::handoff::Priority;
use baton_core::manifest::Trigger;
use baton_ledger::{LedgerError, Tx, finding, mark, task};
use baton_sandbox::Cancel;
use fail::fail_point;
use jiff::Timestamp;

use super::super::{self as trigger, Fired};
use super::{AudioTrigger, GRACE, Heard, KIND, NewAudio, News, PATIENCE, pairs, told};
use crate::{DispatchError, House};

/// Hears a piece of what is new in the folder. `closing` ends it early.
///
/// # Errors
/// When the ledger fails.
pub(in super::super) async fn fire(
    house: &Arc<House>,
    trigger: AudioTrigger,
    closing: &Cancel,
) -> Result<Fired, DispatchError> {
    let folder = &trigger.folder.named;
    // Whoever waits already will see what is there by then.
    if !house.hearing.waits(folder) {
        return Ok(Fired::default());
    }
    let place = tokio::select! {
        place = house.hearing.place.acquire() => place.ok(),
        () = closing.asked() => None,
    };
    house.hearing.waits_no_more(folder);
    // One that does not answer is asked again when it has.
    match place.and_then(|place| house.hearing.begins(folder, place)) {
        Some(mut heard) => hear(house, &trigger, &mut heard, closing).await,
        None => Ok(Fired::default()),
    }
}

async fn hear(
    house: &Arc<House>,
    trigger: &AudioTrigger,
    heard: &mut Heard<'_>,
    closing: &Cancel,
) -> Result<Fired, DispatchError> {
    let folder = &trigger.folder.named;
    let news = match ask(house, trigger, heard, closing).await? {
        Ok(news @ News { unreachable: None, .. }) => news,
        Ok(News { unreachable: Some(why), .. }) | Err(why) => {
            house.hearing.say(folder, Some(why));
            return Ok(Fired::default());
        }
    };
    house.hearing.say(folder, None);
    let audio = news.more.then(|| folder.clone());
    if news.files.is_empty() && news.gone.is_empty() {
        return Ok(Fired { audio, ..Fired::default() });
    }
    fail_point!("trigger.heard");
    let (inner, key, now) = (Arc::clone(house), trigger.key(), Timestamp::now());
    let agents = house.ledger.write(move |tx| tell(tx, &inner, &key, &news, now)).await?;
    Ok(Fired { agents, audio, ..Fired::default() })
}

/// Asks the ears, on a thread that may block. The place is let go when that takes too long.
async fn ask(
    house: &Arc<House>,
    trigger: &AudioTrigger,
    heard: &mut Heard<'_>,
    closing: &Cancel,
) -> Result<Result<News, String>, DispatchError> {
    let Some(ears) = house.ears.clone() else {
        return Ok(Ok(News::default()));
    };
    let marks: BTreeMap<String, String> = mark::seen(&house.ledger.reader()?, &trigger.key())?;
    let stop = Arc::new(AtomicBool::new(false));
    let (told, folder) = (Arc::clone(&stop), trigger.folder.named.clone());
    let mut job = tokio::task::spawn_blocking(move || (ears.hear)(&folder, &marks, &told));
    let patience = async {
        tokio::time::sleep(PATIENCE).await;
        heard.place = None;
        let why = "it does not answer; other folders are heard meanwhile".to_owned();
        house.hearing.say(&trigger.folder.named, Some(why));
        std::future::pending::<()>().await;
    };
    let heard = tokio::select! {
        heard = &mut job => heard,
        () = patience => return Ok(Ok(News::default())),
        () = closing.asked() => {
            stop.store(true, Ordering::Relaxed);
            match tokio::time::timeout(GRACE, &mut job).await {
                Ok(heard) => heard,
                // What it comes to is told by the next daemon.
                Err(_) => return Ok(Err("it does not answer".to_owned())),
            }
        }
    };
    Ok(heard.unwrap_or_else(|error| Err(format!("the work broke off, which is a fault of Baton: {error}"))))
}

/// Writes down what was heard, and who is told; gives the plugins that have work.
fn tell(tx: &Tx<'_>, house: &House, key: &str, news: &News, now: Timestamp) -> Result<Vec<String>, LedgerError> {
    for gone in &news.gone {
        mark::clear(tx, key, gone)?;
    }
    for file in &news.files {
        mark::set(tx, key, &file.key, &file.mark)?;
    }
    if news.files.is_empty() {
        return Ok(Vec::new());
    }
    let files = pairs::once(tx, house.ears.as_ref(), news.files.clone())?;
    let own = task::insert(tx, &own(&files), None, now)?;
    for found in told::findings(&files, &|path| house.shown(path)) {
        finding::record(tx, &own, &found)?;
    }
    let mut agents = Vec::new();
    for (name, installed) in &house.plugins().usable {
        let action = installed.plugin.manifest().declares.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Audio { action } => Some(action),
            _ => None,
        });
        let Some(action) = action.filter(|_| installed.grants.sounds.library.is_some()) else { continue };
        let args = told::arguments(&files, &installed.grants.mounts).to_string();
        trigger::insert(tx, house, of_plugin(name, action, args, &files), now)?;
        agents.push(name.clone());
    }
    Ok(agents)
}

/// What Baton itself has done: it has ended when it is written down.
fn own(files: &[NewAudio]) -> task::New {
    let summary = told::summary(files);
    task::New {
        sender: Some("baton".to_owned()),
        title: summary.clone(),
        kind: KIND.to_owned(),
        priority: Priority::Low,
        reason: summary,
        ..task::New::blank("baton", task::Origin::Trigger, State::Succeeded)
    }
}

fn of_plugin(plugin: &str, action: &str, args: String, files: &[NewAudio]) -> task::New {
    task::New {
        sender: Some("baton".to_owned()),
        title: format!("{action}: {}", told::summary(files)),
        kind: KIND.to_owned(),
        action: Some(action.to_owned()),
        args,
        ..task::New::blank(plugin, task::Origin::Trigger, State::Queued)
    }
}
