//! Objects of a library are decoded to the last byte and agree with their descriptions: synthetic ones, and real ones if the
//! machine has them.

use std::fs;
use std::path::Path;

use baton_tests::corpora;
use djay::tsaf::{Blob, Document};
use serde_json::Value;

fn read<T>(blob: &Path, class: &'static str, look: impl FnOnce(djay::tsaf::Object<'_, '_>) -> T) -> T {
    let bytes = fs::read(blob).unwrap();
    let Blob::Tsaf(document) = Blob::decode(&bytes).unwrap() else { panic!("{} is not TSAF", blob.display()) };
    look(document.object(class).unwrap())
}

#[test]
fn blobs_are_read_and_equal_their_descriptions() {
    for folder in corpora("djay-blobs") {
        let mut described = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            check(&path, &serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap());
            described += 1;
        }
        assert!(described >= 2, "{described} descriptions");
    }
}

fn check(description: &Path, wanted: &Value) {
    let id = description.file_stem().unwrap().to_str().unwrap();
    let blob = |kind: &str| description.with_file_name(format!("{id}-{kind}.bin"));
    read(&blob("mediaItemTitleIDs"), "ADCMediaItemTitleID", |title| {
        assert_eq!(title.text("uuid"), Ok(Some(id)));
        assert_eq!(title.text("title").unwrap(), wanted["title"].as_str());
        assert_eq!(title.text("artist").unwrap(), wanted["artist"].as_str());
        assert_eq!(title.number("duration").unwrap(), wanted["duration"].as_f64());
    });
    read(&blob("mediaItemAnalyzedData"), "ADCMediaItemAnalyzedData", |data| {
        assert_eq!(data.number("bpm").unwrap(), wanted["bpm"].as_f64());
        assert_eq!(data.integer("keySignatureIndex").unwrap(), wanted["keySignatureIndex"].as_i64());
        assert_eq!(data.objects("titleIDs").unwrap()[0].text("title").unwrap(), wanted["title"].as_str());
    });
    read(&blob("localMediaItemLocations"), "ADCMediaItemLocation", |location| {
        let number = wanted["appleMusicId"].as_u64().unwrap();
        let addresses = location.addresses("sourceURIs").unwrap();
        let signed = format!("com.apple.iTunes:{}", number.cast_signed());
        let (addresses, odd) = addresses;
        assert_eq!(odd, 0);
        assert!(addresses == [signed] || addresses == [format!("com.apple.iTunes:{number}")], "{addresses:?}");
    });
    read(&blob("mediaItemUserData"), "ADCMediaItemUserData", |data| {
        assert!(data.objects("titleIDs").unwrap().iter().any(|title| title.text("uuid") == Ok(Some(id))));
        assert!(!data.texts("userChangedCloudKeys").unwrap().is_empty());
    });
}

#[test]
fn every_blob_is_used_to_its_last_byte() {
    for folder in corpora("djay-blobs") {
        let mut read = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "bin") {
                let bytes = fs::read(&path).unwrap();
                assert!(matches!(Blob::decode(&bytes), Ok(Blob::Tsaf(Document { .. }))), "{}", path.display());
                assert!(Blob::decode(&bytes[..bytes.len() - 1]).is_err(), "without its last byte: {}", path.display());
                read += 1;
            }
        }
        assert_eq!(read, 8);
    }
}
