//! Field masks: an answer has only what `fields` names, such as `nextPageToken,files(id,owners/displayName)`. Names are separated by `/`, or
//! by `.` in the Sheets API; `*` is everything.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The fields of a file in the discovery document of Drive v3, without the deprecated ones.
const OF_FILE: &str = "appProperties capabilities clientEncryptionDetails contentHints contentRestrictions \
    copyRequiresWriterPermission createdTime description downloadRestrictions driveId explicitlyTrashed exportLinks fileExtension \
    folderColorRgb fullFileExtension hasAugmentedPermissions hasThumbnail headRevisionId iconLink id imageMediaMetadata \
    inheritedPermissionsDisabled isAppAuthorized kind labelInfo lastModifyingUser linkShareMetadata md5Checksum mimeType modifiedByMe \
    modifiedByMeTime modifiedTime name originalFilename ownedByMe owners parents permissionIds permissions properties quotaBytesUsed \
    resourceKey sha1Checksum sha256Checksum shared sharedWithMeTime sharingUser shortcutDetails size spaces starred thumbnailLink \
    thumbnailVersion trashed trashedTime trashingUser version videoMediaMetadata viewedByMe viewedByMeTime webContentLink webViewLink \
    writersCanShare";

/// The fields of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mask {
    /// The named fields. An empty map means all fields.
    fields: BTreeMap<String, Mask>,
}

impl Mask {
    /// Parses a field mask; `None` if the text is not a mask.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mask = Self::list(&mut rest)?;
        rest.is_empty().then_some(mask)
    }

    fn list(rest: &mut &str) -> Option<Self> {
        let mut mask = Self::default();
        loop {
            mask.one(rest)?;
            match rest.strip_prefix(',') {
                Some(further) => *rest = further.trim_start(),
                None => return Some(mask),
            }
        }
    }

    fn one(&mut self, rest: &mut &str) -> Option<()> {
        let end = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '*').unwrap_or(rest.len());
        let (name, further) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        *rest = further;
        let inner = self.fields.entry(name.to_owned()).or_default();
        if let Some(further) = rest.strip_prefix(['/', '.']) {
            *rest = further;
            return inner.one(rest);
        }
        if let Some(further) = rest.strip_prefix('(') {
            *rest = further;
            inner.fields.extend(Self::list(rest)?.fields);
            *rest = rest.strip_prefix(')')?;
        }
        Some(())
    }

    /// The part of an answer that the mask names.
    pub(super) fn apply(&self, value: &Value) -> Value {
        match value {
            _ if self.fields.is_empty() => value.clone(),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.apply(item)).collect()),
            Value::Object(all) => {
                let kept = |(name, value): (&String, &Value)| {
                    let mask = self.fields.get(name).or_else(|| self.fields.get("*"))?;
                    Some((name.clone(), mask.apply(value)))
                };
                Value::Object(all.iter().filter_map(kept).collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    /// The first field of the mask that a file does not have. `is_file` is true if the answer is a file itself.
    pub(super) fn unknown(&self, is_file: bool) -> Option<String> {
        let of_file = |mask: &Self| {
            mask.fields.keys().find(|name| *name != "*" && !OF_FILE.split(' ').any(|known| known == *name)).cloned()
        };
        if is_file {
            return of_file(self);
        }
        let files = self.fields.get("files").or_else(|| self.fields.get("changes")?.fields.get("file"));
        files.and_then(of_file)
    }
}
