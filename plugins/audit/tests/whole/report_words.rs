//! Separate reports: follow-up actions, issues for an outbox, the review of a session.

use audit::page::Block;
use audit::report::{Section, follow_up, html, issues, markdown, session_document};
use serde_json::Value;

use crate::report_support::{HOSTILE, follow_ups, full, stamp};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_follow_up_report_reads_like_this() {
    let artifact = follow_up(&follow_ups(), &full(), &stamp());
    assert_eq!(artifact.name, "AUDIT_FOLLOWUP_ACTIONS_20260118_101500.md");
    insta::assert_snapshot!(text(artifact.bytes));
}

#[test]
fn a_review_has_every_form_of_pages() {
    let work = vec![Block::Text("2 commits.".into()), Block::Heading("Lock first".into())];
    let document = session_document("a..b", vec![Section::new("Work", work)], "\u{2705} COMPLETE", &stamp());
    assert!(markdown(&document).contains("## Work\n\n2 commits.\n\n### Lock first\n"));
    let page = html(&document);
    assert!(page.contains("<h3>Lock first</h3>") && page.contains("COMPLETE</span>"));
}

#[test]
fn issues_have_the_findings_id_and_are_closed_with_the_gap() {
    let outbox = issues(&follow_ups(), &stamp()).unwrap().unwrap();
    assert_eq!(outbox.name, "PLANS_AUDIT_ISSUES_20260118_101500.json");
    let outbox: Value = serde_json::from_slice(&outbox.bytes).unwrap();
    assert_eq!((outbox["schema"].as_u64(), outbox["created_at"].as_str()), (Some(1), Some("2026-01-18T10:15:00Z")));
    let entries = outbox["entries"].as_array().unwrap();
    let states: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry["key"].as_str().unwrap(), entry["status"].as_str().unwrap())).collect();
    assert_eq!(states.len(), 5);
    assert_eq!(states[0], ("audit:plans/shop.md:shop/gone.py:missing", "PENDING_CREATION"));
    assert_eq!(states[4], ("audit:plans/shop.md:shop/right.py:missing", "CLOSED"));
    for field in ["type", "title", "severity", "description", "plan", "source_agent"] {
        assert!(entries.iter().all(|entry| entry[field].is_string()), "{field}");
    }
    assert_eq!(issues(&[], &stamp()).unwrap(), None);
}

#[test]
fn hostile_text_stays_text_in_every_report() {
    let all = HOSTILE.concat();
    let mut follow_ups = follow_ups();
    for item in &mut follow_ups {
        (item.title, item.reason, item.path) = (all.clone(), all.clone(), all.clone());
        item.agent = Some(all.clone());
    }
    let review = session_document(&all, vec![Section::new(&all, vec![Block::Text(all.clone())])], &all, &stamp());
    let said = text(follow_up(&follow_ups, &full(), &stamp()).bytes) + &markdown(&review);
    for event in pulldown_cmark::Parser::new_ext(&said, pulldown_cmark::Options::ENABLE_TABLES) {
        use pulldown_cmark::{Event, Tag};
        assert!(
            !matches!(
                event,
                Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. })
            ),
            "{event:?}"
        );
    }
}
