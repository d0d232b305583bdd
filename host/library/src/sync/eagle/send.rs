//! Doing what was planned: each item is read, written, and read again.
//!
//! The API knows no "only if it is still so": what somebody changes in Eagle in the moment between our reading and our
//! writing is lost. So an item is read right before it is written, whatever the plan saw minutes ago, and the moment is a
//! few milliseconds. After it all tags that were there must be there still.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::limits::{FAILURES, PAUSES};
use super::plan::judge;
use super::{Eagle, EagleError, PlannedItem, Verdict};
use crate::sync::MergedTags;
use crate::sync::mark::{Kind, Mark};

/// How it is done.
#[derive(Clone, Copy, Debug)]
pub struct SendOptions {
    /// Whether tags of old go.
    pub replace_old: bool,
    /// How long Eagle has its peace after each item.
    pub pause: Duration,
}

/// The result for one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// It has the tag now, and that was seen.
    Succeeded,
    /// Nothing was done; since the plan it became another one.
    Skipped(Verdict),
    /// It was not done.
    Failed(String),
}

/// Gives each item of `planned` that needs it its tag; `tell` hears the number of each and what came of it. `stop` ends it
/// after an item.
///
/// # Errors
/// When Eagle is not there any more or loses tags, or [`FAILURES`] items in a row fail: then it is not the items. What was
/// done stays.
pub async fn send(
    eagle: &Eagle,
    planned: &[PlannedItem],
    wish: SendOptions,
    stop: &AtomicBool,
    mut tell: impl FnMut(usize, ItemOutcome),
) -> Result<(), EagleError> {
    let mut failures = 0;
    for (number, planned) in planned.iter().enumerate() {
        if planned.verdict.skipped().is_some() {
            continue;
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match one(eagle, planned, wish).await {
            Ok(settled) => {
                failures = if matches!(settled, ItemOutcome::Failed(_)) { failures + 1 } else { 0 };
                tell(number, settled);
                if failures == FAILURES {
                    return Err(EagleError::SavesNothing { items: FAILURES });
                }
            }
            Err(error) => {
                failures += 1;
                tell(number, ItemOutcome::Failed(error.to_string()));
                if error.ends_all() || failures == FAILURES {
                    return Err(error);
                }
            }
        }
        tokio::time::sleep(wish.pause).await;
    }
    Ok(())
}

/// Reads, writes and reads again. A write of which no answer came may have been done or not, and meanwhile somebody may have
/// changed the tags; so it is never sent again as it was, but begun anew.
async fn one(eagle: &Eagle, planned: &PlannedItem, wish: SendOptions) -> Result<ItemOutcome, EagleError> {
    let mut pauses = PAUSES.iter();
    let mut sent: Option<MergedTags> = None;
    loop {
        let Some(item) = eagle.item(&planned.id).await? else {
            return Ok(ItemOutcome::Skipped(Verdict::Unknown));
        };
        let verdict = judge(&item, &planned.mark, wish.replace_old);
        let tags = item.tags.as_deref().unwrap_or_default();
        let is_known =
            |sent: &&MergedTags| verdict == Verdict::Has || item.tags.is_some() && !lost(sent, tags).is_empty();
        if let Some(sent) = sent.as_ref().filter(is_known) {
            return settled(eagle, &planned.id, sent, tags).await;
        }
        let merged = match verdict {
            Verdict::Needs(merged) => merged,
            other => return Ok(ItemOutcome::Skipped(other)),
        };
        let error = match eagle.save(&planned.id, &merged.tags).await {
            Ok(()) => return seen(eagle, &planned.id, &merged).await,
            Err(error) => error,
        };
        let Some(pause) = pauses.next().filter(|_| error.may_pass()) else { return Err(error) };
        tracing::warn!("{error}; {} is read and written again in {pause:?}", planned.id);
        sent = Some(merged);
        tokio::time::sleep(*pause).await;
    }
}

/// Looks whether the tags are as they were written.
async fn seen(eagle: &Eagle, id: &str, written: &MergedTags) -> Result<ItemOutcome, EagleError> {
    let Some(after) = eagle.item(id).await? else {
        return Ok(ItemOutcome::Failed("it was saved, and is not there any more".to_owned()));
    };
    match after.tags {
        Some(tags) => settled(eagle, id, written, &tags).await,
        None => Ok(ItemOutcome::Failed("it was saved, and its tags are no list of texts any more".to_owned())),
    }
}

/// What came of it. Tags that were there before and are not any more are put back once; where they do not stay, Eagle is told
/// nothing more.
async fn settled(eagle: &Eagle, id: &str, written: &MergedTags, found: &[String]) -> Result<ItemOutcome, EagleError> {
    let Some(difference) = difference(&written.tags, &written.removed, found) else {
        return Ok(ItemOutcome::Succeeded);
    };
    let said = || ItemOutcome::Failed(format!("Eagle says that it has saved the tags, but {difference}"));
    if lost(written, found).is_empty() {
        return Ok(said());
    }
    let came = found.iter().filter(|tag| !written.tags.contains(tag) && !written.removed.contains(tag));
    let all: Vec<String> = written.tags.iter().chain(came).cloned().collect();
    let put_back = match eagle.save(id, &all).await {
        Ok(()) => eagle.item(id).await.ok().flatten(),
        Err(_) => None,
    };
    let after = put_back.and_then(|item| item.tags).unwrap_or_else(|| found.to_vec());
    let lost = lost(written, &after);
    if !lost.is_empty() {
        return Err(EagleError::Loses { item: id.to_owned(), tags: lost.join(", ") });
    }
    let as_written = self::difference(&written.tags, &written.removed, &after).is_none();
    Ok(if as_written { ItemOutcome::Succeeded } else { said() })
}

/// The tags that were there before, were written again, and are gone.
fn lost<'a>(written: &'a MergedTags, found: &[String]) -> Vec<&'a str> {
    let is_ours = |tag: &&String| Mark::kind(tag) == Kind::Ours;
    let gone = written.tags.iter().filter(|tag| !is_ours(tag) && !found.contains(tag));
    gone.map(String::as_str).collect()
}

/// What is not as it was written. Tags that came meanwhile are somebody else's and no difference.
fn difference(written: &[String], removed: &[String], found: &[String]) -> Option<String> {
    let missing: Vec<&str> = written.iter().filter(|tag| !found.contains(tag)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Some(format!("these are not there: {}", missing.join(", ")));
    }
    if let Some(left) = removed.iter().find(|tag| found.contains(tag) && !written.contains(tag)) {
        return Some(format!("{left} is there still"));
    }
    let mut rest = found.iter();
    let in_order = written.iter().all(|tag| rest.any(|found| found == tag));
    (!in_order).then(|| "they are in another order".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_left_or_moved_is_told_and_what_came_is_not() {
        let tags = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let told = |written: &str, removed: &str, found: &str| difference(&tags(written), &tags(removed), &tags(found));
        assert_eq!(told("a b f", "", "a b f"), None);
        assert_eq!(told("a b f", "", "new a b f"), None);
        assert_eq!(told("a f", "old", "a f"), None);
        assert!(told("a b f", "", "a f").unwrap().contains("not there: b"));
        assert!(told("a f", "old", "a old f").unwrap().contains("old is there still"));
        assert!(told("a b f", "", "b a f").unwrap().contains("order"));
    }
}
