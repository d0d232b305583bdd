//! Rules: the first rule that matches a file and has all its values decides where the file goes.
//!
//! The rules of the task come first, then the default rules. By the default rules, a file goes into the folder of its
//! playlist, else into `Unassigned`. A file with an unknown artist or title keeps its name.

use baton_plugin_sdk::Error;
use serde::Deserialize;

use super::limits::MOST_RULES;
use super::pattern;
use super::template::{TargetPath, Template, Values};

/// The default rules: a template, and whether it needs a playlist.
const DEFAULT_RULES: [(&str, bool); 4] = [
    ("{playlist}/{artist} - {title}.{ext}", true),
    ("{playlist}/{name}.{ext}", true),
    ("Unassigned/{artist} - {title}.{ext}", false),
    ("Unassigned/{name}.{ext}", false),
];

/// A rule in the arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleText {
    #[serde(default)]
    when: RuleConditions,
    to: Option<String>,
    #[serde(default)]
    leave: bool,
    missing: Option<String>,
}

/// The conditions of a rule; all of them have to hold. Texts are patterns (`*`, `?`, `[a-z]`, `{a,b}`) without case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleConditions {
    playlist: Option<TextPatterns>,
    genre: Option<TextPatterns>,
    artist: Option<TextPatterns>,
    album: Option<TextPatterns>,
    title: Option<TextPatterns>,
    label: Option<TextPatterns>,
    key: Option<TextPatterns>,
    path: Option<TextPatterns>,
    format: Option<TextPatterns>,
    bpm: Option<Range>,
    year: Option<Range>,
    known: Option<bool>,
}

/// One pattern, or several patterns. One of them must match.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum TextPatterns {
    One(String),
    Many(Vec<String>),
}

/// A range of numbers that includes both ends. An absent end means no limit.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    from: Option<f64>,
    to: Option<f64>,
}

/// The facts for conditions that are not in [`Values`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) path: String,
    pub(crate) bpm: Option<f64>,
    pub(crate) year: Option<f64>,
    /// True if the track of the file is known.
    pub(crate) known: bool,
}

/// The decision of the rules about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The file goes to `place`, by the rule number `rule`, counted from 1; 0 is a default rule.
    Goes { place: TargetPath, rule: usize, playlist: Option<String> },
    /// The file stays where it is, by the rule number `rule`.
    Stays { rule: usize },
}

#[derive(Debug)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    number: usize,
    when: RuleConditions,
    to: Option<Template>,
    missing: Option<String>,
    /// True if the rule applies only to files with a playlist.
    listed: bool,
}

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// `permanent`, with the number of the rule and the reason.
    pub(crate) fn read(written: &[RuleText]) -> Result<Self, Error> {
        if written.len() > MOST_RULES {
            return Err(Error::Permanent(format!("there are {} rules; the limit is {MOST_RULES}", written.len())));
        }
        let one = |(number, written): (usize, &RuleText)| {
            rule(number + 1, written).map_err(|why| Error::Permanent(format!("rule {}: {why}", number + 1)))
        };
        let mut rules = written.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
        for (to, listed) in DEFAULT_RULES {
            let to = Some(Template::parse(to).map_err(Error::Permanent)?);
            rules.push(Rule { number: 0, when: RuleConditions::default(), to, missing: None, listed });
        }
        Ok(Self(rules))
    }

    /// True if a rule names this extension. Such files are planned even if they are not audio.
    pub(crate) fn has_format(&self, ext: &str) -> bool {
        self.0.iter().any(|rule| rule.when.format.as_ref().is_some_and(|words| words.fit(ext)))
    }

    /// Decides about a file in these playlists, the preferred first. `audio` is false for a file that is planned only
    /// because a rule names its extension; the default rules do not apply to it.
    pub(crate) fn judge(&self, values: &Values, facts: &Facts, playlists: &[String], audio: bool) -> Verdict {
        for rule in self.0.iter().filter(|rule| audio || rule.when.format.is_some()) {
            let none = [None];
            let some: Vec<_> = playlists.iter().map(Some).collect();
            for playlist in if some.is_empty() { none.as_slice() } else { some.as_slice() } {
                let values = Values { playlist: playlist.cloned(), ..values.clone() };
                if (rule.listed && playlist.is_none()) || !rule.when.fits(&values, facts) {
                    continue;
                }
                let Some(to) = &rule.to else { return Verdict::Stays { rule: rule.number } };
                if let Some(place) = to.place(&values, rule.missing.as_deref()) {
                    let named = to.names_playlist().then(|| playlist.cloned()).flatten();
                    return Verdict::Goes { place, rule: rule.number, playlist: named };
                }
            }
        }
        Verdict::Stays { rule: 0 }
    }
}

fn rule(number: usize, written: &RuleText) -> Result<Rule, String> {
    written.when.check()?;
    let to = match (&written.to, written.leave) {
        (Some(to), false) => Some(Template::parse(to)?),
        (None, true) => None,
        (Some(_), true) => return Err("it has both `to` and `leave`".to_owned()),
        (None, false) => return Err("it has neither `to` (a template) nor `leave = true`".to_owned()),
    };
    Ok(Rule { number, when: written.when.clone(), to, missing: written.missing.clone(), listed: false })
}

impl RuleConditions {
    fn words(&self) -> [Option<&TextPatterns>; 9] {
        let all = [
            &self.playlist,
            &self.genre,
            &self.artist,
            &self.album,
            &self.title,
            &self.label,
            &self.key,
            &self.path,
            &self.format,
        ];
        all.map(Option::as_ref)
    }

    fn check(&self) -> Result<(), String> {
        self.words().into_iter().flatten().flat_map(TextPatterns::all).try_for_each(|text| pattern::check(text))
    }

    fn fits(&self, values: &Values, facts: &Facts) -> bool {
        let names = [
            (&self.playlist, &values.playlist),
            (&self.artist, &values.artist),
            (&self.album, &values.album),
            (&self.title, &values.title),
            (&self.label, &values.label),
            (&self.key, &values.key),
        ];
        let fits = |words: &Option<TextPatterns>, value: &Option<String>| {
            words.as_ref().is_none_or(|words| value.as_deref().is_some_and(|value| words.fit(value)))
        };
        names.iter().all(|(words, value)| fits(words, value))
            && self.genre.as_ref().is_none_or(|words| values.genre.as_deref().is_some_and(|all| any_genre(words, all)))
            && self.format.as_ref().is_none_or(|words| words.fit(&values.ext))
            && self.path.as_ref().is_none_or(|words| words.fit_path(&facts.path))
            && self.bpm.is_none_or(|range| range.holds(facts.bpm))
            && self.year.is_none_or(|range| range.holds(facts.year))
            && self.known.is_none_or(|known| known == facts.known)
    }
}

/// Some services write several genres into one text.
fn any_genre(words: &TextPatterns, all: &str) -> bool {
    words.fit(all) || all.split([',', ';']).any(|one| words.fit(one.trim()))
}

impl TextPatterns {
    fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }

    fn fit(&self, value: &str) -> bool {
        self.all().iter().any(|text| pattern::fits_name(text, value))
    }

    fn fit_path(&self, path: &str) -> bool {
        self.all().iter().any(|text| pattern::fits_path(text, path))
    }
}

impl Range {
    fn holds(self, value: Option<f64>) -> bool {
        value.is_some_and(|value| self.from.is_none_or(|from| value >= from) && self.to.is_none_or(|to| value <= to))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(written: &Value) -> Result<Rules, Error> {
        Rules::read(&serde_json::from_value::<Vec<RuleText>>(written.clone()).unwrap())
    }

    fn values() -> Values {
        Values {
            artist: Some("A".into()),
            title: Some("T".into()),
            genre: Some("deep house, Techno".into()),
            ext: "mp3".into(),
            name: "file".into(),
            ..Values::default()
        }
    }

    fn goes(rules: &Rules, values: &Values, facts: &Facts, playlists: &[&str]) -> String {
        let playlists: Vec<_> = playlists.iter().map(|name| (*name).to_owned()).collect();
        match rules.judge(values, facts, &playlists, true) {
            Verdict::Goes { place, rule, .. } => format!("{rule}: {}/{}", place.folders.join("/"), place.stem),
            Verdict::Stays { rule } => format!("{rule}: stays"),
        }
    }

    #[test]
    fn without_rules_playlists_are_folders_and_the_rest_is_unassigned() {
        let (rules, facts) = (rules(&json!([])).unwrap(), Facts::default());
        assert_eq!(goes(&rules, &values(), &facts, &["P", "Q"]), "0: P/A - T");
        assert_eq!(goes(&rules, &values(), &facts, &[]), "0: Unassigned/A - T");
        let bare = Values { artist: None, ..values() };
        assert_eq!(goes(&rules, &bare, &facts, &["P"]), "0: P/file");
        assert_eq!(goes(&rules, &bare, &facts, &[]), "0: Unassigned/file");
    }

    #[test]
    fn the_first_matching_rule_with_all_values_decides() {
        let rules = rules(&json!([
            { "when": { "path": "mixes/**" }, "leave": true },
            { "when": { "playlist": "tech*", "bpm": { "from": 130 } }, "to": "fast/{playlist}/{title}.{ext}" },
            { "when": { "genre": "TECHNO", "year": { "from": 1990, "to": 1999 } }, "to": "{year}/{label}/{title}.{ext}" },
            { "when": { "genre": ["x", "techno"], "known": true }, "to": "t/{label}/{title}.{ext}", "missing": "No label" }
        ]))
        .unwrap();
        let facts = Facts { path: "mixes/a/b.mp3".into(), ..Facts::default() };
        assert_eq!(goes(&rules, &values(), &facts, &["P"]), "1: stays");
        let facts = Facts { bpm: Some(130.0), ..Facts::default() };
        assert_eq!(goes(&rules, &values(), &facts, &["P", "Techno/2"]), "2: fast/Techno_2/T");
        let facts = Facts { bpm: Some(129.9), year: Some(1999.0), known: true, ..Facts::default() };
        assert_eq!(goes(&rules, &values(), &facts, &["Techno"]), "4: t/No label/T");
        let facts = Facts { year: Some(2000.0), ..Facts::default() };
        assert_eq!(goes(&rules, &values(), &facts, &["Techno"]), "0: Techno/A - T");
    }

    #[test]
    fn a_file_that_is_not_audio_is_moved_only_by_a_rule_with_its_extension() {
        let rules = rules(&json!([
            { "to": "x/{name}.{ext}" },
            { "when": { "format": "csv" }, "to": "metadata/spotify/{name}.{ext}" }
        ]))
        .unwrap();
        assert!(rules.has_format("CSV") && !rules.has_format("txt"));
        let values = Values { ext: "csv".into(), name: "n".into(), ..Values::default() };
        let verdict = rules.judge(&values, &Facts::default(), &[], false);
        assert!(matches!(verdict, Verdict::Goes { rule: 2, place, .. } if place.folders == ["metadata", "spotify"]));
        let values = Values { ext: "txt".into(), ..values };
        assert_eq!(rules.judge(&values, &Facts::default(), &[], false), Verdict::Stays { rule: 0 });
    }

    #[test]
    fn errors_name_the_rule() {
        for (written, words) in [
            (json!([{ "to": "{x}.{ext}" }]), "rule 1: the template `{x}.{ext}` has the unknown placeholder"),
            (json!([{ "leave": true }, {}]), "rule 2: it has neither"),
            (json!([{ "to": "{name}.{ext}", "leave": true }]), "rule 1: it has both"),
            (
                json!([{ "when": { "path": "x".repeat(501) }, "leave": true }]),
                "it has 501 bytes, at most 500 are allowed",
            ),
            (json!([{ "when": { "artist": "[" }, "leave": true }]), "rule 1: `[` is not a valid pattern: "),
        ] {
            let Err(Error::Permanent(text)) = rules(&written) else { panic!("{written}") };
            assert!(text.contains(words), "{text}");
        }
        assert!(serde_json::from_value::<RuleText>(json!({ "when": { "bmp": {} }, "leave": true })).is_err());
    }
}
