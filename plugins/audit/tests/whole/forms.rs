//! One plan with every form of a promise, compared with labels: path, line, form.

use audit::plan::{Plan, Purpose, Role};
use audit::reader;

const BAKERY: &str = r"---
title: Bakery
---
# Bakery Plan

**Date:** 2026-02-03
**Status:** DRAFT
**Target Script:** `ovens/heat.py`

## 1. Layout

```text
bakery/                      # the package
├── dough/
│   ├── __init__.py
│   ├── knead.py    (NEW - DoughKneader)
│   ├── rise.py     # rises twice, 120 lines
│   └── ...
├── shelves/                 # filled at night
└── Makefile
```

## 2. Components

| Component | Expected Files | Class | Lines |
|-----------|----------------|-------|-------|
| Oven | `ovens/heat.py` | `OvenHeater` | ~200 |
| Counter | `till.ts`, `queue.ts` and `bell.ts` | N/A | |
| Doors | doors.toml, locks.toml | | |

### Counter details

| Property | Value |
|----------|-------|
| File | `price_list.csv` |
| Directory | `/counter/` |
| Size | 2 KB |

## 3. Modules

#### 3.1 `flour.rs`: the store

**Location:** `stores/flour.rs`
**Size:** 4,096 bytes

```rust
pub struct FlourStore;
pub fn weigh() -> u32 { 1 }
```

#### 3.2 sugar.go (second store)

### How the stores talk

The `flour.rs` module calls `sugar.go` over `/stores/sync`.

## 4. Steps

1. **Create the index**
   - Path: `/var/bread_index.json`
   - Purpose: find bread
2. Write the opening hours to `docs/hours.md`
3. Add a new script `scripts/open.sh`, `scripts/close.sh`
4. Update `ovens/heat.py` and run `scripts/old.sh`
5. Document `OVEN_ID` and `--hot`

## 5. Progress

- [x] Created `labels.sql` (1,500 bytes)
- [ ] `tests/test_dough.py`: kneads and rises
- [ ] Tell everybody
- [ ] Save progress state to JSON file after each batch

## 6. Deliverables

- [menus/week.md](menus/week.md) - Add checkpoint save/load
- `menus/feast.md` lists the cakes
- Posters (`posters/a2.pdf`, `posters/a3.pdf`)
- Everything in `menus/week.md` is printed
- A happier street

**Outputs:** `out/sales.parquet`

**New Export Generated:** `out/sales_20260203.csv` with prices.

## 7. Out of Scope

- Create `delivery/van.py`
";

/// Path, line and form of every promised file.
const PROMISED: &[&str] = &[
    "bakery/dough/__init__.py 15 tree",
    "bakery/dough/knead.py 16 tree",
    "bakery/dough/rise.py 17 tree",
    "bakery/shelves 19 tree",
    "bakery/Makefile 20 tree",
    "ovens/heat.py 27 table",
    "bell.ts 28 table",
    "queue.ts 28 table",
    "till.ts 28 table",
    "doors.toml 29 table",
    "locks.toml 29 table",
    "counter/price_list.csv 35 table",
    "stores/flour.rs 41 heading",
    "sugar.go 51 heading",
    "var/bread_index.json 60 field",
    "docs/hours.md 62 step",
    "scripts/close.sh 63 step",
    "scripts/open.sh 63 step",
    "labels.sql 69 step",
    "tests/test_dough.py 70 bullet",
    "menus/week.md 76 link",
    "menus/feast.md 77 bullet",
    "posters/a2.pdf 78 bullet",
    "posters/a3.pdf 78 bullet",
    "out/sales.parquet 82 field",
    "out/sales_20260203.csv 84 field",
];

fn labels(plan: &Plan) -> Vec<String> {
    let promise = |item: &audit::plan::Deliverable| {
        let mention = item.mentions.iter().find(|mention| mention.role == Role::Deliverable).unwrap();
        format!("{} {} {}", item.path, mention.line, mention.form.name())
    };
    plan.deliverables.iter().filter(|item| item.purpose == Purpose::Make).map(promise).collect()
}

#[test]
fn every_form_is_understood() {
    let plan = reader::plan(BAKERY);
    assert_eq!(labels(&plan), PROMISED);
    let spoken: Vec<&str> = plan.references.iter().map(|reference| reference.path.as_str()).collect();
    assert_eq!(spoken, ["scripts/old.sh", "delivery/van.py"]);
}

#[test]
fn sizes_symbols_and_states_belong_to_their_files() {
    let plan = reader::plan(BAKERY);
    let of = |path: &str| plan.deliverables.iter().find(|item| item.path == path).unwrap();
    assert_eq!(of("bakery/dough/knead.py").symbols, ["DoughKneader"]);
    assert_eq!(of("bakery/dough/rise.py").lines.map(|claim| claim.value), Some(120));
    assert_eq!(of("ovens/heat.py").symbols, ["OvenHeater"]);
    assert_eq!(of("ovens/heat.py").component.as_deref(), Some("Oven"));
    assert_eq!(of("counter/price_list.csv").bytes.map(|claim| claim.value), Some(2048));
    assert_eq!(of("stores/flour.rs").symbols, ["FlourStore", "weigh"]);
    assert_eq!(of("stores/flour.rs").bytes.map(|claim| claim.value), Some(4096));
    assert_eq!(of("labels.sql").bytes.map(|claim| claim.value), Some(1500));
    assert_eq!(of("labels.sql").status.as_deref(), Some("[x]"));
    assert_eq!(plan.title.as_deref(), Some("Bakery Plan"));
    assert_eq!(plan.header.len(), 3);
}

#[test]
fn the_text_after_a_link_is_not_part_of_the_name() {
    let plan = reader::plan(
        "# P\n\n## Implementation\n\nDeliverables:\n\n1. [scripts/embed.py](scripts/embed.py) - Add checkpoint save/load\n2. Implementation: Save progress state to JSON file after each batch\n",
    );
    assert_eq!(labels(&plan), ["scripts/embed.py 7 link"]);
}

/// Short plans in the words of many writers, and the files that they promise.
const WORDINGS: &[(&str, &str, &[&str])] = &[
    (
        "a tree by indentation, without a fence",
        "Choir\n=====\n\nLayout:\n\nchoir/\n  sing.py      four voices\n  scores/\n    alto.ly\n    index.toml\nposters/\n  a3.svg\n",
        &["choir/sing.py", "choir/scores/alto.ly", "choir/scores/index.toml", "posters/a3.svg"],
    ),
    (
        "a tree by tabs",
        "# P\n\nLayout\n\nchoir/\n\tsing.rs\n\tscores/\n\t\talto.toml   # low\n",
        &["choir/sing.rs", "choir/scores/alto.toml"],
    ),
    (
        "a tree as an indented block",
        "# P\n\n    choir/\n        sing.go\n        empty/\n        README.md\n\nText.\n",
        &["choir/sing.go", "choir/empty", "choir/README.md"],
    ),
    (
        "a tree with connectors in plain text",
        "# P\n\nchoir/\n\u{251c}\u{2500}\u{2500} sing.py\n\u{2514}\u{2500}\u{2500} hum.py  # quiet\n",
        &["choir/sing.py", "choir/hum.py"],
    ),
    (
        "a tree of bullets",
        "# P\n\n## Layout\n\n- `choir/`\n  - `sing.py`: four voices\n  - `scores/`\n    - `alto.toml`\n- `README.md` is there already\n",
        &["choir/sing.py", "choir/scores/alto.toml"],
    ),
    (
        "lines of a paragraph below a label",
        "# P\n\nNew files:\n\nconf/choir.toml \u{2014} the voices\nconf/hall.toml: the room\n\nModified files:\n\nconf/old.toml \u{2014} one line\n",
        &["conf/choir.toml", "conf/hall.toml"],
    ),
    (
        "labels in one paragraph, items by tabs",
        "# P\n\nNew files:\n\t- src/alto.ex\n\t- src/bass.ex\nModified files:\n\t- src/router.ex\n",
        &["src/alto.ex", "src/bass.ex"],
    ),
    (
        "German labels and verbs",
        "# P\n\n## Lieferobjekte\n\n- `probe/plan.md` \u{2013} wann\n- `probe/liste.csv` und `probe/orte.csv`\n\n## Schritte\n\n1. Erstelle `chor/alt.py`\n2. `chor/bass.py` anlegen\n3. Schreibe die Namen nach `chor/namen.txt`\n4. `chor/alt_alt.py` nicht anlegen\n5. Erstelle kein `chor/nie.py`\n\n**Neue Dateien:** `chor/neu.py`\n",
        &[
            "probe/plan.md",
            "probe/liste.csv",
            "probe/orte.csv",
            "chor/alt.py",
            "chor/bass.py",
            "chor/namen.txt",
            "chor/neu.py",
        ],
    ),
    (
        "counted deliverables",
        "# P\n\nDeliverable 1: `a/one.md`\nDeliverable 2: the map, `a/two.svg`\n\n- Output: reports/three.md\n- Artefact #4: `four.bin`\n",
        &["a/one.md", "a/two.svg", "reports/three.md", "four.bin"],
    ),
    (
        "who does it",
        "# P\n\nWe will add `choir/alto.rs`. Then we are going to create `choir/bass.rs` and `choir/tenor.rs`.\n\nI'll write choir/solo.md next week.\n\nThe hall is booked, we add `choir/hall.rs` for it.\n\n- ACTION: create `choir/echo.rs`\n- A new file `choir/rest.rs` holds the pauses\n- Set up `choir/stage.toml`\n",
        &[
            "choir/alto.rs",
            "choir/bass.rs",
            "choir/tenor.rs",
            "choir/solo.md",
            "choir/hall.rs",
            "choir/echo.rs",
            "choir/rest.rs",
            "choir/stage.toml",
        ],
    ),
    (
        "where it goes",
        "# P\n\n1. Sing. The words go into `choir/words.txt`.\n2. Save the recording in `out/take1.wav`, also when it is bad\n3. `choir/notes.md` will be written by the alto\n4. `encore.md` (to be created in `choir/late/`)\n5. Update `choir/a.py`, then create `choir/b.py`\n",
        &["choir/words.txt", "out/take1.wav", "choir/notes.md", "choir/late/encore.md", "choir/b.py"],
    ),
    (
        "paths of Windows and numbers of a runbook",
        "# P\n\n1.1 Create `Source\\Choir\\Alto.h` and `Source\\Choir\\Alto.cpp`.\n1.2 Add `bin/sing`\n1.3 Generate `~/.choir/id_alto`\n1.4 Call `bin/hum`\n",
        &["Source/Choir/Alto.h", "Source/Choir/Alto.cpp", "bin/sing", "~/.choir/id_alto"],
    ),
    (
        "what is new is marked as new",
        "# P\n\n## Files\n\n- `alto.py` (new): low\n- `bass.py` [NEW, 50 lines]\n- `hall.py` \u{2014} NEW\n- NEW: `solo.py`\n- `tenor.py` \u{2014} new colours\n- `site.py` (changed)\n",
        &["alto.py", "bass.py", "hall.py", "solo.py"],
    ),
    (
        "bold files with what they do below",
        "# P\n\n## Songs\n\n* **`songs/alto.gd`**\n    * class `Alto`\n    * hums\n* **Stage**\n    * `old.gd` stays\n",
        &["songs/alto.gd"],
    ),
    (
        "a table directly below a list",
        "# P\n\n- sing on Tuesday\n|What|Datei|\n|---|---|\n|Alto|`alto.ts`<br>`alto.test.ts`|\n|Bass|bass.ts|\n",
        &["alto.ts", "alto.test.ts", "bass.ts"],
    ),
    (
        "links that leave the folder of the plan",
        "# P\n\n## Deliverables\n\n- [site/src/alto.mdx](../site/src/alto.mdx) \u{2013} low\n- [the bass](../../site/src/bass.mdx)\n",
        &["site/src/alto.mdx", "site/src/bass.mdx"],
    ),
    (
        "several sections of the first level, counted by letters",
        "# 1. Why\n\nSongs.\n\n# 2. Artifacts\n\n- `songs/alto.qmd`\n\n# 3. Success criteria\n\n- `out/alto.html` exists and has no gap\n\n# 4. Parts\n\n### A.1 songs/bass.sql\n\n### File 2 \u{2014} `songs/solo.sql`\n\n### New file: `songs/hum.sql`\n",
        &["songs/alto.qmd", "out/alto.html", "songs/bass.sql", "songs/solo.sql", "songs/hum.sql"],
    ),
    (
        "a label with the folder of its list",
        "# P\n\nNew files in `src/choir/`:\n\n- `alto.rs`\n- `parts/bass.rs`\n- `src/choir/solo.rs`\n",
        &["src/choir/alto.rs", "src/choir/parts/bass.rs", "src/choir/solo.rs"],
    ),
    (
        "the file is named as one",
        "# P\n\nDie Datei `chor/plan.md` wird erstellt.\n\n1. F\u{fc}ge `chor/alt.py` hinzu\n\n## Done when\n\n- the file `out/alto.csv` exists\n- `out/bass.csv` exists already\n",
        &["chor/plan.md", "chor/alt.py", "out/alto.csv"],
    ),
    (
        "a location below an item",
        "# P\n\n1. Create `alto.py`\n   - Location: `choir/low/`\n   - Class: `AltoVoice`\n2. Sing it\n",
        &["choir/low/alto.py"],
    ),
];

#[test]
fn many_wordings_of_a_promise_are_read() {
    for (name, text, promised) in WORDINGS {
        let made = reader::plan(text).deliverables.into_iter().filter(|item| item.purpose == Purpose::Make);
        let mut found: Vec<String> = made.map(|item| item.path).collect();
        let mut wanted: Vec<String> = promised.iter().map(|path| (*path).to_owned()).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{name}");
    }
}
