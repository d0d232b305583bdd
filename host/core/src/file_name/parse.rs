//! Parses a name: takes parts from the front (times, kind, nested names) and from the back (decorations, dead letter,
//! tail). The rest is the title.
//!
//! Parsing never fails and takes linear time, because every step either removes a part or ends. If the form of a name is
//! unknown, all its words become the title.

use std::collections::VecDeque;

use super::stamp::{self, Stamp};
use super::words::{self, is_agent_like, is_decoration, is_kind_shaped, is_known_kind, is_retry, is_token};
use super::{About, FileName};
use crate::agents;

/// Parses a file name. An unknown form returns its stem as the title.
#[must_use]
pub fn parse(name: &str) -> FileName {
    let parts = without_ending(name).split("__").flat_map(single_underscore).collect();
    let mut reader = Reader { parts, read: FileName::default() };
    reader.front();
    reader.back();
    if reader.kind() {
        reader.inner_names();
    }
    reader.clash();
    reader.tail();
    reader.title();
    reader.read
}

/// The name without `.json`, `.md` or another short file extension. `v2.4` has none.
fn without_ending(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("markdown") => stem,
        Some((stem, ending)) if ending.len() <= 4 && ending.bytes().all(|b| b.is_ascii_alphabetic()) => stem,
        _ => name,
    }
}

/// Older names have one underscore between time and title.
fn single_underscore(part: &str) -> impl Iterator<Item = &str> {
    let (time, rest) = stamp::prefix(part).unwrap_or(("", part));
    [time, rest].into_iter().filter(|part| !part.is_empty())
}

struct Reader<'a> {
    /// The parts that remain to be read.
    parts: VecDeque<&'a str>,
    read: FileName,
}

impl<'a> Reader<'a> {
    /// Takes leading times, and the mark of a dead letter between them. If there are several move times, the first one is
    /// the time of the last move.
    fn front(&mut self) {
        while let Some(first) = self.parts.front() {
            match stamp::read(first) {
                Some(stamp) => self.take(stamp),
                None if *first == "MAXRETRY" && self.parts.len() > 1 => {
                    self.read.decorations.push("MAXRETRY".to_owned());
                }
                None => break,
            }
            self.parts.pop_front();
        }
    }

    /// Takes trailing decorations and times. The date after `RETRY3` is the day of parking.
    fn back(&mut self) {
        let (mut found, mut day) = (Vec::new(), None);
        while let Some(last) = self.parts.back().filter(|_| self.parts.len() > 1) {
            match stamp::read(last) {
                Some(Stamp::Day(date)) => day = Some(date),
                Some(stamp) => self.take(stamp),
                None if is_decoration(last) => {
                    let parked = if is_retry(last) { day.take() } else { None };
                    self.read.parked_on = self.read.parked_on.or(parked);
                    found.push((*last).to_owned());
                }
                None => break,
            }
            self.parts.pop_back();
        }
        self.read.made_on = self.read.made_on.or(day);
        self.read.decorations.extend(found.into_iter().rev());
    }

    fn take(&mut self, stamp: Stamp) {
        match stamp {
            Stamp::Utc(at) if self.read.made_at.is_none() => self.read.made_at = Some(at),
            Stamp::Utc(at) => self.read.clashed_at = Some(at),
            Stamp::Local(at) if self.read.made_at.is_none() => _ = self.read.moved_at.get_or_insert(at),
            Stamp::Local(_) => {}
            Stamp::Day(day) => _ = self.read.made_on.get_or_insert(day),
        }
    }

    /// Takes the kind: a known word, or a part with the shape of a kind after a time and before a title.
    fn kind(&mut self) -> bool {
        let Some(first) = self.parts.front() else { return false };
        let timed = self.read.made_at.is_some() || self.read.moved_at.is_some() || self.read.made_on.is_some();
        let known = is_known_kind(first) && (timed || self.parts.len() > 1);
        if known || timed && is_kind_shaped(first) && self.parts.iter().skip(1).any(|part| is_title(part)) {
            self.read.kind = self.parts.pop_front().map(str::to_owned);
        }
        self.read.kind.is_some()
    }

    /// Takes nested names after the kind: each is a time and a kind. A time without a kind was added because the name was
    /// in use.
    fn inner_names(&mut self) {
        while let Some(stamp) = self.parts.front().filter(|_| self.parts.len() > 1).and_then(|part| stamp::read(part)) {
            self.parts.pop_front();
            let kind = self.parts.front().filter(|part| is_known_kind(part) || is_kind_shaped(part));
            if let (Stamp::Utc(made_at), Some(kind)) = (stamp, kind) {
                self.read.about.push(About { made_at, kind: (*kind).to_owned() });
                self.parts.pop_front();
            } else {
                self.take(stamp);
            }
        }
    }

    /// Takes a time before the last part. An archive added it because the name was in use.
    fn clash(&mut self) {
        let Some(last) = self.parts.pop_back() else { return };
        while let Some(stamp @ Stamp::Utc(_)) = self.parts.back().and_then(|part| stamp::read(part)) {
            self.take(stamp);
            self.parts.pop_back();
        }
        self.parts.push_back(last);
    }

    /// Takes the part after the title. A part after a token is an agent. Any other part that is neither a token nor an
    /// agent belongs to the title if it has more than two words, or if only agents are before it.
    fn tail(&mut self) {
        let Some(last) = self.parts.pop_back() else { return };
        let last = self.without_date(last);
        if self.parts.is_empty() {
            return self.only(last);
        }
        let behind_token = self.parts.back().is_some_and(|part| is_token(part));
        if is_token(last) {
            self.read.token = Some(last.to_owned());
        } else if is_agent_like(last) || behind_token && self.parts.len() > 1 {
            self.read.agent = Some(last.to_owned());
            if behind_token {
                self.read.token = self.parts.pop_back().map(str::to_owned);
            }
        } else if words::count(last) > 2 || self.parts.iter().all(|part| agents::is_known(part)) {
            return self.parts.push_back(last);
        }
        self.read.tail = Some(last.to_owned());
    }

    /// Takes a single part. It is the title, unless it is a token, an agent after a kind, or a generated name.
    fn only(&mut self, part: &'a str) {
        if is_token(part) {
            self.read.token = Some(part.to_owned());
        } else if self.read.kind.is_some() && agents::is_known(part) {
            self.read.agent = Some(part.to_owned());
        } else if !self.generated(part) {
            self.parts.push_back(part);
        }
    }

    /// Takes `task-{id8}-{milliseconds}` or `agent-task-{full id}-{time}`, the names that two older programs use.
    fn generated(&mut self, part: &str) -> bool {
        let Some(rest) = part.strip_prefix("agent-task-").or_else(|| part.strip_prefix("task-")) else { return false };
        let found = [36, 32, 16, 8].into_iter().find_map(|length| {
            let (id, time) = rest.split_at_checked(length).filter(|(id, _)| is_token(id))?;
            let time = time.strip_prefix(['-', '_']).unwrap_or(time);
            let stamp = stamp::epoch(time).map(Stamp::Utc).or_else(|| stamp::read(time));
            (stamp.is_some() || time.is_empty()).then_some((id, stamp))
        });
        let Some((id, stamp)) = found else { return false };
        self.read.token = Some(id.to_owned());
        if let Some(stamp) = stamp {
            self.made(stamp);
        }
        true
    }

    /// Takes the agents before the title, then the title.
    fn title(&mut self) {
        let mut agents = Vec::new();
        let most = if self.read.agent.is_some() { 1 } else { 2 };
        while agents.len() < most
            && self.parts.len() > 1
            && self.parts.front().is_some_and(|part| agents::is_known(part))
        {
            agents.extend(self.parts.pop_front().map(str::to_owned));
        }
        if self.read.agent.is_none() {
            self.read.agent = agents.pop();
        }
        self.read.sender = agents.pop();
        if let Some(last) = self.parts.pop_back() {
            let last = self.without_date(last);
            self.parts.push_back(last);
        }
        let title: Vec<String> =
            self.parts.iter().map(|part| words::join(part)).filter(|part| !part.is_empty()).collect();
        self.read.title = (!title.is_empty()).then(|| title.join(" "));
    }

    /// Takes a time or date at the end of the part. Returns the rest of the part.
    fn without_date<'b>(&mut self, part: &'b str) -> &'b str {
        let Some((rest, stamp)) =
            stamp::suffix(part).filter(|_| !part.starts_with("task-") && !part.starts_with("agent-task-"))
        else {
            return part;
        };
        self.made(stamp);
        rest
    }

    /// Takes a time that is joined to a part. Such a time is always the time of creation, never the time of a move.
    fn made(&mut self, stamp: Stamp) {
        match stamp {
            Stamp::Utc(at) => _ = self.read.made_at.get_or_insert(at),
            Stamp::Local(at) => _ = self.read.made_on.get_or_insert(at.date()),
            Stamp::Day(day) => _ = self.read.made_on.get_or_insert(day),
        }
    }
}

/// True if the part can only be a title.
fn is_title(part: &str) -> bool {
    !is_token(part) && !is_agent_like(part) && stamp::read(part).is_none()
}

#[cfg(test)]
mod tests;
