//! Reads a plan's text up to a size limit, as UTF-8.

use std::fs::{self, File};
use std::io::Read;

use super::walk::PlanFile;
use crate::count::count;
use crate::limits;
use crate::reader::stories::as_markdown;
use crate::refusal::reason;
use crate::remark::{NoteSeverity, Remark, key};

/// A plan's text.
#[derive(Debug, Default)]
pub struct Text {
    /// UTF-8, without a byte order mark; empty if nothing could be read.
    pub text: String,
    /// A sentence with the reason why the plan could not be read; `None` if it was read.
    pub unreadable: Option<String>,
    /// Problems of the file.
    pub notes: Vec<Remark>,
}

/// Reads a plan. Never fails: problems become notes, and the readable part is returned.
#[must_use]
pub fn read(plan: &PlanFile) -> Text {
    let shown = &plan.shown;
    let mut out = Text::default();
    let bytes = match bytes(plan) {
        Ok(bytes) => bytes,
        Err(error) => {
            let reason = reason(&error);
            let title = format!("{shown} could not be read: {reason}");
            out.notes.push(Remark::new(key(shown, "unreadable"), NoteSeverity::Medium, title.clone(), ""));
            out.unreadable = Some(title);
            return out;
        }
    };
    if bytes.len() as u64 > limits::PLAN_BYTES {
        let title = format!("{shown} is too large: only its first {} MiB were read", limits::PLAN_BYTES / 1024 / 1024);
        out.notes.push(Remark::new(
            format!("{shown}:too-large"),
            NoteSeverity::Medium,
            title,
            count(plan.bytes, "byte"),
        ));
    }
    let limit = usize::try_from(limits::PLAN_BYTES).unwrap_or(usize::MAX);
    let kept = bytes.get(..limit).unwrap_or(&bytes);
    let text = decode(kept, kept.len() < bytes.len(), shown, &mut out.notes);
    out.text = as_markdown(&text).into_owned();
    out
}

fn bytes(plan: &PlanFile) -> std::io::Result<Vec<u8>> {
    if !fs::symlink_metadata(&plan.path)?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(&plan.path)?.take(limits::PLAN_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(bytes: &[u8], cut: bool, shown: &str, notes: &mut Vec<Remark>) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // A character that the size limit splits is not a fault of the plan.
        Err(error) if cut && error.error_len().is_none() => String::from_utf8_lossy(bytes).into_owned(),
        Err(error) => {
            let line = bytes.get(..error.valid_up_to()).unwrap_or_default().split(|byte| *byte == b'\n').count();
            let title = format!("{shown} is not UTF-8; the invalid bytes were replaced");
            notes.push(
                Remark::new(key(shown, "not-utf-8"), NoteSeverity::Low, title, format!("{shown}:{line}"))
                    .at(shown, line),
            );
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(bytes: &[u8]) -> Text {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.md");
        fs::write(&path, bytes).unwrap();
        read(&PlanFile { path, shown: "plans/a.md".into(), bytes: bytes.len() as u64 })
    }

    #[test]
    fn byte_order_marks_and_invalid_bytes_do_not_stop_the_reading() {
        let text = read_bytes(b"\xef\xbb\xbf# A\n\xff`x.py`\n");
        assert!(text.text.starts_with("# A\n"));
        assert_eq!(text.notes.len(), 1);
        assert_eq!(text.notes[0].evidence, "plans/a.md:2");
    }

    #[test]
    fn a_large_plan_is_read_in_part() {
        let text = read_bytes(&vec![b'a'; 9 * 1024 * 1024]);
        assert_eq!(text.text.len() as u64, limits::PLAN_BYTES);
        assert_eq!(text.notes[0].key, "plans/a.md:too-large");
    }

    #[test]
    fn a_path_that_is_not_a_file_is_a_note() {
        let dir = tempfile::tempdir().unwrap();
        let text = read(&PlanFile { path: dir.path().to_owned(), shown: "p".into(), bytes: 0 });
        assert_eq!((text.text.len(), text.notes.len()), (0, 1));
    }
}
