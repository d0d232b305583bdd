//! Results: statuses, findings, evidence, and a whole report.

use std::fs;
use std::time::{Duration, SystemTime};

use baton_plugin_sdk::Severity;

use super::shop;
use crate::support::{Workspace, has_finding, markdown};

#[test]
fn every_status_comes_out() {
    assert_eq!(
        shop().statuses(),
        [
            "shop/till.py PARTIAL",
            "shop/stock.py DRIFTED",
            "shop/stub.js STUB",
            "shop/empty.py EMPTY",
            "shop/gone.py MISSING",
            "tools/weigh.sh MOVED",
            "~/notes.md UNVERIFIABLE",
            "../secret.md UNVERIFIABLE",
            "/etc/passwd.txt UNVERIFIABLE",
        ]
    );
}

#[test]
fn findings_have_the_same_ids_and_severities_in_every_run() {
    let workspace = shop();
    let outcome = workspace.run("{}").unwrap();
    let weights = [
        ("shop/till.py:partial", Severity::Medium),
        ("shop/stock.py:drifted", Severity::Low),
        ("shop/gone.py:missing", Severity::High),
        ("tools/weigh.sh:moved", Severity::Medium),
        ("~/notes.md:unverifiable", Severity::Info),
    ];
    for (id, severity) in weights {
        assert!(has_finding(&outcome, &format!("audit:plans/shop.md:{id}"), severity), "{id}");
    }
    let mut later = workspace.task("{}");
    later.now = "2027-02-03T04:05:06Z".into();
    let later =
        audit::run(&later, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress)).unwrap();
    assert_eq!(outcome.findings, later.findings);
    assert_eq!(later.artifacts[0].name, "PLANS_AUDIT_REPORT_20270203_040506.md");
    assert_eq!(later.artifacts[1].name, "PLANS_AUDIT_REPORT_20270203_040506.json");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let workspace = shop();
    assert_eq!(workspace.run("{}").unwrap(), workspace.run("{}").unwrap());
}

#[test]
fn evidence_says_where_and_what() {
    let outcome = shop().run("{}").unwrap();
    let of = |id: &str| outcome.findings.iter().find(|finding| finding.id.contains(id)).unwrap().evidence.clone();
    insta::assert_snapshot!(of("till.py"), @"plans/shop.md:10; found: shop/till.py; 28 bytes; not defined: TillDrawer; the plan says: NEW - TillDrawer");
    insta::assert_snapshot!(of("stock.py"), @"plans/shop.md:11; found: shop/stock.py; 11 bytes; the plan says 100 lines, but the file has 1");
    insta::assert_snapshot!(of("weigh.sh"), @"plans/shop.md:25; found: bin/weigh.sh; 17 bytes; the same name is at bin/weigh.sh");
    insta::assert_snapshot!(of("secret.md"), @"plans/shop.md:27; the path leaves the granted folder: ../secret.md");
    insta::assert_snapshot!(outcome.summary, @"Audited 1 plan: 1 of 6 deliverables present (17 %); 1 missing, 1 partial, 1 empty, 1 stub, 1 moved, 1 drifted, 3 unverifiable.");
}

#[test]
fn a_small_report_reads_like_this() {
    let workspace = Workspace::new()
        .file("plans/a.md", "# Small | plan\n\n## Deliverables\n\n- `lib/one.py`\n- `lib/two.py` - with `notes.md`\n")
        .file("root/lib/one.py", "x = 1\n");
    let plan = fs::File::options().append(true).open(workspace.path("plans/a.md")).unwrap();
    plan.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_768_600_000)).unwrap();
    insta::assert_snapshot!(markdown(&workspace.run("{}").unwrap()), @r####"
    # Plans Directory Audit Report

    **Execution Date:** 2026-01-18 10:15:00 UTC  
    **Report ID:** `PLANS-AUDIT-20260118-101500`  
    **Audit Agent:** audit 0.1.0  
    **Audited Folder:** `root` (2 entries)  
    **Status:** AUDIT COMPLETE - PARTIAL

    ---

    ## Executive Summary

    Audited 1 plan: 1 of 2 deliverables present (50 %); 1 missing.

    ### What Is Wrong

    - **HIGH** MISSING: lib/two.py (plans/a.md) – plans/a.md:6

    ### What to Do

    - Make the missing deliverable, or remove it from the plan. (1 finding)

    ### Key Findings

    | Plan | Status | Completion | Details |
    |---|---|---|---|
    | **Small \| plan** | ⚠️ Partial | 50 % | 1 of 2 done; 1 missing |

    ---

    ## Plans

    | Location | Plans Audited |
    |---|---|
    | `plans` | 1 |

    | File | Size | Last Modified | Priority | Responsible | Says of Itself |
    |---|---|---|---|---|---|
    | `plans/a.md` | 81 bytes | 2026-01-16 21:46 | HIGH | – | – |

    ---

    ## Deliverables

    ### Plan 1: Small \| plan (plans/a.md)

    | Component | Expected | Found | Status | Completion |
    |---|---|---|---|---|
    | Deliverables | 2 | 1 | ⚠️ Partial | 50 % |
    | **TOTAL** | 2 | 1 | ⚠️ Partial | 50 % |

    | Deliverable | Status | Found At | Bytes | Lines | Evidence | Named At |
    |---|---|---|---|---|---|---|
    | `lib/one.py` | ✅ PRESENT | `lib/one.py` | 6 | 1 | SHA-256 9e26bf369911 | `plans/a.md:5` |
    | `lib/two.py` | ❌ MISSING | – | – | – | – | `plans/a.md:6` |

    Referenced, not promised (not part of the completion):

    | File | Line | Looked Up | Found |
    |---|---|---|---|
    | `notes.md` | 6 | missing | – |

    ---

    ## Claims

    Not checked: no document makes a claim that could be checked.

    ---

    ## Since the Last Audit

    Not checked: earlier audits are not remembered: \`baton plugin grant audit sql=own:rw\` lets the audit store them.

    ---

    ## Requests for Gaps

    Not checked: no request was sent: \`baton plugin grant audit handoffs=any\` allows requests.

    ---

    **Report Status:** AUDIT COMPLETE - PARTIAL  
    **Overall Completion Rate:** 50 %
    "####);
}
