//! The report for programs. Its shape is `schemas/audit-report.schema.json`.

use super::model::Report;

pub(super) fn write(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(report)?;
    bytes.push(b'\n');
    Ok(bytes)
}
