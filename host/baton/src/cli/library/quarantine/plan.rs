//! The plan file, and the check that a file is unchanged since the comparison.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_catalog::library::Tags;
use baton_core::path_text;
use serde::Deserialize;

use super::integrity_check;
use super::journal::TagsStep;

/// The supported version of plans.
const SCHEMA: u64 = 1;

/// A plan of `baton library duplicates --plan`, with the fields that are needed here.
#[derive(Debug, Deserialize)]
pub(super) struct Plan {
    schema: u64,
    kind: String,
    pub(super) groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) keep: Member,
    pub(super) others: Vec<Member>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) file: ComparedFile,
    #[serde(default)]
    pub(super) hard_link: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct ComparedFile {
    path: String,
    pub(super) size: u64,
    sha256: Option<String>,
    title: Option<String>,
    artist: Option<String>,
    album: Option<String>,
    isrc: Option<String>,
    /// The damage that was found. `None` if there was none, or if the file was not checked.
    pub(super) damage: Option<String>,
    /// The whole file was decoded to find damage.
    #[serde(default)]
    damage_checked: bool,
}

impl Plan {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).context("it cannot be read")?;
        let plan: Self = serde_json::from_str(&text)
            .context("it is not a plan; `baton library duplicates --plan FILE` writes one")?;
        if plan.kind != "duplicates-plan" || plan.schema != SCHEMA {
            bail!(
                "it is not a plan in the format of this version of Baton; `baton library duplicates --plan FILE` writes one"
            );
        }
        Ok(plan)
    }
}

impl ComparedFile {
    pub(super) fn path(&self) -> PathBuf {
        path_text::from_text(&self.path)
    }

    pub(super) fn sha256(&self) -> &str {
        self.sha256.as_deref().unwrap_or_default()
    }

    /// The tags that `other` has and this file does not have.
    pub(super) fn lacks(&self, other: &Self) -> Tags {
        let has = |tag: &Option<String>| tag.as_deref().is_some_and(|tag| !tag.trim().is_empty());
        let missing =
            |own: &Option<String>, others: &Option<String>| others.clone().filter(|_| !has(own) && has(others));
        Tags {
            title: missing(&self.title, &other.title),
            artist: missing(&self.artist, &other.artist),
            album: missing(&self.album, &other.album),
            isrc: missing(&self.isrc, &other.isrc),
        }
    }

    /// Checks that the file is intact. A file that was checked for the plan, or whose damage the plan lists, is not decoded
    /// again.
    pub(super) fn intact(&self) -> Result<(), String> {
        if self.damage.is_some() || self.damage_checked { Ok(()) } else { integrity_check::intact(&self.path()) }
    }

    /// Checks by the digest that the file is unchanged since the comparison.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_or(&[])
    }

    /// As [`ComparedFile::check`], but accepts a file that got tags from an earlier run. `steps` are those of all runs, in
    /// order.
    pub(super) fn check_or(&self, steps: &[TagsStep]) -> Result<(), String> {
        let path = self.path();
        let other = "it has changed since the comparison; make a new plan";
        if !path.is_absolute() || self.sha256.is_none() {
            return Err("the plan has no digest of it; make a new plan".to_owned());
        }
        let found = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
        let mut good = vec![self.sha256()];
        for step in steps.iter().filter(|step| step.kept == self.path) {
            if good.last() == Some(&step.before.as_str()) {
                good.push(&step.after);
            }
        }
        if !found.is_file() || found.len() != self.size && good.len() == 1 {
            return Err(other.to_owned());
        }
        let digest = baton_intake::hash_file(&path).map_err(|error| error.to_string())?.to_string();
        if good.contains(&digest.as_str()) { Ok(()) } else { Err(other.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_only_the_other_file_has_are_listed() {
        let file = |tags: &str| -> ComparedFile {
            serde_json::from_str(&format!("{{\"path\":\"/a\",\"size\":1,\"sha256\":null{tags}}}")).unwrap()
        };
        let (bare, tagged) = (file(",\"title\":\" \""), file(",\"title\":\"A\",\"isrc\":\"B\",\"album\":null"));
        let [title, isrc] = ["A", "B"].map(|tag| Some(tag.to_owned()));
        assert_eq!(bare.lacks(&tagged), Tags { title, isrc, ..Tags::default() });
        assert_eq!((tagged.lacks(&bare), tagged.lacks(&tagged)), (Tags::default(), Tags::default()));
    }
}
