//! The report of the audit lists the issues of its gaps: the tracker writes a file, which the audit may read with a grant.

use baton_tests::notion_server::NotionServer;
use serde_json::{Value, json};

use super::notion::Place;

/// Audits a plan with two missing deliverables, and gives the report to the tracker.
fn audit(place: &Place) -> [String; 2] {
    let workspace = &place.filer.workspace;
    workspace.write("plans/till.md", "# Till\n\n## Deliverables\n\n- `src/till.py`\n- `src/drawer.py`\n");
    workspace.baton(&["run", "audit", "audit", "--arg", "follow_up=false"]);
    let report = workspace.read_bytes("reports/latest.json");
    std::fs::write(workspace.outside().join("audits/latest.json"), &report).unwrap();
    [workspace.read("reports/latest.md"), String::from_utf8(report).unwrap()]
}

fn rows(report: &str) -> Value {
    let report: Value = serde_json::from_str(report).unwrap();
    report["parts"]["issues"].clone()
}

/// The section of the report about issues.
fn section(report: &str) -> &str {
    report.split("## Issues of Gaps\n").nth(1).unwrap_or_default().split("\n---").next().unwrap_or_default()
}

#[test]
fn the_report_of_the_audit_lists_the_issues_of_its_gaps() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Gaps", &super::notion::PROPERTIES);
    let place = Place::new(&notion, &database);
    let workspace = &place.filer.workspace;
    let [page, report] = audit(&place);
    assert!(!page.contains("Issues of Gaps") && rows(&report) == Value::Null, "it is not granted: {page}");

    let grant = format!("files:ro=issues={}", workspace.outside().join("links").display());
    workspace.baton(&["plugin", "grant", "audit", &grant]).ended(0);
    let [page, _] = audit(&place);
    assert!(section(&page).contains("issues.json yet: \\`baton run tracker file\\` writes it"), "{page}");

    place.file();
    let [page, report] = audit(&place);
    let shown = section(&page);
    assert!(shown.contains("The list of Notion Gaps is of the report PLANS-AUDIT-"), "{shown}");
    let filed = notion.rows(&source);
    let issues = rows(&report)["rows"]["issues"].clone();
    assert!(filed.len() >= 2 && issues.as_array().unwrap().len() == filed.len(), "{issues}");
    for row in &filed {
        let url = format!("https://www.notion.so/{}", row.id.replace('-', ""));
        assert!(shown.contains(&format!("]({url}) | open |")), "{shown}");
        assert!(issues.as_array().unwrap().iter().any(|issue| issue["url"] == url), "{issues}");
        assert!(workspace.read("reports/latest.html").contains(&format!("<a href=\"{url}\">")));
    }
    // The new section in the report does not make the tracker create or change anything.
    let writes = notion.writes();
    place.assert_nothing_to_do();
    assert_eq!(notion.writes(), writes);
    // A gap that is fixed leaves the list.
    workspace.write("src/till.py", "def till():\n    return 1\n");
    let [_, report] = audit(&place);
    let left = rows(&report)["rows"]["issues"].to_string();
    assert!(left.contains("src/drawer.py") && !left.contains("src/till.py"), "{left}");
    place.assert_clean(&notion);
}

#[test]
fn an_invalid_list_of_issues_is_reported_and_its_text_is_escaped() {
    let notion = NotionServer::start();
    let [database, _] = notion.add(1, "Gaps", &super::notion::PROPERTIES);
    let place = Place::new(&notion, &database);
    let workspace = &place.filer.workspace;
    let list = workspace.outside().join("links/issues.json");
    let grant = format!("files:ro=issues={}", workspace.outside().join("links").display());
    workspace.baton(&["plugin", "grant", "audit", &grant]).ended(0);
    for (content, why) in [("{", "is not a list of issues"), (r#"{"schema":9,"issues":[]}"#, "unknown schema 9")] {
        std::fs::write(&list, content).unwrap();
        let [page, report] = audit(&place);
        assert!(section(&page).contains(why), "{page}");
        assert!(rows(&report)["reason"].as_str().unwrap().contains(why), "{report}");
    }
    let [_, report] = audit(&place);
    let report: Value = serde_json::from_str(&report).unwrap();
    let hostile = "<b>|[x](y)\n# z";
    let issue =
        |url: &str| json!({ "gap": report["findings"][0]["id"], "issue": hostile, "state": hostile, "url": url });
    for url in ["javascript:alert(1)", "https://a.b/\"onclick=\"x", "https://a.b/) [y](https://c.d"] {
        let content = json!({ "schema": 1, "tracker": hostile, "report": hostile, "issues": [issue(url)] });
        std::fs::write(&list, content.to_string()).unwrap();
        let [page, _] = audit(&place);
        let shown = section(&page);
        assert!(
            shown.contains("\\<b\\>\\|")
                && !shown.contains("](h")
                && !shown.contains("](j")
                && !shown.contains("\n# z"),
            "{shown}"
        );
        let html = workspace.read("reports/latest.html");
        assert!(
            !html.contains("<b>|") && !html.contains("onclick=\"x") && !html.contains("href=\"javascript"),
            "{url}"
        );
    }
    place.assert_clean(&notion);
}
