//! Writes tags that another copy of the recording has into the file to keep. Existing tags are not overwritten, and
//! everything else in the file stays as it is.

use baton_catalog::library::{RewrittenFile, Tags};

use super::kind;
use super::stop::StopReason;
use super::tag_writer::{Style, TagWriter};
use super::texts::{FIELDS, Field};
use super::write::{Change, HashAudioFn, open, write_change};
use crate::sync::FingerprintedItem;

/// Receives the future tags and the future metadata of the file, right before the copy replaces it. An error (the reason for
/// people) leaves the file unchanged.
pub type Ready<'a> = dyn FnMut(&Tags, &RewrittenFile) -> Result<(), String> + 'a;

/// Writes the tags of `wanted` that the file does not have. Returns `None` if the file has all tags of `wanted`. An error
/// (the reason for people) means that the file is unchanged.
pub fn fill(
    known: &FingerprintedItem,
    wanted: &Tags,
    hash: &HashAudioFn<'_>,
    ready: &mut Ready<'_>,
) -> Result<Option<RewrittenFile>, String> {
    fill_missing(known, wanted, hash, ready).map_err(|stop| match stop {
        StopReason::Skipped(reason) => words(reason).to_owned(),
        StopReason::Failed(error) => error,
    })
}

fn fill_missing(
    known: &FingerprintedItem,
    wanted: &Tags,
    hash: &HashAudioFn<'_>,
    ready: &mut Ready<'_>,
) -> Result<Option<RewrittenFile>, StopReason> {
    let (mut file, _) = open(known)?;
    let writer = TagWriter::read(&mut file, kind::file_type(&known.format)?, Style::Keep)?;
    let missing = missing(&writer, wanted);
    if missing == Tags::default() {
        return Ok(None);
    }
    let change = TextChange { tags: &missing };
    write_change(known, &change, hash, &mut |rewritten| ready(&missing, rewritten)).map(Some)
}

/// The tags of `wanted` that a file does not have.
fn missing(writer: &TagWriter, wanted: &Tags) -> Tags {
    let mut missing = Tags::default();
    for field in FIELDS {
        if writer.text(field).is_none() {
            *field.of_mut(&mut missing) = field.of(wanted).map(str::to_owned);
        }
    }
    missing
}

struct TextChange<'a> {
    tags: &'a Tags,
}

impl TextChange<'_> {
    fn each(&self) -> impl Iterator<Item = (Field, &str)> {
        FIELDS.into_iter().filter_map(|field| Some((field, field.of(self.tags)?)))
    }
}

impl Change for TextChange<'_> {
    fn need(&self, writer: &TagWriter) -> Result<(), StopReason> {
        match self.each().find(|(field, _)| writer.text(*field).is_some()) {
            Some(_) => Err(StopReason::Failed(
                "another program added the tag in the meantime; run the command again".to_owned(),
            )),
            None => Ok(()),
        }
    }

    fn apply(&self, writer: &mut TagWriter) {
        self.each().for_each(|(field, text)| writer.put_text(field, text));
    }

    fn has(&self, writer: &TagWriter) -> Result<(), StopReason> {
        match self.each().find(|(field, text)| writer.text(*field).as_deref() != Some(*text)) {
            Some((field, text)) => {
                let found = writer.text(field);
                Err(StopReason::Failed(format!("wrote `{text}`, but read back {found:?}")))
            }
            None => Ok(()),
        }
    }

    fn unaffected(&self, mut writer: TagWriter, new: bool) -> Result<Vec<u8>, StopReason> {
        // `without_fingerprint` omits the values of the fingerprint tag, so they are added here.
        let mut bytes = writer.values().concat().into_bytes();
        self.each().for_each(|(field, _)| writer.remove_text(field));
        bytes.extend(writer.without_fingerprint(false, new)?);
        Ok(bytes)
    }
}

/// Converts the code of a reason to text for people.
fn words(reason: &str) -> &str {
    match reason {
        "unsupported_format" => "Baton cannot write tags into files of its format",
        "in_eagle_library" => "it is in an Eagle library, where Baton does not write",
        "has_several_names" => "it has several names (hard links), and the others would keep the old tags",
        "read_only" => "it is read only",
        "too_large" => "it is larger than 1 GiB",
        "not_found" => "it does not exist",
        "id3_before_header" => "it has a tag before its header, which other programs reject",
        "id3v2.2" => "its tag has version 2.2, which Baton cannot write; save its tags with a tag editor",
        "audio_not_digested" => "the catalog has no digest of its audio; run `baton library scan --verify`",
        "changed_since_scan" => "it has changed since it was scanned; run `baton library scan`",
        other => other,
    }
}
