//! GitHub Issues over the REST API.

use std::cell::OnceCell;

use baton_plugin_kit::host::{Call, HostWeb};
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::block::{self, Style};
use crate::issue::{Change, Issue, IssueState, NewIssue, Tracker, WriteError};
use crate::web::{Requests, TIMEOUT, USER_AGENT};

const HEADERS: &[(&str, &str)] =
    &[USER_AGENT, ("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];

/// The host's HTTP client with the GitHub account.
#[must_use]
pub fn host_web() -> HostWeb {
    HostWeb::begin("github", "github").headers(HEADERS).timeout(TIMEOUT)
}

/// The maximum number of pages of 100 issues. Baton refuses a longer list.
const PAGES: usize = 400;

/// A repository.
pub struct GitHub<'a> {
    requests: &'a Requests<'a>,
    repository: &'a str,
    login: OnceCell<Option<String>>,
}

/// An issue as the API returns it.
#[derive(Deserialize)]
struct IssueResponse {
    number: u64,
    title: String,
    #[serde(default)]
    body: Option<String>,
    state: String,
    #[serde(default)]
    state_reason: Option<String>,
    #[serde(default)]
    closed_at: Option<String>,
    html_url: String,
    #[serde(default)]
    author_association: String,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    pull_request: Option<Value>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

impl<'a> GitHub<'a> {
    /// The repository `owner/name`.
    #[must_use]
    pub const fn new(requests: &'a Requests<'a>, repository: &'a str) -> Self {
        Self { requests, repository, login: OnceCell::new() }
    }

    fn path(&self) -> String {
        format!("/repos/{}/issues", self.repository)
    }

    /// Converts an issue with a valid marker; `None` for other issues. Anybody may open an issue in a public repository, so
    /// a marker is valid only if somebody with access to the repository, or the account itself, opened the issue.
    fn issue(&self, received: IssueResponse) -> Result<Option<Issue>, Error> {
        if received.pull_request.is_some() {
            return Ok(None);
        }
        let body = received.body.unwrap_or_default();
        let Some(marker) = block::read(Style::Comment, &body) else { return Ok(None) };
        let is_trusted = ["OWNER", "MEMBER", "COLLABORATOR"].contains(&received.author_association.as_str());
        if !is_trusted && !self.is_own(received.user.as_ref())? {
            return Ok(None);
        }
        let state = match (received.state.as_str(), received.state_reason.as_deref()) {
            ("open", _) => IssueState::Open,
            (_, Some("not_planned")) => IssueState::NotPlanned,
            (_, Some("duplicate")) => IssueState::Duplicate,
            _ => IssueState::Done,
        };
        Ok(Some(Issue {
            key: received.number.to_string(),
            number: received.number,
            name: format!("#{}", received.number),
            url: received.html_url,
            title: received.title,
            body,
            state,
            closed_at: received.closed_at.as_deref().and_then(time::parse),
            marker,
        }))
    }

    fn is_own(&self, user: Option<&User>) -> Result<bool, Error> {
        let Some(user) = user else { return Ok(false) };
        if self.login.get().is_none() {
            let content = self.requests.read(&Call::new("GET", "/user"))?;
            let login = content.and_then(|content| content.json.get("login")?.as_str().map(str::to_owned));
            drop(self.login.set(login));
        }
        Ok(self.login.get().and_then(Option::as_deref) == Some(user.login.as_str()))
    }

    fn page(&self, query: &str) -> Result<(Vec<Issue>, Option<String>), Error> {
        let path = format!("{}?{query}", self.path());
        let Some(content) = self.requests.read(&Call::new("GET", &path))? else {
            return Err(Error::Permanent(format!(
                "GitHub has no repository {} with issues (404), or the account may not see it",
                self.repository
            )));
        };
        let received: Vec<IssueResponse> = serde_json::from_value(content.json)
            .map_err(|error| Error::Retryable(format!("GitHub's answer is not a list of issues: {error}")))?;
        let issues = received.into_iter().filter_map(|received| self.issue(received).transpose());
        Ok((issues.collect::<Result<_, _>>()?, content.link.as_deref().and_then(next_query)))
    }
}

impl Tracker for GitHub<'_> {
    fn name(&self) -> String {
        format!("GitHub {}", self.repository)
    }

    fn style(&self) -> Style {
        Style::Comment
    }

    fn list(&self) -> Result<Vec<Issue>, Error> {
        let mut issues = Vec::new();
        // New issues come at the end, so they move no other issue to another page.
        let mut query = "state=all&sort=created&direction=asc&per_page=100".to_owned();
        for _ in 0..PAGES {
            let (page, next) = self.page(&query)?;
            issues.extend(page);
            match next {
                None => return Ok(issues),
                Some(next) if next == query => break,
                Some(next) => query = next,
            }
        }
        Err(Error::Permanent(format!("the list of issues of {} has no end after {PAGES} pages", self.repository)))
    }

    fn read(&self, issue: &Issue) -> Result<Option<Issue>, Error> {
        let path = format!("{}/{}", self.path(), issue.key);
        let Some(content) = self.requests.read(&Call::new("GET", &path))? else {
            return Ok(None);
        };
        let received = serde_json::from_value(content.json)
            .map_err(|error| Error::Retryable(format!("GitHub's answer is not an issue: {error}")))?;
        self.issue(received)
    }

    fn create(&self, issue: &NewIssue) -> Result<(), WriteError> {
        let body = json!({ "title": issue.title, "body": issue.body });
        self.requests.write(&Call::with_json("POST", self.path(), &body)).map(drop)
    }

    fn change(&self, issue: &Issue, change: &Change) -> Result<(), WriteError> {
        let [state, reason] = change.state.map(words).map_or([None; 2], |words| words.map(Some));
        let fields = [
            ("title", change.title.as_deref()),
            ("body", change.body.as_deref()),
            ("state", state),
            ("state_reason", reason),
        ];
        let body: Value = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let path = format!("{}/{}", self.path(), issue.key);
        self.requests.write(&Call::with_json("PATCH", &path, &body)).map(drop)
    }
}

const fn words(state: IssueState) -> [&'static str; 2] {
    match state {
        IssueState::Open => ["open", "reopened"],
        IssueState::Done => ["closed", "completed"],
        IssueState::NotPlanned => ["closed", "not_planned"],
        IssueState::Duplicate => ["closed", "duplicate"],
    }
}

/// The parameters of the next page. The rest of the link is not used: it may have another path (`/repositories/ID/…`), and
/// must not lead to another server.
fn next_query(link: &str) -> Option<String> {
    let next = link.split(',').find(|link| link.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    address.split_once('?').map(|(_, query)| query.to_owned())
}

#[cfg(test)]
mod tests {
    use baton_plugin_kit::host::Web;
    use baton_tests::scripted_web::{ScriptedWeb as Script, answer, answer_with};

    use super::*;

    fn issue(number: u64, association: &str, login: &str) -> Value {
        let body = block::write(Style::Comment, block::Origin { gap: "audit:a:b", source: "audit", at: 0 }, "t", "x");
        json!({ "number": number, "title": "t", "body": body, "state": "open", "html_url": "u",
            "author_association": association, "user": { "login": login } })
    }

    fn list(web: &dyn Web) -> Result<Vec<u64>, Error> {
        let requests = Requests::new(web, "GitHub");
        GitHub::new(&requests, "o/r").list().map(|issues| issues.iter().map(|issue| issue.number).collect())
    }

    #[test]
    fn the_links_are_followed_to_the_end_at_the_same_server() {
        let link = "<https://evil.example/repositories/1/issues?page=2&after=x>; rel=\"next\", <u>; rel=\"last\"";
        let issues = json!([issue(1, "OWNER", "o"), { "number": 2, "title": "", "state": "open", "html_url": "" }]);
        let first = answer_with(200, &[("link", link)], &issues.to_string());
        let web = Script::new(vec![first, answer(200, &json!([issue(3, "MEMBER", "p")]).to_string())]);
        assert_eq!(list(&web).unwrap(), [1, 3]);
        let expected = [
            "GET /repos/o/r/issues?state=all&sort=created&direction=asc&per_page=100",
            "GET /repos/o/r/issues?page=2&after=x",
        ];
        assert_eq!(web.calls(), expected);
    }

    #[test]
    fn a_marker_of_a_stranger_is_ignored() {
        let issues = json!([issue(1, "NONE", "stranger"), issue(2, "NONE", "me"), issue(3, "CONTRIBUTOR", "x")]);
        let web = Script::new(vec![answer(200, &issues.to_string()), answer(200, "{\"login\":\"me\"}")]);
        assert_eq!(list(&web).unwrap(), [2]);
        let mut pull = issue(1, "OWNER", "o");
        pull["pull_request"] = json!({});
        let web = Script::new(vec![answer(200, &json!([pull]).to_string())]);
        assert!(list(&web).unwrap().is_empty(), "a pull request");
    }

    #[test]
    fn an_incomplete_list_is_an_error() {
        for body in ["{}", "[{\"number\":1}]", "null"] {
            assert!(matches!(list(&Script::new(vec![answer(200, body)])), Err(Error::Retryable(_))), "{body}");
        }
        assert!(matches!(list(&Script::new(vec![answer(404, "{}")])), Err(Error::Permanent(_))));
        let endless = || answer_with(200, &[("link", "<https://a/x?page=2>; rel=\"next\"")], "[]");
        assert!(list(&Script::new(vec![endless(), endless()])).is_err());
    }
}
