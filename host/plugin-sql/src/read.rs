//! Reads the rows of a statement, within a budget.

use rusqlite::Rows;

use super::{GuestError, Row, StopHandle, Value, limits};

/// The behaviour when a page of a result is full.
#[derive(Clone, Copy, Debug)]
pub(super) enum PageEnd {
    /// The row that does not fit is returned with the next page.
    Pause,
    /// Return an error: the result must fit into one page.
    Refuse,
}

/// The rows of a result, read page by page.
pub(super) struct ResultPages<'s> {
    rows: Rows<'s>,
    columns: usize,
    /// A row that was read and did not fit into the last page.
    kept: Option<Row>,
}

impl<'s> ResultPages<'s> {
    pub(super) fn new(rows: Rows<'s>, columns: usize) -> Self {
        Self { rows, columns, kept: None }
    }

    /// Reads the first row in advance.
    pub(super) fn peek(&mut self, stop: &StopHandle) -> Result<(), GuestError> {
        self.kept = self.take(stop)?;
        Ok(())
    }

    /// The next rows: at most `most`, at most 4 MiB.
    pub(super) fn next(&mut self, most: usize, full: PageEnd, stop: &StopHandle) -> Result<Vec<Row>, GuestError> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        loop {
            if matches!(full, PageEnd::Pause) && taken.len() >= most {
                return Ok(taken);
            }
            let Some(row) = self.take(stop)? else {
                return Ok(taken);
            };
            bytes += row.iter().map(Value::bytes).sum::<usize>();
            let large = bytes > limits::RESULT_BYTES;
            match full {
                PageEnd::Refuse if large || taken.len() >= most => return Err(too_large(most)),
                PageEnd::Pause if large && taken.is_empty() => return Err(too_large(most)),
                PageEnd::Pause if large => {
                    self.kept = Some(row);
                    return Ok(taken);
                }
                PageEnd::Refuse | PageEnd::Pause => taken.push(row),
            }
        }
    }

    fn take(&mut self, stop: &StopHandle) -> Result<Option<Row>, GuestError> {
        if let Some(row) = self.kept.take() {
            return Ok(Some(row));
        }
        let failed = |error: rusqlite::Error| GuestError::from_sqlite(&error, stop);
        let Some(row) = self.rows.next().map_err(failed)? else {
            return Ok(None);
        };
        let values = (0..self.columns).map(|column| row.get_ref(column).map(Value::from));
        values.collect::<Result<Row, _>>().map(Some).map_err(failed)
    }
}

fn too_large(rows: usize) -> GuestError {
    GuestError::TooLarge(format!(
        "the result has more than {rows} rows or {} MiB: limit it with LIMIT, or read it with a cursor",
        limits::RESULT_BYTES >> 20
    ))
}
