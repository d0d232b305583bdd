//! Linear over its GraphQL API.

use std::cell::OnceCell;

use baton_plugin_kit::host::{Call, HostWeb};
use baton_plugin_kit::{beginning, time};
use baton_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::block::{self, Style};
use crate::issue::{Change, Issue, IssueState, NewIssue, Tracker, WriteError};
use crate::web::{MOST_REASON, Requests, TIMEOUT, USER_AGENT};
use baton_plugin_kit::audit_report::Severity;

/// The host's HTTP client with the Linear account. The `Authorization` header has the personal key without `Bearer`.
#[must_use]
pub fn host_web() -> HostWeb {
    HostWeb::begin("linear", "linear").headers(&[USER_AGENT]).scheme("").timeout(TIMEOUT)
}

/// The maximum number of pages of 100 issues.
const PAGES: usize = 400;

const TEAM: &str = "query($key: String!) { teams(filter: { key: { eq: $key } }, first: 2) { nodes { id key \
    states(first: 100) { nodes { id type position } } } } }";
const LIST: &str = "query($team: String!, $after: String) { team(id: $team) { issues(first: 100, after: $after, includeArchived: true) { \
    nodes { id identifier number title description url completedAt canceledAt trashed state { type } } \
    pageInfo { hasNextPage endCursor } } } }";
const READ: &str = "query($id: String!) { issue(id: $id) { \
    id identifier number title description url completedAt canceledAt trashed state { type } } }";
const CREATE: &str = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success } }";
const CHANGE: &str =
    "mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success } }";

/// A team.
pub struct Linear<'a> {
    requests: &'a Requests<'a>,
    key: &'a str,
    team: OnceCell<Team>,
}

#[derive(Debug, Deserialize)]
struct Team {
    id: String,
    key: String,
    states: Nodes<State>,
}

#[derive(Debug, Deserialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

#[derive(Debug, Deserialize)]
struct State {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    position: f64,
}

#[derive(Deserialize)]
struct StateKind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    nodes: Vec<IssueResponse>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueResponse {
    id: String,
    identifier: String,
    number: f64,
    title: String,
    #[serde(default)]
    description: Option<String>,
    url: String,
    #[serde(default)]
    completed_at: Option<String>,
    #[serde(default)]
    canceled_at: Option<String>,
    #[serde(default)]
    trashed: Option<bool>,
    state: StateKind,
}

impl<'a> Linear<'a> {
    /// The team with this key.
    #[must_use]
    pub const fn new(requests: &'a Requests<'a>, key: &'a str) -> Self {
        Self { requests, key, team: OnceCell::new() }
    }

    /// Sends a query and returns the `data` of the answer; `None` if the requested object does not exist.
    fn query(&self, query: &str, variables: &Value) -> Result<Option<Value>, Error> {
        let body = json!({ "query": query, "variables": variables });
        let content = self.requests.read(&Call::with_json("POST", "/graphql", &body))?;
        let mut json = content.map(|content| content.json).unwrap_or_default();
        if let Some(failure) = Failure::of(&json) {
            return match failure.kind {
                FailureKind::NotFound => Ok(None),
                FailureKind::Account => Err(failure.account_error()),
                FailureKind::Refused => Err(Error::Permanent(format!("Linear refuses the query: {}", failure.why))),
                FailureKind::Temporary => Err(Error::Retryable(format!("Linear failed: {}", failure.why))),
            };
        }
        json.get_mut("data").map(Value::take).map(Some).ok_or_else(|| unexpected("it has no data"))
    }

    fn team(&self) -> Result<&Team, Error> {
        if let Some(team) = self.team.get() {
            return Ok(team);
        }
        let mut data = self.query(TEAM, &json!({ "key": self.key }))?.unwrap_or_default();
        let found = data.pointer_mut("/teams/nodes").map(Value::take).unwrap_or_default();
        let teams: Vec<Team> = serde_json::from_value(found).map_err(unexpected)?;
        let team = teams.into_iter().find(|team| team.key.eq_ignore_ascii_case(self.key));
        let team = team.ok_or_else(|| {
            Error::Permanent(format!("Linear has no team with the key {}, or the account may not see it", self.key))
        })?;
        Ok(self.team.get_or_init(|| team))
    }

    /// The first state of the team with one of these types, the preferred type first.
    fn state_id(&self, kinds: &[&str]) -> Result<&str, Error> {
        let states = &self.team()?.states.nodes;
        let of = |kind: &&str| {
            let all = states.iter().filter(|state| state.kind == **kind);
            all.min_by(|left, right| left.position.total_cmp(&right.position))
        };
        let found = kinds.iter().find_map(of);
        found.map(|state| state.id.as_str()).ok_or_else(|| {
            Error::Permanent(format!("the Linear team {} has no state of the type {}", self.key, kinds.join(" or ")))
        })
    }

    fn write(&self, mutation: &str, variables: &Value) -> Result<(), WriteError> {
        let body = json!({ "query": mutation, "variables": variables });
        let content = self.requests.write(&Call::with_json("POST", "/graphql", &body))?;
        if let Some(failure) = Failure::of(&content.json) {
            return Err(match failure.kind {
                FailureKind::Account => WriteError::Failed(failure.account_error()),
                FailureKind::Refused | FailureKind::NotFound => {
                    WriteError::Refused(format!("Linear refuses the change: {}", failure.why))
                }
                FailureKind::Temporary => WriteError::Unknown(format!("Linear failed: {}", failure.why)),
            });
        }
        let data = content.json.get("data").and_then(Value::as_object);
        let succeeded = data.and_then(|data| data.values().next()?.get("success")?.as_bool());
        match succeeded {
            Some(true) => Ok(()),
            Some(false) => Err(WriteError::Refused("Linear refuses the change".to_owned())),
            None => Err(WriteError::Unknown("Linear's answer does not state success".to_owned())),
        }
    }
}

impl Tracker for Linear<'_> {
    fn name(&self) -> String {
        format!("Linear {}", self.key)
    }

    fn style(&self) -> Style {
        Style::Code
    }

    fn list(&self) -> Result<Vec<Issue>, Error> {
        let (mut issues, mut after) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut data = self.query(LIST, &json!({ "team": self.team()?.id, "after": after }))?.unwrap_or_default();
            let page = data.pointer_mut("/team/issues").map(Value::take).unwrap_or_default();
            let page: Page = serde_json::from_value(page).map_err(unexpected)?;
            issues.extend(page.nodes.into_iter().filter_map(issue));
            match page.page_info {
                PageInfo { has_next_page: false, .. } => return Ok(issues),
                PageInfo { end_cursor: Some(cursor), .. } if after.as_deref() != Some(&cursor) => after = Some(cursor),
                PageInfo { .. } => return Err(unexpected("the next page has no cursor")),
            }
        }
        Err(Error::Permanent(format!("the list of issues of {} has no end after {PAGES} pages", self.key)))
    }

    fn read(&self, known: &Issue) -> Result<Option<Issue>, Error> {
        let Some(mut data) = self.query(READ, &json!({ "id": known.key }))? else { return Ok(None) };
        let found = data.get_mut("issue").map(Value::take).unwrap_or_default();
        let received: Option<IssueResponse> = serde_json::from_value(found).map_err(unexpected)?;
        Ok(received.and_then(issue))
    }

    fn create(&self, new: &NewIssue) -> Result<(), WriteError> {
        let team = &self.team().map_err(WriteError::Failed)?.id;
        let priority = match new.severity {
            Severity::High => 2,
            Severity::Medium => 3,
            Severity::Low => 4,
            Severity::Info => 0,
        };
        let input = json!({ "teamId": team, "title": new.title, "description": new.body, "priority": priority });
        self.write(CREATE, &json!({ "input": input }))
    }

    fn change(&self, issue: &Issue, change: &Change) -> Result<(), WriteError> {
        let types: Option<&[&str]> = change.state.map(|state| match state {
            IssueState::Open => ["unstarted", "backlog", "triage"].as_slice(),
            IssueState::Done => &["completed"],
            IssueState::NotPlanned => &["canceled"],
            IssueState::Duplicate => &["duplicate", "canceled"],
        });
        let state = types.map(|types| self.state_id(types)).transpose().map_err(WriteError::Failed)?;
        let fields = [("title", change.title.as_deref()), ("description", change.body.as_deref()), ("stateId", state)];
        let input: Value = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.write(CHANGE, &json!({ "id": issue.key, "input": input }))
    }
}

/// Converts an issue; `None` if it has no marker or is in the trash.
fn issue(received: IssueResponse) -> Option<Issue> {
    if received.trashed == Some(true) {
        return None;
    }
    let body = received.description.unwrap_or_default();
    let marker = block::read(Style::Code, &body)?;
    let state = match received.state.kind.as_str() {
        "completed" => IssueState::Done,
        "canceled" => IssueState::NotPlanned,
        "duplicate" => IssueState::Duplicate,
        _ => IssueState::Open,
    };
    let closed_at = received.completed_at.or(received.canceled_at);
    Some(Issue {
        key: received.id,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "Linear's numbers are small and positive"
        )]
        number: received.number as u64,
        name: received.identifier,
        url: received.url,
        title: received.title,
        body,
        state,
        closed_at: closed_at.as_deref().and_then(time::parse),
        marker,
    })
}

/// What an error of GraphQL means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FailureKind {
    /// An object that the request names does not exist.
    NotFound,
    /// Linear does not accept the account, or the account lacks a right.
    Account,
    /// The request is wrong.
    Refused,
    /// A later request may succeed. A change may have taken effect.
    Temporary,
}

/// The first error of GraphQL in an answer, which may have the status 200.
struct Failure {
    kind: FailureKind,
    why: String,
}

impl Failure {
    fn of(json: &Value) -> Option<Self> {
        let first = json.get("errors")?.as_array()?.first()?;
        let text = |place: &str| first.pointer(place).and_then(Value::as_str);
        let message = text("/message").unwrap_or("no reason given");
        let shown = text("/extensions/userPresentableMessage").unwrap_or(message);
        let names = ["/extensions/code", "/extensions/type"].map(|place| text(place).unwrap_or_default());
        let kind = if message.to_lowercase().contains("not found") {
            FailureKind::NotFound
        } else {
            let mut kinds = names.iter().filter_map(|name| kind_of(name));
            kinds.next().unwrap_or(FailureKind::Temporary)
        };
        Some(Self { kind, why: beginning(shown, MOST_REASON) })
    }

    fn account_error(&self) -> Error {
        let why = &self.why;
        Error::Permanent(format!(
            "Linear does not allow the account to do this ({why}); to check its key: baton account test linear"
        ))
    }
}

/// The meaning of an error's `code` (`INVALID_INPUT`) or `type` (`invalid input`); `None` for others, which may be temporary.
fn kind_of(name: &str) -> Option<FailureKind> {
    match name.to_lowercase().replace(['_', '-'], " ").as_str() {
        "entity not found" | "not found" => Some(FailureKind::NotFound),
        "authentication error" | "unauthenticated" | "forbidden" | "feature not accessible" => {
            Some(FailureKind::Account)
        }
        "invalid input"
        | "input error"
        | "bad user input"
        | "user error"
        | "graphql error"
        | "graphql validation failed"
        | "graphql parse failed"
        | "usage limit exceeded" => Some(FailureKind::Refused),
        _ => None,
    }
}

fn unexpected(why: impl std::fmt::Display) -> Error {
    Error::Retryable(format!("Linear's answer is not what its API promises: {why}"))
}

#[cfg(test)]
mod tests {
    use baton_tests::scripted_web::{ScriptedWeb as Script, answer};

    use super::*;

    const TEAM_ANSWER: &str = r#"{"data":{"teams":{"nodes":[{"id":"t","key":"ENG","states":{"nodes":[
        {"id":"s1","type":"completed","position":5},{"id":"s2","type":"completed","position":4.5},{"id":"s3","type":"canceled","position":6}]}}]}}}"#;

    fn page(next: bool, cursor: &str) -> String {
        let body = block::write(Style::Code, block::Origin { gap: "audit:a:b", source: "audit", at: 0 }, "t", "x");
        let node = json!({ "id": cursor, "identifier": "ENG-1", "number": 1, "title": "t", "description": body, "url": "u",
            "completedAt": null, "canceledAt": null, "state": { "type": "started" } });
        json!({ "data": { "team": { "issues": { "nodes": [node], "pageInfo": { "hasNextPage": next, "endCursor": cursor } } } } })
            .to_string()
    }

    #[test]
    fn all_pages_are_read_or_it_is_an_error() {
        let list = |answers: &[String]| {
            let answers =
                std::iter::once(TEAM_ANSWER).chain(answers.iter().map(String::as_str)).map(|body| answer(200, body));
            let web = Script::new(answers);
            let requests = Requests::new(&web, "Linear");
            let listed = Linear::new(&requests, "ENG").list();
            listed.map(|issues| issues.into_iter().map(|issue| issue.key).collect::<Vec<_>>())
        };
        assert_eq!(list(&[page(true, "a"), page(false, "b")]).unwrap(), ["a", "b"]);
        assert!(list(&[page(true, "a"), page(true, "a")]).is_err(), "the same cursor again");
        for wrong in
            ["{}", r#"{"data":null}"#, r#"{"data":{"team":null}}"#, r#"{"errors":[{"message":"no"}],"data":null}"#]
        {
            assert!(list(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_state_is_the_first_of_its_type() {
        let web = Script::new(vec![answer(200, TEAM_ANSWER)]);
        let requests = Requests::new(&web, "Linear");
        let linear = Linear::new(&requests, "ENG");
        assert_eq!(linear.state_id(&["completed"]).unwrap(), "s2");
        assert_eq!(linear.state_id(&["duplicate", "canceled"]).unwrap(), "s3");
        assert!(linear.state_id(&["unstarted"]).is_err());
        let web = Script::new(vec![answer(200, TEAM_ANSWER)]);
        let requests = Requests::new(&web, "Linear");
        assert!(Linear::new(&requests, "OPS").list().is_err(), "another team");
    }

    #[test]
    fn a_mutation_without_a_stated_success_is_unknown() {
        let write = |body: &str| {
            let web = Script::new(vec![answer(200, body)]);
            let requests = Requests::new(&web, "Linear");
            Linear::new(&requests, "ENG").write(CREATE, &json!({}))
        };
        assert_eq!(write(r#"{"data":{"issueCreate":{"success":true}}}"#), Ok(()));
        assert!(matches!(write(r#"{"data":{"issueCreate":{"success":false}}}"#), Err(WriteError::Refused(_))));
        assert!(matches!(write("{}"), Err(WriteError::Unknown(_))));
    }

    #[test]
    fn an_error_with_status_200_is_final_only_with_certain_codes_or_types() {
        let errors = |extensions: &str, message: &str| {
            format!(r#"{{"errors":[{{"message":"{message}","extensions":{{{extensions}}}}}],"data":null}}"#)
        };
        let write = |body: &str, status| {
            let web = Script::new(vec![answer(status, body)]);
            let requests = Requests::new(&web, "Linear");
            Linear::new(&requests, "ENG").write(CREATE, &json!({})).unwrap_err()
        };
        let read = |body: &str| {
            let web = Script::new(vec![answer(200, body)]);
            let requests = Requests::new(&web, "Linear");
            Linear::new(&requests, "ENG").query(READ, &json!({}))
        };
        for temporary in ["", r#""code":"INTERNAL_SERVER_ERROR""#, r#""type":"lock timeout""#] {
            let body = errors(temporary, "no");
            assert!(matches!(write(&body, 200), WriteError::Unknown(_)), "{body}");
            assert!(matches!(read(&body), Err(Error::Retryable(_))), "{body}");
        }
        for wrong in [r#""code":"INVALID_INPUT""#, r#""type":"invalid input","code":"INPUT_ERROR""#] {
            let body = errors(wrong, "no");
            for status in [200, 400] {
                assert!(matches!(write(&body, status), WriteError::Refused(_)), "{body}");
            }
            assert!(matches!(read(&body), Err(Error::Permanent(_))), "{body}");
        }
        for account in [r#""code":"AUTHENTICATION_ERROR""#, r#""type":"forbidden""#] {
            let body = errors(account, "no");
            let WriteError::Failed(Error::Permanent(why)) = write(&body, 200) else { panic!("{body}") };
            assert!(why.contains("baton account test linear"), "{why}");
            assert!(matches!(read(&body), Err(Error::Permanent(_))), "{body}");
        }
        let missing = errors(r#""type":"invalid input""#, "Entity not found: Issue");
        assert_eq!(read(&missing), Ok(None));
    }

    #[test]
    fn an_issue_in_the_trash_is_ignored() {
        let list = |page: String| {
            let web = Script::new(vec![answer(200, TEAM_ANSWER), answer(200, &page)]);
            let requests = Requests::new(&web, "Linear");
            Linear::new(&requests, "ENG").list().unwrap().len()
        };
        let [kept, trashed] = [false, true]
            .map(|trashed| page(false, "a").replace(r#""title":"t""#, &format!(r#""title":"t","trashed":{trashed}"#)));
        assert_eq!([list(kept), list(trashed)], [1, 0]);
        assert!(LIST.contains(" trashed ") && READ.contains(" trashed "));
    }
}
