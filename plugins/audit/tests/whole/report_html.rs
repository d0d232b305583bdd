//! The HTML report: one file that loads nothing, in which text of a plan cannot act as HTML.

use std::collections::HashSet;

use audit::page::{Block, Cell, Table};
use audit::report::{Document, Form, Section, html};

use crate::report_support::{empty, full, hostile, rendered};

/// The tags of a page with their attributes, in order. The parser is simple, because the page has no comments and no scripts.
fn tags(page: &str) -> Vec<&str> {
    let (head, tail) = (page.find("<style>").unwrap() + "<style>".len(), page.find("</style>").unwrap());
    let (head, tail) = (&page[..head], &page[tail..]);
    [head, tail]
        .into_iter()
        .flat_map(|part| part.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()))
        .collect()
}

/// Names of the tags that may be there.
const TAGS: &str = "!DOCTYPE html head meta title style body a header h1 h2 h3 dl div dt dd p span nav ol ul li main section \
    footer table thead tbody tr th td code strong wbr details summary figure figcaption svg line text polyline \
    circle";

const ATTRIBUTES: &str = "lang charset http-equiv content name class href id aria-label aria-labelledby aria-hidden role tabindex scope \
    style viewBox x y x1 x2 y1 y2 cx cy r data-label points html";

#[test]
fn hostile_names_add_no_tags_and_attributes() {
    for report in [empty(), full(), hostile()] {
        let page = rendered(Form::Html, &report);
        for tag in tags(&page) {
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
            assert!(TAGS.split(' ').any(|known| known == name), "<{tag}>");
            let outside: String = tag.split('"').step_by(2).collect();
            for attribute in outside.split_whitespace().skip(1) {
                let attribute = attribute.trim_end_matches(['=', '/']);
                assert!(
                    attribute.is_empty() || ATTRIBUTES.split(' ').any(|known| known == attribute),
                    "{attribute} in <{tag}>"
                );
            }
            if let Some((_, link)) = tag.split_once("href=\"") {
                assert!(link.starts_with('#'), "<{tag}>");
            }
        }
        assert!(!page.contains("<script") && !page.contains("url(") && !page.contains("@import"));
        assert!(!page.chars().any(|sign| sign.is_control() && sign != '\n'));
        assert!(!page.chars().any(|sign| ('\u{202a}'..='\u{202e}').contains(&sign)));
    }
}

#[test]
fn tags_are_closed_in_order() {
    for report in [empty(), full(), hostile()] {
        let page = rendered(Form::Html, &report);
        let mut open = Vec::new();
        for tag in tags(&page) {
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "</{name}> closes something else");
            } else if !tag.ends_with('/') && !["!DOCTYPE", "meta", "wbr"].contains(&name) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn names_are_shown_as_text() {
    let page = rendered(Form::Html, &hostile());
    for shown in [
        "&lt;script&gt;alert(1)&lt;/<wbr>script&gt;.py",
        "&quot;onload=&quot;alert(1).md",
        "a&amp;b&amp;lt;c.md",
        "\u{27e8}U+202E\u{27e9}gnp.exe\u{27e8}U+202C\u{27e9}.md",
        "a b c [31m.md",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn the_page_may_load_nothing() {
    let page = rendered(Form::Html, &full());
    assert!(page.contains(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    ));
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
}

#[test]
fn heading_levels_increase_by_one_and_links_have_targets() {
    for report in [empty(), full(), hostile()] {
        let page = rendered(Form::Html, &report);
        let levels: Vec<u32> =
            tags(&page).into_iter().filter_map(|tag| tag.strip_prefix('h')?.chars().next()?.to_digit(10)).collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
        let ids: Vec<&str> =
            page.match_indices(" id=\"").filter_map(|(at, _)| page[at + 5..].split('"').next()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "every id is unique");
        for (at, _) in page.match_indices("href=\"#") {
            let target = page[at + 7..].split('"').next().unwrap();
            assert!(ids.contains(&target), "{target}");
        }
    }
}

#[test]
fn tables_have_headings_bars_have_words_and_long_tables_are_folded() {
    let page = rendered(Form::Html, &full());
    assert_eq!(page.matches("<th>").count(), 0, "every heading has a scope");
    assert_eq!(
        page.matches("class=\"track\"").count(),
        page.matches("class=\"track\" role=\"img\" aria-label=\"").count()
    );
    assert!(page.contains("aria-label=\"Fingerprints: 4,249 of 21,121 (20 %)\""));
    assert!(page.contains("aria-label=\"Completion at 4 audits, from 20 % on 2026-01-10 10:15:00 UTC to 25 % on"));
    assert!(page.contains("<span class=\"state bad\"><span aria-hidden=\"true\">\u{d7}</span> MISSING</span>"));
    let mut table = Table::new(&["A"]);
    (0..30).for_each(|nth| table.row([Cell::Number(nth)]));
    let document = Document { sections: vec![Section::new("S", vec![Block::Table(table)])], ..Document::default() };
    assert!(html(&document).contains("<details>\n<summary>30 rows</summary>"));
}
