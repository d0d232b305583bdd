//! Any header, mapping and rows as a CSV file, in every encoding and with any separator: reading ends and never panics, no two
//! playlists of a file have one id, and both orders of UTF-16 say the same. The first line of the input is the mapping
//! (`title=a,artists=b`), the rest is the file.
#![no_main]

use baton_plugin_kit::Findings;
use libfuzzer_sys::fuzz_target;
use spotify::read::{Mapping, read_csv};

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (first, file) = bytes.split_at(end);
    let first = String::from_utf8_lossy(first);
    let pairs = first.split(',').filter_map(|pair| pair.split_once('='));
    let mapping = Mapping(pairs.map(|(field, header)| (field.to_owned(), header.to_owned())).collect());
    let text = String::from_utf8_lossy(file);
    let utf16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
    let forms = [
        file.to_vec(),
        text.as_bytes().to_vec(),
        [&b"sep=;\n"[..], text.as_bytes()].concat(),
        [&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat(),
        [&b"\xfe\xff"[..], &utf16(u16::to_be_bytes)].concat(),
    ];
    let mut read = forms.map(|bytes| read_csv(bytes, "x", "x.csv", &mapping, &mut Findings::default()));
    for csv in read.iter().flatten() {
        let mut ids: Vec<_> = csv.playlists.iter().map(|playlist| &playlist.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "two playlists of one file have one id");
    }
    // The same text says the same in both orders of UTF-16.
    let [.., little, big] = &mut read;
    if let (Ok(little), Ok(big)) = (little, big) {
        assert_eq!(little.playlists, big.playlists);
    }
});
