//! Carries out the plan: reads each item, writes it, and reads it again.
//!
//! The API has no conditional write, so a change that a user makes between the reading and the writing is lost. To keep this
//! time at a few milliseconds, each item is read again right before it is written. After the write all previous tags must
//! still exist.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::limits::{FAILURES, PAUSES};
use super::plan::judge;
use super::{Eagle, EagleError, PlannedItem, Verdict};
use crate::sync::MergedTags;
use crate::sync::mark::{Kind, Mark};

/// The options of a sync.
#[derive(Clone, Copy, Debug)]
pub struct SendOptions {
    /// Remove tags of the old form.
    pub replace_old: bool,
    /// The pause after each item.
    pub pause: Duration,
}

/// The result for one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// The item has the tag, which was verified.
    Succeeded,
    /// The item was not written, because the decision changed after the plan was made.
    Skipped(Verdict),
    /// The write failed.
    Failed(String),
}

/// Writes the tag of each planned item that needs it. `progress` receives the position and the outcome of each. `stop` ends the
/// sync after an item.
///
/// # Errors
/// When Eagle does not answer any more or loses tags, or [`FAILURES`] items in a row fail. Items written before keep their
/// tags.
pub async fn send(
    eagle: &Eagle,
    planned: &[PlannedItem],
    options: SendOptions,
    stop: &AtomicBool,
    mut progress: impl FnMut(usize, ItemOutcome),
) -> Result<(), EagleError> {
    let mut failures = 0;
    for (number, planned) in planned.iter().enumerate() {
        if planned.verdict.skipped().is_some() {
            continue;
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match send_item(eagle, planned, options).await {
            Ok(outcome) => {
                failures = if matches!(outcome, ItemOutcome::Failed(_)) { failures + 1 } else { 0 };
                progress(number, outcome);
                if failures == FAILURES {
                    return Err(EagleError::NotSaved { items: FAILURES });
                }
            }
            Err(error) => {
                failures += 1;
                progress(number, ItemOutcome::Failed(error.to_string()));
                if error.affects_all_items() || failures == FAILURES {
                    return Err(error);
                }
            }
        }
        tokio::time::sleep(options.pause).await;
    }
    Ok(())
}

/// Reads an item, writes its tags, and reads it again. If Eagle does not answer a write, the tags may or may not be
/// written, and a user may have changed them. So Baton reads the item again before it repeats a write.
async fn send_item(eagle: &Eagle, planned: &PlannedItem, options: SendOptions) -> Result<ItemOutcome, EagleError> {
    let mut pauses = PAUSES.iter();
    let mut sent: Option<MergedTags> = None;
    loop {
        let Some(item) = eagle.item(&planned.id).await? else {
            return Ok(ItemOutcome::Skipped(Verdict::Unknown));
        };
        let verdict = judge(&item, &planned.mark, options.replace_old);
        let tags = item.tags.as_deref().unwrap_or_default();
        let is_known =
            |sent: &&MergedTags| verdict == Verdict::Has || item.tags.is_some() && !lost(sent, tags).is_empty();
        if let Some(sent) = sent.as_ref().filter(is_known) {
            return verify(eagle, &planned.id, sent, tags).await;
        }
        let merged = match verdict {
            Verdict::Needs(merged) => merged,
            other => return Ok(ItemOutcome::Skipped(other)),
        };
        let error = match eagle.save(&planned.id, &merged.tags).await {
            Ok(()) => return read_back(eagle, &planned.id, &merged).await,
            Err(error) => error,
        };
        let Some(pause) = pauses.next().filter(|_| error.is_temporary()) else { return Err(error) };
        tracing::warn!("{error}; Baton reads and writes {} again in {pause:?}", planned.id);
        sent = Some(merged);
        tokio::time::sleep(*pause).await;
    }
}

/// Reads the item again and compares its tags.
async fn read_back(eagle: &Eagle, id: &str, written: &MergedTags) -> Result<ItemOutcome, EagleError> {
    let Some(after) = eagle.item(id).await? else {
        return Ok(ItemOutcome::Failed("it was saved, but does not exist any more".to_owned()));
    };
    match after.tags {
        Some(tags) => verify(eagle, id, written, &tags).await,
        None => Ok(ItemOutcome::Failed("it was saved, but its tags are not a list of texts any more".to_owned())),
    }
}

/// Compares the tags after a write. If previous tags are missing, they are written once more; if they are lost again, the
/// sync stops.
async fn verify(eagle: &Eagle, id: &str, written: &MergedTags, found: &[String]) -> Result<ItemOutcome, EagleError> {
    let Some(difference) = difference(&written.tags, &written.removed, found) else {
        return Ok(ItemOutcome::Succeeded);
    };
    let failed = || ItemOutcome::Failed(format!("Eagle reports that it saved the tags, but {difference}"));
    if lost(written, found).is_empty() {
        return Ok(failed());
    }
    let added = found.iter().filter(|tag| !written.tags.contains(tag) && !written.removed.contains(tag));
    let all: Vec<String> = written.tags.iter().chain(added).cloned().collect();
    let put_back = match eagle.save(id, &all).await {
        Ok(()) => eagle.item(id).await.ok().flatten(),
        Err(_) => None,
    };
    let after = put_back.and_then(|item| item.tags).unwrap_or_else(|| found.to_vec());
    let lost = lost(written, &after);
    if !lost.is_empty() {
        return Err(EagleError::TagsLost { item: id.to_owned(), tags: lost.join(", ") });
    }
    let as_written = self::difference(&written.tags, &written.removed, &after).is_none();
    Ok(if as_written { ItemOutcome::Succeeded } else { failed() })
}

/// The previous tags that were written again and are missing now.
fn lost<'a>(written: &'a MergedTags, found: &[String]) -> Vec<&'a str> {
    let is_ours = |tag: &&String| Mark::kind(tag) == Kind::Ours;
    let missing = written.tags.iter().filter(|tag| !is_ours(tag) && !found.contains(tag));
    missing.map(String::as_str).collect()
}

/// The difference to the written tags. Additional tags come from somebody else and are not a difference.
fn difference(written: &[String], removed: &[String], found: &[String]) -> Option<String> {
    let missing: Vec<&str> = written.iter().filter(|tag| !found.contains(tag)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Some(format!("these tags are missing: {}", missing.join(", ")));
    }
    if let Some(left) = removed.iter().find(|tag| found.contains(tag) && !written.contains(tag)) {
        return Some(format!("the tag {left} is still there"));
    }
    let mut rest = found.iter();
    let in_order = written.iter().all(|tag| rest.any(|found| found == tag));
    (!in_order).then(|| "they are in another order".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_remaining_and_moved_tags_are_differences_but_added_ones_are_not() {
        let tags = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let compare =
            |written: &str, removed: &str, found: &str| difference(&tags(written), &tags(removed), &tags(found));
        assert_eq!(compare("a b f", "", "a b f"), None);
        assert_eq!(compare("a b f", "", "new a b f"), None);
        assert_eq!(compare("a f", "old", "a f"), None);
        assert!(compare("a b f", "", "a f").unwrap().contains("missing: b"));
        assert!(compare("a f", "old", "a old f").unwrap().contains("the tag old is still there"));
        assert!(compare("a b f", "", "b a f").unwrap().contains("order"));
    }
}
