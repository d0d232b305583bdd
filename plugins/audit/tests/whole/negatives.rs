//! Hard negatives: text that names no deliverable, although it looks like files.
//!
//! Each case is a complete plan. Reading a sentence as a file is the worst error of an audit.

use audit::plan::Purpose;
use audit::reader;

const NOTHING: &[(&str, &str)] = &[
    (
        "sentences",
        "# P\n\n## Deliverables\n\n- Save progress state to a JSON file after each batch\n- Implementation: resume from the last checkpoint\n- A script that cleans the cache\n- Everything in one place.\n",
    ),
    (
        "class names",
        "# P\n\n## Tasks\n\n- Create `OrderBook` class\n- Connect `OrderBook` to `BookKeeper`\n- Implement `BookKeeper.close()`\n",
    ),
    (
        "addresses",
        "# P\n\n## Outputs\n\n- [Board](https://example.org/boards/plan.html)\n- https://example.org/a/b.json\n- `https://example.org/x.py`\n- `www.example.org/y.md`\n- `example.com/z.html`\n- [Contents](#contents)\n- <mailto:a@example.org>\n",
    ),
    (
        "endpoints",
        "# P\n\n## Deliverables\n\n- `/orders-sync`\n- `POST /api/orders.json`\n- `/api/v1/orders`\n- `/api/v2/items`\n- `/health`\n- `GET /users/me/orders`\n",
    ),
    (
        "dates, ratios and links with slashes",
        "# P\n\n## Deliverables\n\n- `2025/11/21`\n- `11/21/2025`\n- `and/or`\n- `24/7`\n- `..`\n- `../..`\n- `~`\n- `/etc`\n- `https://example.org/etc/passwd`\n- `cat /etc/passwd`\n- `--config=/etc/till`\n- `-o /tmp/till`\n\n| File | Status |\n|---|---|\n| `and/or` | done |\n| `/api/v2/items` | done |\n| 2025/11/21 | done |\n| see ../ above | done |\n",
    ),
    (
        "ids and numbers",
        "# P\n\n## Deliverables\n\n- `27ce7361-0000-80fb-b40e-fefdd47d6640`\n- `a7d8c35`\n- `v2.3.1`\n- `1.0`\n- `2026-01-18`\n- `20:30`\n",
    ),
    (
        "flags and variables",
        "# P\n\n## Outputs\n\n- `--mode single`\n- `ORDERS_DB_ID`\n- `rich_text`\n- `python -m run --all`\n- `x = 1`\n- `get_order()`\n",
    ),
    (
        "products and properties",
        "# P\n\n## Deliverables\n\n- `Node.js`\n- `Vue.js`\n- `console.log`\n- `response.json`\n- `self.queue`\n- `.py`\n- `*.py`\n- `orders_<date>.csv`\n- `report_YYYYMMDD.md`\n",
    ),
    (
        "code in fences",
        "# P\n\n## Deliverables\n\n```python\n# orders.py\nfrom shop import orders\nPATH = 'data/orders.json'\nclass OrderBook:\n    pass\n```\n\n```bash\npython scripts/orders.py > out.json\n```\n\n```json\n{\"file\": \"a.json\"}\n```\n",
    ),
    ("output in fences", "# P\n\n## Deliverables\n\n```\nOrders read: 3\nwrote out/orders.json\nDone.\n```\n"),
    (
        "diagrams",
        "# P\n\n## Deliverables\n\n```\n┌────────────┐     ┌──────────┐\n│ orders.py  │────►│ shop.db  │\n└─────┬──────┘     └──────────┘\n      ▼\n   report.md\n```\n\n```\n+-----------+\n| orders.py |\n+-----------+\n```\n",
    ),
    (
        "trees of ideas",
        "# P\n\n```\nShop\n├── Orders\n│   ├── Open\n│   └── Closed\n└── Customers\n```\n\n```\nDecide\n├── yes: go on\n└── no: stop and read the log\n```\n",
    ),
    (
        "existing scripts",
        "# P\n\n## Tasks\n\n- Update `orders.py` line 3\n- Run `orders.py` first\n- The `orders.py` script reads them\n- Enhance `orders.py` to keep dates\n- Add tests to `test_orders.py`\n- See `orders.md` for more\n- Remove `old_orders.py`\n",
    ),
    (
        "what must not be",
        "# P\n\n## Tasks\n\n- Never create `orders.py`\n- Do not write `orders.csv`\n- ~~Create `gone.py`~~\n\n> Create `quoted.py`\n\n<!-- Create `hidden.py` -->\n",
    ),
    (
        "what is out of scope",
        "# P\n\n## Out of Scope\n\n- Create `later.py`\n\n```\nlater/\n├── a.py\n└── b.py\n```\n\n| File | Purpose |\n|---|---|\n| `later.rs` | no |\n",
    ),
    (
        "what goes",
        "# P\n\n| File | Status |\n|---|---|\n| `a.py` | Deleted |\n| `b.py` | to be removed |\n\n```\nshop/\n└── c.py (REMOVED)\n```\n\n## Files to Delete\n\n- `d.py`\n",
    ),
    (
        "issues and risks",
        "# P\n\n| Issue | Severity | Status | Notes |\n|---|---|---|---|\n| `orders.py` crashes | HIGH | OPEN | Created `trace.log` |\n\n| Risk | Mitigation |\n|---|---|\n| loss | keep `orders.db` |\n\n| Metric | Value |\n|---|---|\n| Source | `orders.csv` |\n",
    ),
    (
        "data tables",
        "# P\n\n| Field | Property | Transform |\n|---|---|---|\n| file_path | File Path | Direct |\n| order_id | Order ID | Direct |\n\n| Database | ID |\n|---|---|\n| Orders | `20ee7361-6c27` |\n",
    ),
    ("titles", "# README.md\n\nThis document explains `README.md`.\n"),
    ("front matter", "---\nfile: orders.py\noutputs:\n  - a.json\n---\n# P\n"),
    (
        "words with slashes",
        "# P\n\n## Outputs\n\n- `read/write`\n- `and/or`\n- `origin/main`\n- `text/markdown`\n- `owner/repo`\n- input/output\n",
    ),
    (
        "what is there already",
        "# P\n\nThe settings live in `conf/choir.toml`. Migration 7 lives in `Migrations.kt`.\n\n## Existing files\n\n- **`alto.py`**\n  - hums\n- `songs/`\n  - `bass.py`\n\nModified files:\n\nconf/old.toml \u{2014} one line\n- conf/router.ex\n",
    ),
    (
        "what was weighed",
        "# P\n\n## Rationale and alternatives\n\n- Create `songs/alto.rs` properly\n\n## Things we will not do\n\n- create `songs/bass.rs`\n\n## Not planned\n\n- `songs/hum.gd`, an editor\n\n## Notes\n\nWe looked at:\n\n- a new file `songs/echo.dart`\n",
    ),
    (
        "negated sentences",
        "# P\n\nWe won't add `alto.py`. We do not create `bass.py`. If it rains, we add `rain.py`.\n\nErstelle nicht `nie.py`. Wir haben `da.py` schon.\n\n- `gone.py` will not be created\n- We have `here.py` already\n",
    ),
    (
        "prose that is indented",
        "# P\n\nThe files are\n  alto.py and others\n    bass.py too\n\n    INFO choir: alto.toml changed\n    WARN choir: bass.toml gone\n",
    ),
    (
        "programs that are called",
        "# P\n\n- Run `bin/sing`\n- Call `scripts/hum` first\n- See `~/.choir/id_alto` and `/etc/cron.d/choir`\n- `POST /hooks/choir`\n- Create the branch `feat/choir`\n",
    ),
    (
        "separators of Windows elsewhere",
        "# P\n\n## Deliverables\n\n- `C:\\Choir\\alto`\n- `\\w+\\.py`\n- `a\\nb`\n- `HKLM\\Software\\Choir`\n",
    ),
];

#[test]
fn these_plans_promise_nothing() {
    for (name, text) in NOTHING {
        let made = reader::plan(text).deliverables.into_iter().filter(|item| item.purpose == Purpose::Make);
        let promised: Vec<String> = made.map(|item| item.path).collect();
        assert!(promised.is_empty(), "{name}: {promised:?}");
    }
}

#[test]
fn words_that_are_not_files_are_not_references_either() {
    let silent = [
        "sentences",
        "class names",
        "addresses",
        "endpoints",
        "ids and numbers",
        "flags and variables",
        "products and properties",
        "code in fences",
        "output in fences",
        "diagrams",
        "trees of ideas",
        "words with slashes",
    ];
    for (name, text) in NOTHING.iter().filter(|(name, _)| silent.contains(name)) {
        let spoken: Vec<String> = reader::plan(text).references.into_iter().map(|item| item.path).collect();
        assert!(spoken.is_empty(), "{name}: {spoken:?}");
    }
}
