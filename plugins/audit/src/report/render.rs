//! Renders a report as files, one for each requested form, within the limit of their total size.

use super::artifact::{Artifact, Form, json};
use super::document::Document;
use super::model::{Report, Stamp};
use super::{html, junit, markdown, pages, sarif};
use crate::limits;

/// The report in one form.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn render(form: Form, report: &Report, stamp: &Stamp) -> Result<Artifact, serde_json::Error> {
    render_cut(form, report, stamp, limits::LISTED)
}

/// Renders the report; forms for people have tables and lists with a maximum number of rows.
fn render_cut(form: Form, report: &Report, stamp: &Stamp, most: usize) -> Result<Artifact, serde_json::Error> {
    let bytes = match form {
        Form::Markdown => markdown::write(&cut(report, most)).into_bytes(),
        Form::Html => html::write(&cut(report, most)).into_bytes(),
        Form::Json => json(report)?,
        Form::Sarif => sarif::write(report, stamp)?,
        Form::JUnit => junit::write(report, stamp).into_bytes(),
    };
    let [ending, media_type] = form.file();
    Ok(Artifact { name: format!("PLANS_AUDIT_REPORT_{}.{ending}", stamp.compact), media_type, bytes })
}

fn cut(report: &Report, most: usize) -> Document {
    let mut document = pages::document(report);
    document.cut(most);
    document
}

/// The maximum numbers of rows of a table in the forms for people. They are tried in this order until all forms fit.
const FEWER: [usize; 3] = [limits::LISTED, 50, 10];

/// The report in each of these forms, in their order. Together they have at most [`limits::REPORT_BYTES`]. If the estimates
/// of [`super::Assembly`] were too small, the forms for people list fewer rows. If that is not enough, rows are removed from
/// `report` and counted as left out.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn render_all(forms: &[Form], report: &mut Report, stamp: &Stamp) -> Result<Vec<Artifact>, serde_json::Error> {
    let cuttable = forms.iter().any(|form| form.is_cut());
    let mut fewer = FEWER.into_iter().take(if cuttable { FEWER.len() } else { 1 }).peekable();
    let mut most = limits::LISTED;
    loop {
        most = fewer.next().unwrap_or(most);
        let artifacts = forms
            .iter()
            .map(|form| render_cut(*form, report, stamp, most))
            .collect::<Result<Vec<Artifact>, serde_json::Error>>()?;
        let bytes: usize = artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
        if bytes <= limits::REPORT_BYTES || (fewer.peek().is_none() && !report.thin()) {
            return Ok(artifacts);
        }
    }
}
