//! Notion: a database in which each gap is a page. The marker and the description are properties, so that the content of a page
//! belongs to people.

use std::cell::OnceCell;
use std::time::Duration;

use baton_plugin_kit::notion::{
    Api, Property, RATE, Refusal, WriteResult, data_source, plain_text, properties, rich_text, rows, text, uuid,
};
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use serde_json::{Map, Value, json};

use crate::block::{self, Style};
use crate::issue::{Change, Issue, IssueState, NewIssue, RequestPacer, Tracker, WriteError};
use crate::web::TIME_S;
use baton_plugin_kit::audit_report::Severity;

/// The property of the marker.
const MARKER: &str = "Baton Gap";
const STATUS: &str = "Status";
const DETAILS: &str = "Details";
/// The only optional property of a database.
const SEVERITY: &str = "Severity";

/// The properties that the database needs, and their types in the API and in Notion's menu.
const NEEDED: [(&str, &str, &str); 3] =
    [(MARKER, "rich_text", "Text"), (STATUS, "select", "Select"), (DETAILS, "rich_text", "Text")];

/// The states and the options of [`STATUS`]. Every other option counts as open.
const STATES: [(IssueState, &str); 4] = [
    (IssueState::Open, "Open"),
    (IssueState::Done, "Done"),
    (IssueState::NotPlanned, "Not planned"),
    (IssueState::Duplicate, "Duplicate"),
];

/// The maximum number of characters of a description. Notion accepts 200,000.
const MOST_DETAILS: usize = 50_000;

/// Notion rounds the time of an edit down to its minute.
const MINUTE_MS: i64 = 60_000;

/// The number of requests per second that corresponds to a pause of `pause_ms` milliseconds between two changes.
#[must_use]
pub fn rate(pause_ms: Option<u64>) -> u32 {
    pause_ms.map_or(RATE, |pause| u32::try_from(1_000 / pause.max(100)).unwrap_or(RATE).max(1))
}

impl RequestPacer for Api<'_> {
    fn seconds_left(&self) -> u64 {
        TIME_S.saturating_sub(self.elapsed().as_secs())
    }

    fn sent(&self) -> usize {
        self.requests()
    }

    fn rest(&self, duration: Duration) {
        Api::rest(self, duration);
    }
}

/// A database.
pub struct Notion<'a> {
    api: &'a Api<'a>,
    database: &'a str,
    source: OnceCell<Source>,
}

/// Its data source.
struct Source {
    id: String,
    title: String,
    properties: Vec<Property>,
}

impl Source {
    fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|one| one.name.trim() == name)
    }

    fn id_of(&self, name: &str) -> &str {
        self.property(name).map_or("", |one| one.id.as_str())
    }

    fn title_id(&self) -> &str {
        self.properties.iter().find(|one| one.kind == "title").map_or("title", |one| one.id.as_str())
    }

    /// The changes that a person has to make at Notion.
    fn missing(&self) -> Vec<String> {
        let problem = |(name, kind, shown): &(&str, &str, &str)| match self.property(name) {
            Some(one) if one.kind == *kind => None,
            Some(one) => Some(format!("change the type of {name:?} from {} to {shown}", one.kind)),
            None => Some(format!("add the property {name:?} of the type {shown}")),
        };
        NEEDED.iter().filter_map(problem).collect()
    }
}

impl<'a> Notion<'a> {
    /// The database with an id. The id may be that of its data source.
    #[must_use]
    pub const fn new(api: &'a Api<'a>, database: &'a str) -> Self {
        Self { api, database, source: OnceCell::new() }
    }

    fn source(&self) -> Result<&Source, Error> {
        if let Some(known) = self.source.get() {
            return Ok(known);
        }
        let found = self.load()?;
        Ok(self.source.get_or_init(|| found))
    }

    fn load(&self) -> Result<Source, Error> {
        let database = uuid(self.database).ok_or_else(|| {
            Error::Permanent(format!(
                "{:?} is not the id of a database: it has 32 hexadecimal digits, and is in the address of the database, before `?v=`",
                self.database
            ))
        })?;
        let id = data_source(self.api, &database)?;
        let described = self.api.get(&format!("/v1/data_sources/{id}"))?;
        let Some(fields) = described.get("properties").and_then(Value::as_object) else {
            return Err(Error::Retryable("an answer of Notion has no `properties`".to_owned()));
        };
        let pieces = described.get("title").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let title = pieces.iter().map(|piece| text(piece, "plain_text")).collect();
        let source = Source { id, title, properties: properties(fields) };
        let missing = source.missing();
        if !missing.is_empty() {
            return Err(Error::Permanent(format!(
                "the database lacks properties for gaps; in Notion: {}. Then run the task again",
                missing.join("; ")
            )));
        }
        Ok(source)
    }

    /// Converts a page to an issue; `None` if it has no marker or is in the trash. `number` is the position of the page in
    /// its list.
    fn issue(&self, page: &Value, number: u64) -> Result<Option<Issue>, Error> {
        let source = self.source()?;
        let values = page.get("properties").and_then(Value::as_object);
        let value = |id: &str| {
            let mut all = values.into_iter().flat_map(Map::values);
            let found = all.find(|value| baton_plugin_kit::notion::decoded(&text(value, "id")) == id);
            found.map(plain_text).unwrap_or_default()
        };
        let body = value(source.id_of(MARKER));
        let Some(marker) = block::read(Style::Plain, &body) else { return Ok(None) };
        if page.get("in_trash").and_then(Value::as_bool) == Some(true) {
            return Ok(None);
        }
        let state = state(&value(source.id_of(STATUS)));
        let edited = time::parse(&text(page, "last_edited_time")).map(|at| at + MINUTE_MS - 1);
        let key = text(page, "id");
        Ok(Some(Issue {
            number,
            name: format!("page {}", key.rsplit('-').next().unwrap_or_default()),
            url: text(page, "url"),
            title: value(source.title_id()),
            body,
            state,
            // Notion does not store when a page was closed, so the time of its last edit is used.
            closed_at: edited.filter(|_| state != IssueState::Open),
            marker,
            key,
        }))
    }

    /// The properties of a page, with the values to write.
    fn values(&self, title: Option<&str>, body: Option<&str>, severity: Option<Severity>) -> Result<Value, WriteError> {
        let source = self.source().map_err(WriteError::Failed)?;
        let mut values = Map::new();
        let mut put = |id: &str, kind: &str, content: &str| {
            let pieces = rich_text(content).map_err(WriteError::Refused)?;
            values.insert(id.to_owned(), json!({ kind: pieces }));
            Ok(())
        };
        if let Some(title) = title {
            put(source.title_id(), "title", title)?;
        }
        if let Some(body) = body {
            let (marker, details) = parts(body);
            put(source.id_of(MARKER), "rich_text", marker)?;
            put(source.id_of(DETAILS), "rich_text", &details)?;
        }
        if let (Some(severity), Some(property)) =
            (severity, source.property(SEVERITY).filter(|one| one.kind == "select"))
        {
            values.insert(property.id.clone(), json!({ "select": { "name": severity.word() } }));
        }
        Ok(Value::Object(values))
    }
}

impl Tracker for Notion<'_> {
    fn name(&self) -> String {
        let title = self.source.get().map_or(self.database, |source| source.title.as_str());
        format!("Notion {title}")
    }

    fn style(&self) -> Style {
        Style::Plain
    }

    fn list(&self) -> Result<Vec<Issue>, Error> {
        let source = self.source()?;
        let filter = json!({ "property": source.id_of(MARKER), "rich_text": { "starts_with": "baton:gap=" } });
        let mut pages = rows(self.api, &source.id, &filter)?;
        // Pages that were created in the same minute are sorted by id, so that every task sees the same order.
        pages.sort_by_key(|page| (text(page, "created_time"), text(page, "id")));
        let issues = (1..).zip(&pages).map(|(number, page)| self.issue(page, number));
        issues.filter_map(Result::transpose).collect()
    }

    fn read(&self, issue: &Issue) -> Result<Option<Issue>, Error> {
        match self.api.get(&format!("/v1/pages/{}", issue.key)) {
            Ok(page) => self.issue(&page, issue.number),
            Err(Refusal::Missing) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn create(&self, new: &NewIssue) -> Result<(), WriteError> {
        let mut properties = self.values(Some(&new.title), Some(&new.body), Some(new.severity))?;
        let source = self.source().map_err(WriteError::Failed)?;
        set_state(&mut properties, source, IssueState::Open);
        let parent = json!({ "type": "data_source_id", "data_source_id": source.id });
        written(self.api.create(&json!({ "parent": parent, "properties": properties })))
    }

    fn change(&self, issue: &Issue, change: &Change) -> Result<(), WriteError> {
        let mut properties = self.values(change.title.as_deref(), change.body.as_deref(), change.severity)?;
        if let Some(state) = change.state {
            set_state(&mut properties, self.source().map_err(WriteError::Failed)?, state);
        }
        written(self.api.patch(&format!("/v1/pages/{}", issue.key), &json!({ "properties": properties })))
    }
}

fn state(option: &str) -> IssueState {
    STATES.iter().find(|(_, name)| *name == option).map_or(IssueState::Open, |(state, _)| *state)
}

fn set_state(properties: &mut Value, source: &Source, state: IssueState) {
    let option = STATES.iter().find(|(one, _)| *one == state).map_or("Open", |(_, name)| *name);
    if let Value::Object(fields) = properties {
        fields.insert(source.id_of(STATUS).to_owned(), json!({ "select": { "name": option } }));
    }
}

fn written(result: WriteResult) -> Result<(), WriteError> {
    match result {
        WriteResult::Done(_) => Ok(()),
        WriteResult::Unknown(why) => Err(WriteError::Unknown(why)),
        WriteResult::Refused(Refusal::Rejected(why)) => Err(WriteError::Refused(why)),
        WriteResult::Refused(refusal) => Err(WriteError::Failed(refusal.into())),
    }
}

/// The marker of a block, and its description as plain text.
fn parts(block: &str) -> (&str, String) {
    let (marker, rest) = block.split_once("\n\n").unwrap_or((block, ""));
    let details = plain(rest.strip_suffix("baton:end").unwrap_or(rest));
    (marker, details.chars().take(MOST_DETAILS).collect())
}

/// Removes the Markdown syntax from a description. Notion shows plain text unchanged and notifies nobody who is named in it.
fn plain(markdown: &str) -> String {
    let mut plain = Vec::new();
    let mut fence = None;
    for line in markdown.trim_end().lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => plain.push(line.to_owned()),
            None => match line.strip_suffix("text").filter(|ticks| ticks.len() > 2 && ticks.bytes().all(|b| b == b'`'))
            {
                Some(begin) => fence = Some(begin),
                None => plain.push(line.trim_end().replace('`', "")),
            },
        }
    }
    plain.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Origin;
    use crate::wording;
    use baton_plugin_kit::audit_report::{Gap, Location};

    #[test]
    fn a_description_is_plain_text_and_its_quotations_stay_as_they_are() {
        let gap = Gap {
            id: "audit:a.md:x.py:missing".to_owned(),
            severity: Severity::High,
            title: "x.py is missing".to_owned(),
            evidence: "see ```text\n`grep x`\n````".to_owned(),
            place: Some(Location { path: "a.md".to_owned(), line: 3 }),
            request: None,
        };
        let origin = Origin { gap: &gap.id, source: "s", at: 7 };
        let block = block::write(Style::Plain, origin, &gap.title, &wording::text(&gap));
        let (marker, details) = parts(&block);
        assert_eq!(block::read(Style::Plain, marker), block::read(Style::Plain, &block));
        assert!(marker.starts_with("baton:gap=") && !marker.contains('\n'), "{marker}");
        let begin = "Severity: high\nPlace: a.md:3\n\nx.py is missing\n\nsee ```text `grep x` ````\n\nBaton's audit";
        assert!(details.starts_with(begin), "{details}");
        assert!(!details.contains("baton:end"), "{details}");
    }

    #[test]
    fn an_unknown_option_is_open_and_a_pause_is_a_rate() {
        assert_eq!(
            ["", "In progress", "Done", "Not planned"].map(state),
            [IssueState::Open, IssueState::Open, IssueState::Done, IssueState::NotPlanned]
        );
        assert_eq!([None, Some(0), Some(500), Some(10_000)].map(rate), [3, 10, 2, 1]);
    }
}
