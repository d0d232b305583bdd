//! Fits the weights of the reader to labelled plans, and measures the results on plans that were not used for fitting.
//!
//! `cargo run --release -p audit --example fit -- PLANS WILD [--write]`
//!
//! `PLANS` has plans with `NAME.labels.tsv` (line, path, symbols) beside them; a path without a label is not created. `WILD`
//! has one folder per repository with `tree/` and `labels.tsv` (document, line, kind, text, role, …). Each repository and
//! each set of plans is read once with weights that were fitted to all others. `--write` measures nothing: it fits the
//! weights to all sets and writes `src/reader/weights.tsv`. The fit starts at the current weights of that file and stays
//! near them, so plans that are no longer available still influence the weights. The same file and labels give the same
//! weights.

#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool that fails loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use audit::reader::{Observation, observations};

/// Regularisation: how strongly the fit keeps the weights near the weights of the table.
const RIDGE: f64 = 0.003;
const STEPS: usize = 1500;
/// Minimum number of occurrences of a feature.
const SEEN: usize = 6;
/// Minimum number of sets of plans with the feature.
const GROUPS: usize = 2;
/// Smaller weights are left out of the table.
const PRUNED: f64 = 0.05;
/// Minimum probability for a promised path; see `LIKELY` of the reader.
const LIKELY: f64 = 0.6;

/// Possible roles of a path: only mentioned, created, or changed.
type Roles = [bool; 3];
const SPOKEN: Roles = [true, false, false];
const MADE: Roles = [false, true, false];
const CHANGED: Roles = [false, false, true];
/// The possible roles of a path without a label: the labels of some sets only state which files are created.
const NOT_MADE: Roles = [true, false, true];

struct Sample {
    features: Vec<usize>,
    roles: Roles,
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
    fn add(&mut self, group: &str, document: &str, seen: &Observation, roles: Roles) {
        if seen.barred || seen.features.iter().any(|name| matches!(name.as_str(), "barred" | "deletes")) {
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
            roles,
            group: group.to_owned(),
            weight: match group {
                "phrasings" => 2.0,
                "wordings" => 4.0,
                _ if group.starts_with("plans") => 2.0,
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
                let roles = match role {
                    "promise-create" | "claimed-done" => MADE,
                    "promise-modify" => CHANGED,
                    _ => SPOKEN,
                };
                self.add(group, document, &seen, roles);
            }
        }
    }

    /// Adds short plans from one file; the line above each plan states which files the plan creates and changes.
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
                let roles = match (is(&made), is(&changed)) {
                    (true, _) => MADE,
                    (_, true) => CHANGED,
                    _ if group == "phrasings" => SPOKEN,
                    _ => NOT_MADE,
                };
                self.add(group, &format!("{group} {at}"), &seen, roles);
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
                let roles = if label.is_empty() {
                    NOT_MADE
                } else if label.iter().any(|row| row[0] == seen.line.to_string()) {
                    MADE
                } else {
                    continue;
                };
                self.add(&format!("plans {}", &name[..1]), name, &seen, roles);
            }
        }
    }
}

/// The weights of the features for "created" and "changed"; the last pair is the bias.
type Weights = Vec<[f64; 2]>;

/// The probabilities that a path is only mentioned, created and changed.
fn shares(sample: &Sample, weights: &Weights) -> [f64; 3] {
    let bias = weights[weights.len() - 1];
    let sum = |side: usize| sample.features.iter().map(|at| weights[*at][side]).sum::<f64>() + bias[side];
    let (made, changed) = (sum(0).exp(), sum(1).exp());
    let all = 1.0 + made + changed;
    [1.0 / all, made / all, changed / all]
}

fn promised(sample: &Sample, weights: &Weights) -> f64 {
    let shares = shares(sample, weights);
    shares[1] + shares[2]
}

fn fit(samples: &[&Sample], used: &[bool], table: &Weights) -> Weights {
    let count = used.len();
    let total: f64 = samples.iter().map(|sample| sample.weight).sum();
    let mut weights = table.clone();
    let mut speed = vec![[0.0; 2]; count + 1];
    let rate = 0.4;
    for _ in 0..STEPS {
        let mut slope = vec![[0.0; 2]; count + 1];
        for sample in samples {
            let shares = shares(sample, &weights);
            let allowed: f64 = shares.iter().zip(sample.roles).filter(|(_, is)| *is).map(|(share, _)| share).sum();
            for side in 0..2 {
                let within = if sample.roles[side + 1] { shares[side + 1] / allowed.max(1e-9) } else { 0.0 };
                let off = (shares[side + 1] - within) * sample.weight / total;
                for at in sample.features.iter().chain([&count]) {
                    slope[*at][side] += off;
                }
            }
        }
        for at in 0..=count {
            for side in 0..2 {
                let pull = if at == count { 0.0 } else { RIDGE * (weights[at][side] - table[at][side]) };
                speed[at][side] = 0.9 * speed[at][side] - rate * (slope[at][side] + pull);
                if at == count || used[at] {
                    weights[at][side] += speed[at][side];
                }
            }
        }
    }
    weights
}

/// The weights that the table has for the features of a set. Adds features that only the table has to the set.
fn table(set: &mut Set) -> Weights {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reader/weights.tsv")).unwrap();
    let rows: Vec<(&str, [f64; 2])> = text
        .lines()
        .map(|row| row.split('\t').collect::<Vec<_>>())
        .map(|row| (row[0], [row[1].parse().unwrap(), row[2].parse().unwrap()]))
        .collect();
    for (name, _) in &rows[1..] {
        let next = set.names.len();
        set.names.entry((*name).to_owned()).or_insert(next);
    }
    let mut weights = vec![[0.0; 2]; set.names.len() + 1];
    weights[set.names.len()] = rows[0].1;
    for (name, weight) in &rows[1..] {
        weights[set.names[*name]] = *weight;
    }
    weights
}

/// The features that occur often enough, in enough sets.
fn used(set: &Set) -> Vec<bool> {
    let count = set.names.len();
    let (mut seen, mut groups) = (vec![0; count], vec![BTreeSet::new(); count]);
    for sample in &set.samples {
        for at in &sample.features {
            seen[*at] += 1;
            groups[*at].insert(sample.group.as_str());
        }
    }
    seen.iter().zip(&groups).map(|(seen, groups)| *seen >= SEEN && groups.len() >= GROUPS).collect()
}

#[derive(Default)]
struct Tally {
    wanted: usize,
    found: usize,
    right: usize,
}

impl Tally {
    fn add(&mut self, sample: &Sample, weights: &Weights) {
        // If the labels only state which files are created, a changed file is not an error.
        let shares = shares(sample, weights);
        let found = promised(sample, weights) >= LIKELY && !(sample.roles == NOT_MADE && shares[2] > shares[1]);
        let wanted = !sample.roles[0];
        self.wanted += usize::from(wanted);
        self.found += usize::from(found);
        self.right += usize::from(found && wanted);
    }

    fn print(&self, name: &str) {
        #[expect(clippy::cast_precision_loss, reason = "counts of paths")]
        let percent = |one: usize, two: usize| 100.0 * one as f64 / two.max(1) as f64;
        println!(
            "{name:24} {:4} promised, {:4} found, {:4} right: recall {:5.1} precision {:5.1}",
            self.wanted,
            self.found,
            self.right,
            percent(self.right, self.wanted),
            percent(self.right, self.found)
        );
    }
}

/// Reads each set of plans with weights that were fitted to all other sets.
fn leave_out(set: &Set, used: &[bool], table: &Weights, errors: bool) {
    let mut groups: Vec<&str> = set.samples.iter().map(|sample| sample.group.as_str()).collect();
    groups.dedup();
    let mut wild = Tally::default();
    for group in groups {
        let (own, others): (Vec<&Sample>, Vec<&Sample>) = set.samples.iter().partition(|sample| sample.group == group);
        let weights = fit(&others, used, table);
        let mut tally = Tally::default();
        for sample in own {
            tally.add(sample, &weights);
            let found = promised(sample, &weights) >= LIKELY;
            if errors && found == sample.roles[0] {
                let shares = shares(sample, &weights);
                let word = if found { "EXTRA " } else { "MISSED" };
                println!("  {word} {group} {} made {:.2} changed {:.2}", sample.at, shares[1], shares[2]);
            }
        }
        tally.print(group);
        if !group.starts_with("plans") && !group.ends_with("ings") {
            wild.wanted += tally.wanted;
            wild.found += tally.found;
            wild.right += tally.right;
        }
    }
    wild.print("repositories, left out");
}

fn write(set: &Set, used: &[bool], table: &Weights) {
    let all: Vec<&Sample> = set.samples.iter().collect();
    let weights = fit(&all, used, table);
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for sample in &all {
        tallies.entry(sample.group.split(' ').next().unwrap()).or_default().add(sample, &weights);
    }
    for (group, tally) in tallies {
        tally.print(group);
    }
    let bias = weights[weights.len() - 1];
    let mut text = format!("bias\t{:.3}\t{:.3}\n", bias[0], bias[1]);
    for (name, at) in &set.names {
        let [made, changed] = weights[*at];
        if made.abs() >= PRUNED || changed.abs() >= PRUNED {
            text.push_str(&format!("{name}\t{made:.3}\t{changed:.3}\n"));
        }
    }
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reader/weights.tsv"), text).unwrap();
}

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
    let table = table(&mut set);
    let used = used(&set);
    println!(
        "{} paths, {} features, {} used",
        set.samples.len(),
        used.len(),
        used.iter().filter(|used| **used).count()
    );
    if args.iter().any(|arg| arg == "--write") {
        write(&set, &used, &table);
    } else {
        leave_out(&set, &used, &table, args.iter().any(|arg| arg == "--errors"));
    }
}
