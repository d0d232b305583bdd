//! Blobs of a real library decode to the last byte and say what their descriptions say. They are not part of this repository:
//! the tests read them beside it (`../shared`), and are skipped, which they say, without.

use std::fs;
use std::path::PathBuf;

use baton_tests::shared;
use djay::tsaf::{Blob, Document};
use serde_json::Value;

/// The folder of blobs, if there is one.
fn folder() -> Option<PathBuf> {
    shared("corpus/djay-blobs").ok()
}

fn read<T>(blob: &str, class: &'static str, look: impl FnOnce(djay::tsaf::Object<'_, '_>) -> T) -> T {
    let bytes = fs::read(folder().unwrap().join(blob)).unwrap();
    let Blob::Tsaf(document) = Blob::of(&bytes).unwrap() else { panic!("{blob} is TSAF") };
    look(document.object(class).unwrap())
}

#[test]
fn real_blobs_are_read_and_equal_their_descriptions() {
    let Some(folder) = folder() else { return };
    let mut described = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let wanted: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let id = path.file_stem().unwrap().to_str().unwrap();
        check(id, &wanted);
        described += 1;
    }
    assert!(described >= 2, "{described} descriptions");
}

fn check(id: &str, wanted: &Value) {
    read(&format!("{id}-mediaItemTitleIDs.bin"), "ADCMediaItemTitleID", |title| {
        assert_eq!(title.text("uuid"), Ok(Some(id)));
        assert_eq!(title.text("title").unwrap(), wanted["title"].as_str());
        assert_eq!(title.text("artist").unwrap(), wanted["artist"].as_str());
        assert_eq!(title.number("duration").unwrap(), wanted["duration"].as_f64());
    });
    read(&format!("{id}-mediaItemAnalyzedData.bin"), "ADCMediaItemAnalyzedData", |data| {
        assert_eq!(data.number("bpm").unwrap(), wanted["bpm"].as_f64());
        assert_eq!(data.integer("keySignatureIndex").unwrap(), wanted["keySignatureIndex"].as_i64());
        assert_eq!(data.objects("titleIDs").unwrap()[0].text("title").unwrap(), wanted["title"].as_str());
    });
    read(&format!("{id}-localMediaItemLocations.bin"), "ADCMediaItemLocation", |location| {
        let number = wanted["appleMusicId"].as_u64().unwrap();
        let addresses = location.addresses("sourceURIs").unwrap();
        let signed = format!("com.apple.iTunes:{}", number.cast_signed());
        let (addresses, odd) = addresses;
        assert_eq!(odd, 0);
        assert!(addresses == [signed] || addresses == [format!("com.apple.iTunes:{number}")], "{addresses:?}");
    });
    read(&format!("{id}-mediaItemUserData.bin"), "ADCMediaItemUserData", |data| {
        assert!(data.objects("titleIDs").unwrap().iter().any(|title| title.text("uuid") == Ok(Some(id))));
        assert!(!data.texts("userChangedCloudKeys").unwrap().is_empty());
    });
}

#[test]
fn every_real_blob_is_used_to_its_last_byte() {
    let Some(folder) = folder() else { return };
    let mut read = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "bin") {
            let bytes = fs::read(&path).unwrap();
            assert!(matches!(Blob::of(&bytes), Ok(Blob::Tsaf(Document { .. }))), "{}", path.display());
            // One byte less is no blob any more.
            assert!(Blob::of(&bytes[..bytes.len() - 1]).is_err(), "{}", path.display());
            read += 1;
        }
    }
    assert_eq!(read, 8);
}
