//! The rows of a CSV by RFC 4180. An ambiguous text is an error that names the line.
//!
//! A `\r` without `\n` is part of its cell, as some programs write it, unless all lines of the file end with a
//! lone `\r`.

/// Reads one row after another.
#[derive(Debug)]
pub(super) struct Records<'a> {
    rest: &'a str,
    /// The number of the current line. The first line is 1.
    line: usize,
    /// True if lines end with a lone `\r`.
    old: bool,
}

/// The separator after a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CellEnd {
    Cell,
    Line,
    File,
}

impl<'a> Records<'a> {
    /// A reader for the rows of a text.
    pub(super) fn new(text: &'a str) -> Self {
        let mut inside = false;
        let lines = text.bytes().any(|byte| {
            inside ^= byte == b'"';
            byte == b'\n' && !inside
        });
        Self { rest: text, line: 1, old: !lines }
    }

    /// The next row with its first line. Empty lines are skipped.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Vec<String>)>, String> {
        while self.end().is_some_and(|end| end == CellEnd::Line) {}
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (line, mut cells) = (self.line, Vec::new());
        loop {
            let (cell, end) = self.cell()?;
            cells.push(cell);
            if end != CellEnd::Cell {
                return Ok(Some((line, cells)));
            }
        }
    }

    fn cell(&mut self) -> Result<(String, CellEnd), String> {
        match self.rest.strip_prefix('"') {
            Some(rest) => {
                self.rest = rest;
                self.quoted()
            }
            None => self.plain(),
        }
    }

    fn plain(&mut self) -> Result<(String, CellEnd), String> {
        let mut cell = String::new();
        loop {
            let text = self.rest.split([',', '\n', '\r', '"']).next().unwrap_or_default();
            cell.push_str(text);
            self.rest = self.rest.strip_prefix(text).unwrap_or_default();
            if let Some(end) = self.comma_or_end() {
                return Ok((cell, end));
            }
            let Some(rest) = self.rest.strip_prefix('\r') else {
                return Err(self.quote("within a cell that does not begin with a quote"));
            };
            cell.push('\r');
            self.rest = rest;
        }
    }

    fn quoted(&mut self) -> Result<(String, CellEnd), String> {
        let (begun, mut cell) = (self.line, String::new());
        loop {
            let Some((text, rest)) = self.rest.split_once('"') else {
                return Err(format!("line {begun}: a closing quote is missing: the file is cut off"));
            };
            self.line += text.matches('\n').count();
            cell.push_str(text);
            self.rest = rest;
            if let Some(rest) = rest.strip_prefix('"') {
                cell.push('"');
                self.rest = rest;
            } else {
                let end = self.comma_or_end();
                return end.map(|end| (cell, end)).ok_or_else(|| self.quote("before the end of its cell"));
            }
        }
    }

    fn quote(&self, place: &str) -> String {
        format!(
            "line {}: a quote is {place}; write a cell with quotes in quotes, and double each quote in it: \"12\"\" \
             Mix\"",
            self.line
        )
    }

    fn comma_or_end(&mut self) -> Option<CellEnd> {
        let comma = self.rest.strip_prefix(',');
        if let Some(rest) = comma {
            self.rest = rest;
        }
        comma.map(|_| CellEnd::Cell).or_else(|| self.end())
    }

    fn end(&mut self) -> Option<CellEnd> {
        if self.rest.is_empty() {
            return Some(CellEnd::File);
        }
        let ends: &[&str] = if self.old { &["\r"] } else { &["\r\n", "\n"] };
        self.rest = ends.iter().find_map(|end| self.rest.strip_prefix(end))?;
        self.line += 1;
        Some(CellEnd::Line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Vec<String>>, String> {
        let (mut records, mut rows) = (Records::new(text), Vec::new());
        while let Some((_, cells)) = records.next()? {
            rows.push(cells);
        }
        Ok(rows)
    }

    #[test]
    fn rows_are_read_with_every_line_ending() {
        let wanted = [vec!["a", "b"], vec!["c\nd", "\"e\""]];
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "\"c\nd\",\"\"\"e\"\"\""].join(end);
            assert_eq!(all(&text).unwrap(), wanted, "{end:?}");
            assert_eq!(all(&(text + end)).unwrap(), wanted, "{end:?}");
        }
        assert_eq!(all("a,\n").unwrap(), [["a", ""]]);
        assert!(all("").unwrap().is_empty() && all("\n\r\n").unwrap().is_empty());
    }

    #[test]
    fn a_lone_carriage_return_is_part_of_its_cell() {
        assert_eq!(all("a,b\rc\nd\r,e\n").unwrap(), [["a", "b\rc"], ["d\r", "e"]]);
        assert_eq!(all("a,b\rc\r\nd,e\r\n").unwrap(), [["a", "b\rc"], ["d", "e"]]);
    }

    #[test]
    fn errors_on_ambiguous_quotes() {
        for (text, why) in [
            ("a\nb,\"Heroes\" (live)\n", "line 2: a quote is before"),
            ("a\n\"x\ny\",\"12\" Mix\"\n", "line 3: a quote is before"),
            ("12\" Mix, 7\" Mix\n", "line 1: a quote is within"),
            ("a\nb,\"c\nd", "line 2: a closing quote is missing"),
            ("a,\"b\"\rc\n", "line 1: a quote is before"),
        ] {
            let error = all(text).unwrap_err();
            assert!(error.starts_with(why), "{text:?}: {error}");
        }
    }
}
