//! The functions of `wit/ledger.wit`.

use baton_ledger::task::history::{self, HistoryLimit, HistoryPage, InputCopy};
use jiff::Timestamp;

use super::{Ledger, generated};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};
use crate::limits;
use generated::{Entry, Error, Range};

impl Capability<State> for Ledger {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        Ok(Self::new(setup.manifest, setup.request.ledger.clone()))
    }
}

impl generated::Host for State {
    async fn tasks(&mut self, range: Range) -> wasmtime::Result<Result<Vec<Entry>, Error>> {
        let times = moment(range.since.as_deref()).and_then(|since| Ok((since, moment(range.until.as_deref())?)));
        let (since, until) = match times {
            Ok(times) => times,
            Err(error) => return Ok(Err(error)),
        };
        let room = room(range.most);
        let found = self.ledger.with(move |reader| history::newest(reader, since, until, room)).await;
        Ok(found.and_then(|found| entries(found, "newest")))
    }

    async fn open_requests(&mut self, most: u32) -> wasmtime::Result<Result<Vec<Entry>, Error>> {
        let room = room(most);
        let found = self.ledger.with(move |reader| history::unanswered(reader, room)).await;
        Ok(found.and_then(|found| entries(found, "oldest")))
    }

    async fn disputed(&mut self, most: u32) -> wasmtime::Result<Result<Vec<Entry>, Error>> {
        let room = room(most);
        let found = self.ledger.with(move |reader| history::disputed(reader, room)).await;
        Ok(found.and_then(|found| entries(found, "oldest")))
    }

    async fn input(&mut self, task: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let id = task.clone();
        let kept = self.ledger.with(move |reader| history::captured(reader, &id)).await;
        Ok(kept.and_then(|kept| match kept {
            InputCopy::Bytes(bytes) if bytes.len() > limits::LEDGER_BYTES => {
                Err(Error::TooLarge(format!("the file has {} bytes; at most {}", bytes.len(), limits::LEDGER_BYTES)))
            }
            InputCopy::Bytes(bytes) => Ok(Some(bytes)),
            InputCopy::Nothing => Ok(None),
            InputCopy::NoTask => Err(Error::Invalid(format!("there is no task {task:?}; use the complete id"))),
        }))
    }
}

fn room(most: u32) -> HistoryLimit {
    HistoryLimit { most: most.min(limits::LEDGER_TASKS), bytes: limits::LEDGER_BYTES }
}

fn moment(text: Option<&str>) -> Result<Option<Timestamp>, Error> {
    let wrong =
        |text: &str, error| Error::Invalid(format!("{text:?} is not a time such as 2026-01-18T10:15:00Z: {error}"));
    text.map(|text| text.parse().map_err(|error: jiff::Error| wrong(text, error))).transpose()
}

/// The entries of a page. If the page is too large, `end` (newest or oldest) names the part that is within the limit.
fn entries(found: HistoryPage, end: &str) -> Result<Vec<Entry>, Error> {
    if found.is_full {
        let (fit, most) = (found.entries.len(), limits::LEDGER_BYTES >> 20);
        return Err(Error::TooLarge(format!(
            "more than {most} MiB: request only the {fit} {end}, or a shorter period"
        )));
    }
    Ok(found.entries.into_iter().map(entry).collect())
}

fn entry(entry: history::HistoryEntry) -> Entry {
    Entry {
        id: entry.id,
        agent: entry.agent,
        from: entry.sender,
        title: entry.title,
        kind: entry.kind,
        origin: entry.origin.as_str().to_owned(),
        action: entry.action,
        state: entry.state.as_str().to_owned(),
        outcome: entry.outcome.map(|kind| kind.as_str().to_owned()),
        evidence: entry.evidence.map(|evidence| evidence.as_str().to_owned()),
        reason: entry.reason,
        attempts: entry.attempts,
        created_at: with_milliseconds(entry.created_at),
        ended_at: entry.ended_at.map(with_milliseconds),
        deadline: entry.deadline.map(with_milliseconds),
        file: entry.file,
    }
}

/// A time with three digits of a second, as in `baton status --json`, so that times sort as text.
fn with_milliseconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_parsed_and_other_text_is_an_error_that_quotes_it() {
        let read = moment(Some("2026-01-18T11:15:00.5+01:00")).unwrap().unwrap();
        assert_eq!(read.to_string(), "2026-01-18T10:15:00.5Z");
        assert_eq!(moment(None), Ok(None));
        for wrong in ["", "yesterday", "2026-01-18", "2026-13-01T00:00:00Z"] {
            let Err(Error::Invalid(said)) = moment(Some(wrong)) else { panic!("{wrong:?}") };
            assert!(said.contains(&format!("{wrong:?} is not a time")), "{said}");
        }
    }

    #[test]
    fn times_sort_as_text() {
        let told =
            [0, 70, 1_000].map(|millisecond| with_milliseconds(Timestamp::from_millisecond(millisecond).unwrap()));
        assert_eq!(told, ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.070Z", "1970-01-01T00:00:01.000Z"]);
    }

    #[test]
    fn errors_when_the_result_is_too_large_with_the_number_that_fits() {
        let Err(Error::TooLarge(said)) = entries(HistoryPage { entries: Vec::new(), is_full: true }, "newest") else {
            panic!()
        };
        assert!(said.contains("4 MiB") && said.contains("the 0 newest"), "{said}");
        assert_eq!(room(u32::MAX).most, 10_000);
    }
}
