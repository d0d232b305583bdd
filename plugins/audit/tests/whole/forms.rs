//! One plan in every form that promises files, held to labels: path, line, form.

use audit::extract;
use audit::plan::{Plan, Role};

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

/// Path, line and form of everything that is promised.
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
    plan.deliverables.iter().map(promise).collect()
}

#[test]
fn every_form_is_understood() {
    let plan = extract::plan(BAKERY);
    assert_eq!(labels(&plan), PROMISED);
    let spoken: Vec<&str> = plan.references.iter().map(|reference| reference.path.as_str()).collect();
    assert_eq!(spoken, ["scripts/old.sh", "delivery/van.py"]);
}

#[test]
fn claims_stand_with_their_files() {
    let plan = extract::plan(BAKERY);
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
fn the_text_of_a_handed_on_link_is_not_part_of_the_name() {
    let plan = extract::plan(
        "# P\n\n## Implementation\n\nDeliverables:\n\n1. [scripts/embed.py](scripts/embed.py) - Add checkpoint save/load\n2. Implementation: Save progress state to JSON file after each batch\n",
    );
    assert_eq!(labels(&plan), ["scripts/embed.py 7 link"]);
}
