//! Questions for a person: tracks of different services that may be one track, and files that may belong to a track. The
//! crate `track-match` finds them; Baton never repeats a decided question.

use std::collections::{BTreeSet, HashMap, HashSet};

use baton_core::path_text;
use baton_track_match::{Decision, Id, MatchCandidate, Matcher, Reason, Track};

use crate::{Catalog, CatalogError, KnownTrack};

#[derive(Clone, Debug, PartialEq)]
pub struct ReviewQuestion {
    pub what: ReviewSubject,
    /// The track that it may be.
    pub track: KnownTrack,
    /// The reasons for and against the match.
    pub reasons: Vec<Reason>,
    /// The most likely match has the highest score.
    pub score: u32,
}

/// The subject of a question: another track, or a file.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewSubject {
    Track(KnownTrack),
    File {
        id: i64,
        path: String,
        /// The names in the file's tags; if it has no tags, its file name.
        names: Track,
    },
}

/// Earlier decisions as pairs of numbers: two tracks, or a file and a track.
#[derive(Default)]
struct PastDecisions {
    tracks: HashSet<(i64, i64)>,
    files: HashSet<(i64, i64)>,
}

impl Catalog {
    /// All open questions, the most likely match first.
    pub fn review_questions(&self) -> Result<Vec<ReviewQuestion>, CatalogError> {
        let (tracks, decided) = (self.tracks_with_ids()?, self.decided()?);
        let mut questions = track_questions(&tracks, &decided);
        questions.extend(self.file_questions(&tracks, &decided)?);
        questions.sort_by_key(|one| (std::cmp::Reverse(one.score), one.track.id));
        Ok(questions)
    }

    /// All tracks with their ids at services.
    fn tracks_with_ids(&self) -> Result<Vec<KnownTrack>, CatalogError> {
        let mut ids: HashMap<i64, Vec<Id>> = HashMap::new();
        let mut select =
            self.connection.prepare("SELECT item, service, external_id FROM external_ids WHERE kind = 'track'")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (service, id): (String, String) = (row.get(1)?, row.get(2)?);
            ids.entry(row.get(0)?).or_default().push(Id::new(&service, &id));
        }
        let mut tracks = self.tracks()?;
        for track in &mut tracks {
            track.names.ids = ids.remove(&track.id).unwrap_or_default();
        }
        Ok(tracks)
    }

    /// The files that have no track and may belong to one.
    fn file_questions(
        &self,
        tracks: &[KnownTrack],
        decided: &PastDecisions,
    ) -> Result<Vec<ReviewQuestion>, CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT f.id, f.path, i.title, i.artist, i.album, coalesce(i.duration_ms, f.duration_ms), i.isrc
             FROM files AS f LEFT JOIN library_items AS i ON i.file = f.id AND i.missing_since IS NULL
             WHERE f.track IS NULL AND f.missing = 0
                 AND (f.path NOT LIKE '%://%' OR i.id IS NOT NULL) ORDER BY f.id, i.id",
        )?;
        let matcher = Matcher::new(tracks.iter().map(|track| &track.names));
        let (mut questions, mut last) = (Vec::new(), None);
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (file, path): (i64, String) = (row.get(0)?, row.get(1)?);
            // One file may be an item of two sources.
            if last.replace(file) == Some(file) {
                continue;
            }
            let (title, artist): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            let stem = path_text::from_text(&path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let duration_ms: Option<i64> = row.get(5)?;
            let track = Track {
                title: title.filter(|title| !title.trim().is_empty()).or(stem).unwrap_or_default(),
                artists: artist.into_iter().filter(|artist| !artist.trim().is_empty()).collect(),
                album: row.get(4)?,
                duration_ms: duration_ms.and_then(|ms| u64::try_from(ms).ok()),
                isrc: row.get(6)?,
                ..Track::default()
            };
            let Decision::Review { candidates } = matcher.find(&track) else { continue };
            let is_open = |known: &KnownTrack| !decided.files.contains(&(file, known.id));
            questions.extend(best_question(
                &candidates,
                tracks,
                is_open,
                &ReviewSubject::File { id: file, path, names: track },
            ));
        }
        Ok(questions)
    }

    fn decided(&self) -> Result<PastDecisions, CatalogError> {
        let mut decided = PastDecisions::default();
        let mut select = self.connection.prepare(
            "SELECT a.item, b.item FROM decided_tracks AS d
                JOIN external_ids AS a ON a.kind = 'track' AND a.service = d.service AND a.external_id = d.id
                JOIN external_ids AS b ON b.kind = 'track' AND b.service = d.other_service AND b.external_id = d.other_id",
        )?;
        let pairs = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for pair in pairs {
            let (a, b): (i64, i64) = pair?;
            decided.tracks.extend([(a, b), (b, a)]);
        }
        let mut select = self.connection.prepare(
            "SELECT f.id, e.item FROM decided_files AS d JOIN files AS f ON f.path = d.path
                JOIN external_ids AS e ON e.kind = 'track' AND e.service = d.service AND e.external_id = d.id",
        )?;
        let pairs = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        decided.files = pairs.collect::<Result<_, _>>()?;
        Ok(decided)
    }
}

/// For each service, compares the tracks without an id of the service with the tracks that have one. Two tracks with ids
/// of the same service are always different tracks.
fn track_questions(tracks: &[KnownTrack], decided: &PastDecisions) -> Vec<ReviewQuestion> {
    let services: BTreeSet<&str> =
        tracks.iter().flat_map(|track| &track.names.ids).map(|id| id.service.as_str()).collect();
    let has = |track: &Track, service: &str| track.ids.iter().any(|id| id.service == service);
    let (mut questions, mut seen) = (Vec::new(), HashSet::new());
    for service in services {
        let (known, others): (Vec<_>, Vec<_>) = tracks.iter().cloned().partition(|track| has(&track.names, service));
        let matcher = Matcher::new(known.iter().map(|track| &track.names));
        for track in others {
            let Decision::Review { candidates } = matcher.find(&track.names) else { continue };
            let apart = |a: &Track, b: &Track| a.ids.iter().all(|id| !has(b, &id.service));
            let is_open = |known: &KnownTrack| {
                !decided.tracks.contains(&(track.id, known.id)) && apart(&track.names, &known.names)
            };
            let one = best_question(&candidates, &known, is_open, &ReviewSubject::Track(track.clone()));
            questions.extend(one.filter(|one| seen.insert((track.id.min(one.track.id), track.id.max(one.track.id)))));
        }
    }
    questions
}

/// The question about the best candidate that no decision excludes.
fn best_question(
    candidates: &[MatchCandidate],
    tracks: &[KnownTrack],
    is_open: impl Fn(&KnownTrack) -> bool,
    what: &ReviewSubject,
) -> Option<ReviewQuestion> {
    let found =
        candidates.iter().find_map(|found| Some((found, tracks.get(found.candidate).filter(|track| is_open(track))?)));
    let (found, track) = found?;
    Some(ReviewQuestion {
        what: what.clone(),
        track: track.clone(),
        reasons: found.reasons.clone(),
        score: found.score,
    })
}
