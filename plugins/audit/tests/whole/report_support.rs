//! Reports of every kind for the tests of the formats: empty, with all parts, and with hostile names.

use audit::index::{Index, Root};
use audit::page::{Bar, Block, Cell, Point, Table};
use audit::reader;
use audit::remark::{NoteSeverity, Remark, SourceLine};
use audit::report::{
    Assembly, Audited, FolderLine, FollowUp, FollowUpState, Form, Gap, LastReport, Part, Parts, Report, Stamp, render,
};
use audit::verify::{self, Facts, IgnoredNames, Judge};
use serde_json::json;

use crate::support::Workspace;

/// Names that try to inject markup.
pub(crate) const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>.py",
    "\"onload=\"alert(1).md",
    "a&b&lt;c.md",
    "x|y|z.md",
    "`code`|.md",
    "\u{202e}gnp.exe\u{202c}.md",
    "a\u{0}b\u{7}c\u{1b}[31m.md",
    "line\nbreak\r\n.md",
    "]]> --> <!-- .md",
    "</title></style></table>.md",
    "[link](javascript:alert(1)).md",
    "\\|.md",
    "ends\\",
    "* _ ~ # = + - 1. .md",
    "https://example.org/x.md",
    "\u{fffe}\u{ffff}\u{feff}.md",
    "'single'.md",
    " blank ",
    "-",
    "%s %n {{x}} ${y} .md",
    "é漢字\u{1f3b5}\u{5d0}\u{5d1}.md",
];

/// The timestamp of all reports here.
pub(crate) fn stamp() -> Stamp {
    Stamp { compact: "20260118_101500".into(), long: "2026-01-18 10:15:00 UTC".into() }
}

/// A report in one format, as text.
pub(crate) fn rendered(form: Form, report: &Report) -> String {
    String::from_utf8(render(form, report, &stamp()).unwrap().bytes).unwrap()
}

/// A report without a plan.
pub(crate) fn empty() -> Report {
    let mut assembly = Assembly::default();
    assembly.notes([Remark::new(
        "plans:none",
        NoteSeverity::Medium,
        "no plan was found: put a plan into plans",
        "plans",
    )]);
    let folders = vec![FolderLine { folder: "plans".into(), plans: 0 }];
    assembly.finish(&stamp(), vec!["root".into()], 0, folders, Parts::default())
}

/// The report on these plans; the files below `root/` are the audited tree.
pub(crate) fn of(plans: &[(&str, &str)], files: &[(&str, &str)], parts: Parts) -> Report {
    let mut workspace = Workspace::new();
    for (path, text) in files {
        workspace = workspace.file(&format!("root/{path}"), text);
    }
    let index = Index::build(vec![Root { path: workspace.path("root"), shown: "root".into() }]);
    let mut assembly = Assembly::of(&Form::ALL);
    assembly.notes([Remark::new("plans/a.md:not-utf-8", NoteSeverity::Low, "plans/a.md is no UTF-8", "plans/a.md:2")]);
    assembly.findings([Gap {
        id: "audit:reports/a.md:473:claim-false".into(),
        weight: NoteSeverity::Medium,
        title: "473 lines are claimed".into(),
        evidence: "reports/a.md:17; it has 472".into(),
        place: Some(SourceLine { path: "reports/a.md".into(), line: 17 }),
    }]);
    for (shown, text) in plans {
        let plan = reader::plan(text);
        let judged = Judge::new(&index, &mut Facts::new(None, 0), &mut IgnoredNames::default())
            .plan(&plan, &verify::PreviousVerdicts::default());
        let bytes = text.len() as u64;
        assembly.plan(Audited {
            shown: (*shown).to_owned(),
            bytes,
            plan,
            tasks: audit::plan::Tasks::default(),
            judged,
        });
    }
    let folders = vec![FolderLine { folder: "plans".into(), plans: plans.len() }];
    assembly.finish(&stamp(), vec!["root".into()], index.len(), folders, parts)
}

/// A plan of a shop with every status.
pub(crate) const SHOP: &str = "# Shop\n\n**Date:** 2026-01-02\n**Status:** started\n\n## Layout\n\n```\nshop/\n├── till.py (NEW - TillDrawer)\n├── stock.py\n├── stub.js\n├── empty.py\n└── gone.py\n```\n\n## Sizes\n\n| File | Lines |\n|---|---|\n| `shop/stock.py` | 100 |\n\n## Deliverables\n\n- `tools/weigh.sh`\n- `~/notes.md`\n- `shop/right.py`\n\nSee `shop/till.py` and `other.md`.\n";

pub(crate) const SHOP_FILES: &[(&str, &str)] = &[
    ("shop/till.py", "class Till:\n    open = True\n"),
    ("shop/stock.py", "items = []\n"),
    ("shop/stub.js", "// Generated from plan deliverable.\n// TODO: Implement functionality\n"),
    ("shop/empty.py", ""),
    ("shop/right.py", "right = 1\n"),
    ("bin/weigh.sh", "#!/bin/sh\necho 1\n"),
];

/// A report on a shop and a library, with all parts.
pub(crate) fn full() -> Report {
    let library = "# Library\n\n## Deliverables\n\n- `shop/right.py`\n";
    of(&[("plans/shop.md", SHOP), ("plans/library.md", library)], SHOP_FILES, parts())
}

pub(crate) fn parts() -> Parts {
    let mut claims = Table::new(&["Claim", "Verdict", "Source"]);
    claims.row([Cell::text("473 lines"), Cell::text("\u{274c} FALSE"), Cell::code("reports/a.md:17")]);
    claims.row([Cell::text("commit a7d8c35"), Cell::text("\u{2705} TRUE"), Cell::code("reports/a.md:20")]);
    let bars = vec![
        Bar { label: "Fingerprints".into(), done: 4_249, expected: 21_121 },
        Bar { label: "Nothing".into(), done: 0, expected: 0 },
    ];
    let mut health = Table::new(&["System", "Status", "Health"]);
    health.row([Cell::text("Catalog"), Cell::text("\u{2705}"), Cell::Percent(Some(100))]);
    Parts {
        issues: Part::default(),
        claims: Part::checked(vec![Block::Table(claims)], json!([{"claim": "473 lines", "verdict": "FALSE"}])),
        history: Part::checked(
            vec![
                Block::List(vec![vec![Cell::Strong("Regression:".into()), Cell::code("shop/gone.py")]]),
                Block::Heading("Coverage".into()),
                Block::Bars(bars),
                Block::Heading("Integration Health".into()),
                Block::Table(health),
            ],
            json!({"regressions": ["shop/gone.py"]}),
        ),
        actions: Part::checked(Vec::new(), json!([])),
        follow_ups: follow_ups(),
        trend: [Some(20), None, Some(33), Some(25)]
            .into_iter()
            .enumerate()
            .map(|(nth, percent)| Point { at: format!("2026-01-1{nth} 10:15:00 UTC"), percent })
            .collect(),
        before: Some(LastReport {
            at: "2026-01-12 10:15:00 UTC".into(),
            completion_percent: Some(33),
            plans: [("plans/shop.md".to_owned(), Some(33))].into(),
        }),
    }
}

/// A follow-up in every state.
pub(crate) fn follow_ups() -> Vec<FollowUp> {
    let item = |path: &str, state, agent: Option<&str>, round, reason: &str| FollowUp {
        finding: format!("audit:plans/shop.md:{path}:missing"),
        agent: agent.map(str::to_owned),
        title: format!("{path} is missing"),
        plan: "plans/shop.md".into(),
        path: path.into(),
        state,
        round,
        reason: reason.into(),
        priority: NoteSeverity::High,
    };
    vec![
        item("shop/gone.py", FollowUpState::Sent, Some("Codex-Agent"), 1, ""),
        item("shop/till.py", FollowUpState::Open, Some("Codex-Agent"), 2, "asked on 2026-01-17"),
        item("shop/empty.py", FollowUpState::Held, None, 0, "no agent is responsible for the plan"),
        item("shop/stub.js", FollowUpState::Held, Some("Codex-Agent"), 3, "asked three times"),
        item("shop/right.py", FollowUpState::Withdrawn, Some("Codex-Agent"), 1, "it is there now"),
    ]
}

/// The full report with every name, title and remark replaced by hostile ones.
pub(crate) fn hostile() -> Report {
    let mut report = full();
    let all = HOSTILE.concat();
    let rows = report.plans[0].deliverables.clone();
    report.plans[0].deliverables = HOSTILE
        .iter()
        .zip(rows.iter().cycle())
        .map(|(name, row)| {
            let mut row = row.clone();
            (*name).clone_into(&mut row.path);
            (*name).clone_into(&mut row.component);
            row.found = Some((*name).to_owned());
            row.claimed.symbols = vec![(*name).to_owned()];
            row.claimed.status = Some((*name).to_owned());
            row.remarks = vec![(*name).to_owned()];
            row
        })
        .collect();
    report.plans[0].title = Some(all.clone());
    report.plans[1].title = Some("<script>".into());
    report.plans[1].plan = "plans/\u{202e}<b>\"|&.md".into();
    report.roots = vec![all.clone()];
    report.notes[0].title.clone_from(&all);
    for (gap, name) in report.findings.iter_mut().zip(HOSTILE.iter().cycle()) {
        (*name).clone_into(&mut gap.title);
        gap.evidence = format!("{name}:12; {name}");
    }
    let lines = HOSTILE.iter().map(|name| vec![Cell::text(*name), Cell::code(*name)]).collect();
    let tasks = HOSTILE.iter().map(|name| (true, (*name).to_owned())).collect();
    report.parts.claims.blocks = vec![
        Block::Heading(all.clone()),
        Block::Text(all.clone()),
        Block::List(lines),
        Block::Checklist(tasks),
        Block::Bars(vec![Bar { label: all.clone(), done: 3, expected: 2 }]),
        Block::Trend(vec![Point { at: all.clone(), percent: Some(200) }, Point { at: all, percent: None }]),
    ];
    report
}
