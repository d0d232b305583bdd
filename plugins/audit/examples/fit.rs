//! Fits the weights of the reader to labelled plans, and says how well they read plans that they were not fitted to.
//!
//! `cargo run --release -p audit --example fit -- PLANS WILD [--write]`
//!
//! `PLANS` holds plans with `NAME.labels.tsv` (line, path, symbols) beside them: what is labelled is made, nothing else is.
//! `WILD` holds one folder a repository with `tree/` and `labels.tsv` (document, line, kind, text, role, …). Each repository
//! and each set of plans is left out once, and read with weights fitted to the others. `--write` only fits to all and
//! writes `src/reader/weights.tsv`. The same labels give the same weights.

#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool that fails loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use audit::reader::{Observation, observations};

/// How strongly weights are held near nought.
const RIDGE: f64 = 0.0001;
const STEPS: usize = 1500;
/// A feature counts when it was seen so often.
const SEEN: usize = 6;
/// And in so many sets of plans.
const GROUPS: usize = 2;

struct Sample {
    features: Vec<usize>,
    made: Option<bool>,
    changed: Option<bool>,
    group: String,
    weight: f64,
    at: String,
}

fn same_path(one: &str, two: &str) -> bool {
    let clean = |path: &str| path.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/').to_owned();
    let (one, two) = (clean(one), clean(two));
    !one.is_empty()
        && !two.is_empty()
        && (one == two || one.ends_with(&format!("/{two}")) || two.ends_with(&format!("/{one}")))
}

struct Set {
    names: BTreeMap<String, usize>,
    samples: Vec<Sample>,
}

impl Set {
    fn add(&mut self, group: &str, document: &str, seen: &Observation, made: Option<bool>, changed: Option<bool>) {
        if seen.barred
            || seen.features.iter().any(|name| matches!(name.as_str(), "barred" | "deletes"))
            || (made.is_none() && changed.is_none())
        {
            return;
        }
        let features = seen.features.iter().map(|name| {
            let next = self.names.len();
            *self.names.entry(name.clone()).or_insert(next)
        });
        let mut features: Vec<usize> = features.collect();
        features.sort_unstable();
        features.dedup();
        let at = format!("{document}:{} {}", seen.line, seen.path);
        self.samples.push(Sample {
            features,
            made,
            changed,
            group: group.to_owned(),
            weight: match group {
                "phrasings" => 2.0,
                "wordings" => 8.0,
                _ => 1.0,
            },
            at,
        });
    }

    fn wild(&mut self, folder: &Path, group: &str) {
        let labels = fs::read_to_string(folder.join("labels.tsv")).unwrap();
        let rows: Vec<Vec<&str>> = labels.lines().skip(1).map(|row| row.split('\t').collect()).collect();
        let plans = fs::read_to_string(folder.join("plans.txt")).unwrap();
        for document in plans.lines().filter(|line| !line.is_empty()) {
            let text = fs::read_to_string(folder.join("tree").join(document)).unwrap();
            for seen in observations(&text) {
                let label = rows.iter().find(|row| {
                    row[0] == document
                        && row[1] == seen.line.to_string()
                        && matches!(row[2], "file" | "dir")
                        && (same_path(row[3], &seen.path) || same_path(row[6], &seen.path))
                });
                let role = label.map_or("none", |row| row[4]);
                let (made, changed) = match role {
                    "promise-create" | "claimed-done" => (Some(true), None),
                    "promise-modify" => (None, Some(true)),
                    "promise-delete" => (Some(false), None),
                    _ => (Some(false), Some(false)),
                };
                self.add(group, document, &seen, made, changed);
            }
        }
    }

    /// Short plans in one file, each below a line that says what it makes and changes.
    fn phrasings(&mut self, group: &str, text: &str) {
        for (at, part) in format!("\n{text}").split("\n=== ").skip(1).enumerate() {
            let (said, plan) = part.split_once('\n').unwrap();
            let (made, changed) = said.split_once("changed:").unwrap_or((said, ""));
            let (made, changed) = if let Some((changed, made)) = changed.split_once("made:") {
                (made, changed)
            } else {
                (made.trim_start_matches("made:"), changed)
            };
            let list = |names: &str| {
                names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect::<Vec<_>>()
            };
            let (made, changed) = (list(made), list(changed));
            for seen in observations(plan) {
                let is = |list: &[String]| list.iter().any(|name| same_path(name, &seen.path));
                let (made, changed) = match (is(&made), is(&changed)) {
                    (true, _) => (Some(true), None),
                    (_, true) => (None, Some(true)),
                    // The wordings say only what is made.
                    _ => (Some(false), (group == "phrasings").then_some(false)),
                };
                self.add(group, &format!("{group} {at}"), &seen, made, changed);
            }
        }
    }

    fn plans(&mut self, folder: &Path) {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        for name in names.iter().filter(|name| !name.ends_with(".tsv")) {
            let stem = name.rsplit_once('.').unwrap().0.trim_end_matches(".plan");
            let Ok(labels) = fs::read_to_string(folder.join(format!("{stem}.labels.tsv"))) else { continue };
            let rows: Vec<Vec<&str>> = labels.lines().skip(1).map(|row| row.split('\t').collect()).collect();
            let text = fs::read_to_string(folder.join(name)).unwrap();
            for seen in observations(&text) {
                let label = rows.iter().filter(|row| same_path(row[1], &seen.path)).collect::<Vec<_>>();
                let made = if label.is_empty() {
                    Some(false)
                } else if label.iter().any(|row| row[0] == seen.line.to_string()) {
                    Some(true)
                } else {
                    None
                };
                let changed = made.filter(|made| *made).map(|_| false);
                self.add(&format!("plans {}", &name[..1]), name, &seen, made, changed);
            }
        }
    }
}

/// Weights by feature; the last one is the bias.
fn fit(samples: &[&Sample], target: impl Fn(&Sample) -> Option<bool>, count: usize, used: &[bool]) -> Vec<f64> {
    let rows: Vec<(&Sample, f64)> =
        samples.iter().filter_map(|sample| Some((*sample, f64::from(u8::from(target(sample)?))))).collect();
    let total: f64 = rows.iter().map(|(sample, _)| sample.weight).sum();
    let mut weights = vec![0.0; count + 1];
    let mut speed = vec![0.0; count + 1];
    let rate = 0.4;
    for _ in 0..STEPS {
        let mut slope = vec![0.0; count + 1];
        for (sample, wanted) in &rows {
            let sum = sample.features.iter().map(|at| weights[*at]).sum::<f64>() + weights[count];
            let off = (1.0 / (1.0 + (-sum).exp()) - wanted) * sample.weight / total;
            for at in &sample.features {
                slope[*at] += off;
            }
            slope[count] += off;
        }
        for at in 0..=count {
            let pull = if at == count { 0.0 } else { RIDGE * weights[at] };
            speed[at] = 0.9 * speed[at] - rate * (slope[at] + pull);
            if at == count || used[at] {
                weights[at] += speed[at];
            }
        }
    }
    weights
}

fn share(sample: &Sample, weights: &[f64]) -> f64 {
    let sum = sample.features.iter().map(|at| weights[*at]).sum::<f64>() + weights[weights.len() - 1];
    1.0 / (1.0 + (-sum).exp())
}

#[derive(Default)]
struct Tally {
    wanted: usize,
    found: usize,
    right: usize,
}

#[expect(clippy::too_many_lines, reason = "one table after another")]
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut set = Set { names: BTreeMap::new(), samples: Vec::new() };
    set.plans(Path::new(&args[0]));
    args.iter().filter_map(|arg| arg.strip_prefix("--more=")).for_each(|more| set.plans(Path::new(more)));
    for group in ["phrasings", "wordings"] {
        set.phrasings(group, &fs::read_to_string(Path::new(&args[0]).join(format!("../{group}.txt"))).unwrap());
    }
    let wild = Path::new(&args[1]);
    let mut names: Vec<String> =
        fs::read_dir(wild).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in names.iter().filter(|name| wild.join(name).join("labels.tsv").exists()) {
        set.wild(&wild.join(name), name);
    }
    let count = set.names.len();
    let mut seen = vec![0; count];
    set.samples.iter().flat_map(|sample| &sample.features).for_each(|at| seen[*at] += 1);
    let mut sets = vec![BTreeSet::new(); count];
    for sample in &set.samples {
        for at in &sample.features {
            sets[*at].insert(sample.group.as_str());
        }
    }
    let used: Vec<bool> = seen.iter().zip(&sets).map(|(seen, sets)| *seen >= SEEN && sets.len() >= GROUPS).collect();
    println!("{} paths, {count} features, {} used", set.samples.len(), used.iter().filter(|used| **used).count());
    let mut groups: Vec<&str> = set.samples.iter().map(|sample| sample.group.as_str()).collect();
    groups.dedup();
    let all: Vec<&Sample> = set.samples.iter().collect();
    let errors = args.iter().any(|arg| arg == "--errors");
    let write = args.iter().any(|arg| arg == "--write");
    for left_out in groups.iter().copied().filter(|_| !write).chain(["(none)"]) {
        let others: Vec<&Sample> = all.iter().copied().filter(|sample| sample.group != left_out).collect();
        let made = fit(&others, |sample| sample.made, count, &used);
        let changed = fit(&others, |sample| sample.changed, count, &used);
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for sample in all.iter().filter(|sample| left_out == "(none)" || sample.group == left_out) {
            let tally = tallies
                .entry(if left_out == "(none)" { sample.group.split(' ').next().unwrap() } else { left_out })
                .or_default();
            let plans = sample.group.starts_with("plans");
            let wanted = sample.made == Some(true) || sample.changed == Some(true);
            let found = share(sample, &made) >= 0.5 || !plans && share(sample, &changed) >= 0.5;
            tally.wanted += usize::from(wanted);
            tally.found += usize::from(found);
            tally.right += usize::from(found && wanted);
            if errors && found != wanted && (left_out != "(none)") {
                println!(
                    "  {} {} made {:.2} changed {:.2}",
                    if wanted { "MISSED" } else { "EXTRA " },
                    sample.at,
                    share(sample, &made),
                    share(sample, &changed)
                );
                if args.iter().any(|arg| arg == "--why") {
                    let names: Vec<&String> = sample
                        .features
                        .iter()
                        .map(|at| set.names.iter().find(|(_, number)| *number == at).unwrap().0)
                        .collect();
                    println!("      {names:?}");
                }
            }
        }
        for (group, tally) in tallies {
            #[expect(clippy::cast_precision_loss, reason = "counts of paths")]
            let percent = |one: usize, two: usize| 100.0 * one as f64 / two.max(1) as f64;
            println!(
                "without {left_out:20} {group:20} {:4} promised, {:4} found, {:4} right: recall {:5.1} precision {:5.1}",
                tally.wanted,
                tally.found,
                tally.right,
                percent(tally.right, tally.wanted),
                percent(tally.right, tally.found)
            );
        }
        if left_out == "(none)" && write {
            let mut table = format!("bias\t{:.3}\t{:.3}\n", made[count], changed[count]);
            for (name, at) in &set.names {
                if used[*at] && (made[*at].abs() >= 0.01 || changed[*at].abs() >= 0.01) {
                    table.push_str(&format!("{name}\t{:.3}\t{:.3}\n", made[*at], changed[*at]));
                }
            }
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reader/weights.tsv"), table).unwrap();
        }
    }
}
