//! The whole library on temporary folders: from a task to an outcome, as the host sees it.

mod asked;
mod found;
mod outcome;

use crate::support::Workspace;

const SHOP: &str = "# Shop\n\n**Date:** 2026-01-02\n**Status:** started\n\n## Layout\n\n```\nshop/\n├── till.py (NEW - TillDrawer)\n├── stock.py\n├── stub.js\n├── empty.py\n└── gone.py\n```\n\n## Sizes\n\n| File | Lines |\n|---|---|\n| `shop/stock.py` | 100 |\n\n## Deliverables\n\n- `tools/weigh.sh`\n- `~/notes.md`\n- `../secret.md`\n- `/etc/passwd.txt`\n\nSee `shop/till.py` and `other.md`.\n";

fn shop() -> Workspace {
    Workspace::new()
        .file("plans/shop.md", SHOP)
        .file("root/shop/till.py", "class Till:\n    open = True\n")
        .file("root/shop/stock.py", "items = []\n")
        .file("root/shop/stub.js", "// Generated from plan deliverable.\n// TODO: Implement functionality\n")
        .file("root/shop/empty.py", "")
        .file("root/bin/weigh.sh", "#!/bin/sh\necho 1\n")
}
