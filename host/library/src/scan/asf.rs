//! The tags of Windows Media files: two objects in the header of an ASF file.
//!
//! Advanced Systems Format (ASF) Specification, revision 01.20.05: the header (3.1), the content description (3.10) and the
//! extended content description (3.11). Limits: [`MAX_OBJECTS`] objects are checked; an object above [`OBJECT_BYTES`] is
//! skipped.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};

use baton_catalog::library::Tags;

const HEADER: [u8; 16] = *b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
const DESCRIPTION: [u8; 16] = *b"\x33\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
const EXTENDED: [u8; 16] = *b"\x40\xa4\xd0\xd2\x07\xe3\xd2\x11\x97\xf0\x00\xa0\xc9\x5e\xa8\x50";

/// The name and the length before the content of an object.
const HEAD_BYTES: u64 = 24;
/// The position of the first object in the header.
const FIRST_OBJECT: u64 = 30;
/// The maximum number of objects: more than a real header has.
const MAX_OBJECTS: u32 = 256;
/// The maximum size of an object: enough for texts and a picture.
const OBJECT_BYTES: u64 = 4 << 20;

/// The tags; `None` when it is not an ASF file.
pub(super) fn read(file: &mut File) -> io::Result<Option<Tags>> {
    file.rewind()?;
    let mut header = [0; 30];
    match file.read_exact(&mut header) {
        Ok(()) if header.starts_with(&HEADER) => {}
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error),
        _ => {
            file.rewind()?;
            return Ok(None);
        }
    }
    let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, length @ .., _, _, _, _, _, _] = header;
    let (mut at, end) = (FIRST_OBJECT, u64::from_le_bytes(length));
    let mut tags = Tags::default();
    for _ in 0..MAX_OBJECTS {
        let mut head = [0; 24];
        if at >= end || file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut head)).is_err() {
            break;
        }
        let (name, length) = head.split_at(16);
        let length = length.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
        if length < HEAD_BYTES {
            break;
        }
        if [DESCRIPTION, EXTENDED].iter().any(|known| known == name) && length <= OBJECT_BYTES {
            let mut content = Vec::new();
            file.by_ref().take(length - HEAD_BYTES).read_to_end(&mut content)?;
            let fields = if name == DESCRIPTION { description_fields(&content) } else { extended_fields(&content) };
            for (name, text) in fields {
                put(&mut tags, &name, text);
            }
        }
        at = at.saturating_add(length);
    }
    Ok(Some(tags))
}

/// Sets a field that has no value yet: the first value of each field counts.
fn put(tags: &mut Tags, name: &str, text: String) {
    let place = match name {
        "Title" => &mut tags.title,
        "Author" => &mut tags.artist,
        "WM/AlbumTitle" => &mut tags.album,
        "WM/ISRC" => &mut tags.isrc,
        _ => return,
    };
    if place.is_none() && !text.trim().is_empty() {
        *place = Some(text);
    }
}

/// Title and author of the content description. All lengths precede the texts.
fn description_fields(content: &[u8]) -> Vec<(String, String)> {
    let mut rest = content;
    let lengths: Option<Vec<usize>> = (0..5).map(|_| number(&mut rest)).collect();
    let names = ["Title", "Author"].into_iter();
    let texts = names.zip(lengths.unwrap_or_default()).map_while(|(name, length)| {
        let text = take_bytes(&mut rest, length)?;
        Some((name.to_owned(), text_of(text)))
    });
    texts.collect()
}

/// The text fields of the extended content description.
fn extended_fields(content: &[u8]) -> Vec<(String, String)> {
    const TEXT: usize = 0;
    let mut rest = content;
    let count = number(&mut rest).unwrap_or_default();
    let fields = (0..count).map_while(|_| field(&mut rest)).filter(|field| field.kind == TEXT);
    fields.map(|field| (field.name, text_of(field.value))).collect()
}

struct Field<'a> {
    name: String,
    kind: usize,
    value: &'a [u8],
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    let length = number(rest)?;
    let name = text_of(take_bytes(rest, length)?);
    let kind = number(rest)?;
    let length = number(rest)?;
    Some(Field { name, kind, value: take_bytes(rest, length)? })
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(usize::from(u16::from_le_bytes(*number)))
}

fn take_bytes<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

/// UTF-16, little-endian, terminated with zero.
fn text_of(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let text: String = char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    fn object(name: [u8; 16], content: &[u8]) -> Vec<u8> {
        [name.as_slice(), &(content.len() as u64 + HEAD_BYTES).to_le_bytes(), content].concat()
    }

    fn short(length: usize) -> [u8; 2] {
        u16::try_from(length).unwrap().to_le_bytes()
    }

    fn tags(objects: &[Vec<u8>]) -> Option<Tags> {
        let objects = objects.concat();
        let length = objects.len() as u64 + FIRST_OBJECT;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[HEADER.as_slice(), &length.to_le_bytes(), &[2, 0, 0, 0, 1, 2], &objects].concat()).unwrap();
        read(&mut file).unwrap()
    }

    #[test]
    fn texts_are_found_in_both_objects_and_damage_ends_them() {
        let (title, artist) = (wide("Ein Stück"), wide("A. Nobody"));
        let lengths = [title.len(), artist.len(), 0, 0, 0].map(short).concat();
        let described = object(DESCRIPTION, &[lengths, title, artist].concat());
        let field = |name: &str, kind: u16, value: &[u8]| {
            let name = wide(name);
            [&short(name.len()), name.as_slice(), &kind.to_le_bytes(), &short(value.len()), value].concat()
        };
        let fields = [field("WM/Track", 3, &[1, 0, 0, 0]), field("WM/AlbumTitle", 0, &wide("Pieces"))].concat();
        let extended = object(EXTENDED, &[short(2).as_slice(), &fields].concat());
        let all = tags(&[object([7; 16], &[1; 40]), described.clone(), extended.clone()]).unwrap();
        let found = [&all.title, &all.artist, &all.album, &all.isrc].map(Option::as_deref);
        assert_eq!(found, [Some("Ein Stück"), Some("A. Nobody"), Some("Pieces"), None]);
        for length in 0..extended.len() {
            let cut = tags(&[described.clone(), extended[..length].to_vec()]).unwrap();
            assert_eq!(cut.title.as_deref(), Some("Ein Stück"), "{length}");
        }
    }
}
