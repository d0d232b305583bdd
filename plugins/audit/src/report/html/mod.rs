//! A document as one HTML page: readable in a browser, on a phone and on paper, without scripts and without a network.
//!
//! Words of plans are always text. The policy of the page allows only the page's own styles, so a mistake in this module could
//! not load or run anything. States have a colour and a word; bars and curves have a text too.

mod blocks;
mod tone;
mod trend;

use std::collections::HashSet;
use std::fmt::Write;

use super::document::{Document, Field, Section};
use super::escape::markup;
use super::wording::percent;
use crate::count::count;
use crate::page::Bar;

/// The style sheet. It is inside the page, so the report is a single file.
const STYLE: &str = include_str!("style.css");

/// The policy of the page: it loads nothing and uses only its own styles.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Writes a document as one HTML page without other files.
#[must_use]
pub fn write(document: &Document) -> String {
    let mut out = String::new();
    let title = markup(&document.title);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#report\">Skip to the report</a>\n<header>\n<h1>{title}</h1>\n"
    );
    fields(&mut out, &document.fields);
    if let Some(bar) = &document.completion {
        overall(&mut out, bar);
    }
    out.push_str("</header>\n<div class=\"page\">\n");
    let ids = ids(&document.sections);
    contents(&mut out, &document.sections, &ids);
    out.push_str("<main id=\"report\">\n");
    for (section, id) in document.sections.iter().zip(&ids) {
        write_section(&mut out, section, id);
    }
    out.push_str("</main>\n</div>\n<footer>\n");
    fields(&mut out, &document.footer);
    out.push_str("</footer>\n</body>\n</html>\n");
    out
}

fn fields(out: &mut String, fields: &[Field]) {
    out.push_str("<dl>\n");
    for field in fields {
        let _ = writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", markup(&field.name), blocks::line(&field.value));
    }
    out.push_str("</dl>\n");
}

/// The total completion, in large type.
fn overall(out: &mut String, bar: &Bar) {
    let shown = percent(bar.percent());
    let _ = writeln!(
        out,
        "<div class=\"overall\"><p class=\"rate\">{shown}</p><div><p>{} of {} done</p>{}</div></div>",
        bar.done,
        count(bar.expected, "deliverable"),
        blocks::track(bar.percent(), &format!("{shown}: {} of {} done", bar.done, count(bar.expected, "deliverable")))
    );
}

fn contents(out: &mut String, sections: &[Section], ids: &[String]) {
    out.push_str("<nav aria-label=\"Contents\">\n<p>Contents</p>\n<ol>\n");
    for (section, id) in sections.iter().zip(ids) {
        let _ = writeln!(out, "<li><a href=\"#{id}\">{}</a></li>", markup(&section.title));
    }
    out.push_str("</ol>\n</nav>\n");
}

fn write_section(out: &mut String, section: &Section, id: &str) {
    let _ = writeln!(out, "<section id=\"{id}\" aria-labelledby=\"{id}-title\">");
    let _ = writeln!(out, "<h2 id=\"{id}-title\">{}</h2>", markup(&section.title));
    blocks::write(out, &section.blocks);
    out.push_str("</section>\n");
}

/// An id for each section: its title up to a colon, in lower case; equal ids get a number.
fn ids(sections: &[Section]) -> Vec<String> {
    let mut taken = HashSet::new();
    sections
        .iter()
        .enumerate()
        .map(|(nth, section)| {
            let title = section.title.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let words = title.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            let mut id = words.take(8).collect::<Vec<&str>>().join("-");
            if id.is_empty() || id == "report" || !taken.insert(id.clone()) {
                id = format!("section-{}", nth + 1);
                taken.insert(id.clone());
            }
            id
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_and_unique() {
        let sections =
            ["Part 0: Plans", "A \"b\" <c>", "A b c", "\u{e9}", "Report"].map(|title| Section::new(title, Vec::new()));
        assert_eq!(ids(&sections), ["part-0", "a-b-c", "section-3", "section-4", "section-5"]);
    }
}
