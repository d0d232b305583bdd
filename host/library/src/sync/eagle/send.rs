//! Doing what was planned: each item is read, written, and read again.
//!
//! The API knows no "only if it is still so": what somebody changes in Eagle in the moment between our reading and our
//! writing is lost. So an item is read right before it is written, whatever the plan saw minutes ago, and the moment is a
//! few milliseconds. After it all tags that were there must be there still.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::limits::FAILURES;
use super::plan::judge;
use super::{Eagle, EagleError, Planned, Verdict};

/// How it is done.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Whether tags of old go.
    pub replace_old: bool,
    /// How long Eagle has its peace after each item.
    pub pause: Duration,
}

/// What came of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
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
/// When Eagle is not there any more, or [`FAILURES`] items in a row fail: then it is not the items. What was done stays.
pub async fn send(
    eagle: &Eagle,
    planned: &[Planned],
    wish: Wish,
    stop: &AtomicBool,
    mut tell: impl FnMut(usize, Settled),
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
                failures = 0;
                tell(number, settled);
            }
            Err(error) => {
                failures += 1;
                tell(number, Settled::Failed(error.to_string()));
                let gone = matches!(error, EagleError::Unreachable { .. } | EagleError::Unauthorized { .. });
                if gone || failures == FAILURES {
                    return Err(error);
                }
            }
        }
        tokio::time::sleep(wish.pause).await;
    }
    Ok(())
}

async fn one(eagle: &Eagle, planned: &Planned, wish: Wish) -> Result<Settled, EagleError> {
    let Some(item) = eagle.item(&planned.id).await? else {
        return Ok(Settled::Skipped(Verdict::Unknown));
    };
    let merged = match judge(&item, &planned.mark, wish.replace_old) {
        Verdict::Needs(merged) => merged,
        other => return Ok(Settled::Skipped(other)),
    };
    eagle.save(&planned.id, &merged.tags).await?;
    let Some(after) = eagle.item(&planned.id).await? else {
        return Ok(Settled::Failed("it was saved, and is not there any more".to_owned()));
    };
    Ok(match difference(&merged.tags, &merged.removed, &after.tags) {
        None => Settled::Succeeded,
        Some(difference) => Settled::Failed(format!("Eagle says that it has saved the tags, but {difference}")),
    })
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
