//! Ordinary phrasings and JSON task lists, read by the shipped plugin in its sandbox.

use std::fs;

use baton_tests::{Output, Workspace, repository};
use serde_json::{Value, json};

/// How many of the 50 phrasings must be read correctly. The audit misreads these kinds: "see" before the name of a finished file,
/// symbols and counts in a sentence, "half written" about a file, and the statement that a file does not exist.
const AT_LEAST: usize = 45;

/// The files that exist. Everything else that a phrasing names does not.
const FILES: [(&str, &str); 11] = [
    ("src/main.py", "import sys\n\ndef main():\n    return run(sys.argv)\n\ndef run(args):\n    return len(args)\n"),
    ("src/app.js", "export function app() {\n  return 1;\n}\n\nexport const port = app() + 3000;\n"),
    ("legacy/calc.pl", "sub calc { return 1 + 2; }\nprint calc();\n"),
    ("src/auth.py", "def login(user):\n    if not user:\n        raise ValueError('user')\n    return user\n"),
    ("src/feature2.py", "def feature(x):\n    return x * 2\n\nprint(feature(2))\n"),
    (
        "src/http.py",
        "class Request:\n    def __init__(self, url):\n        self.url = url\n\n    def send(self):\n        return self.url\n",
    ),
    ("tests/test_a.py", "def test_a():\n    assert 1 + 1 == 2\n"),
    ("tests/test_b.py", "def test_b():\n    assert 2 + 1 == 3\n"),
    ("src/cli.py", "import sys\n\ndef cli():\n    print(sys.argv)\n\ncli()\n"),
    ("src/a1.py", "def a1(x):\n    return x + 1\n\nprint(a1(1))\n"),
    ("src/legacy.py", "def legacy(x):\n    return x - 1\n\nprint(legacy(1))\n"),
];

/// Audits these plans as JSON.
fn report(place: &Workspace, plans: &[String]) -> Value {
    let mut command = place.command();
    command.current_dir(place.root()).args(["audit", "--format", "json"]).args(plans);
    let run = Output::of(&mut command);
    assert!(matches!(run.code, 0 | 1 | 3), "{run:?}");
    run.json()
}

/// The paths of a plan's deliverables.
fn promised(plan: &Value) -> Vec<&str> {
    plan["deliverables"].as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap()).collect()
}

/// One row of the corpus.
struct Phrasing<'a> {
    promised: Vec<&'a str>,
    not_promised: Vec<&'a str>,
    wrong: bool,
    text: String,
}

impl<'a> Phrasing<'a> {
    fn of(row: &'a str) -> Option<Self> {
        let [promised, not_promised, wrong, text] = row.split('\t').collect::<Vec<_>>()[..] else { return None };
        let paths = |cell: &'a str| cell.split(' ').filter(|path| *path != "-").collect();
        Some(Self {
            promised: paths(promised),
            not_promised: paths(not_promised),
            wrong: wrong == "yes",
            text: text.replace("\\n", "\n"),
        })
    }

    /// The first mistake in the audit's result for this phrasing, if there is one.
    fn misread(&self, plan: &Value, findings: &[&str]) -> Option<String> {
        let found = promised(plan);
        let missed =
            self.promised.iter().find(|path| !found.contains(path)).map(|path| format!("{path} is not promised"));
        let taken =
            self.not_promised.iter().find(|path| found.contains(path)).map(|path| format!("{path} is promised"));
        // The finding `nothing-verified` is not a mistake, because promised files need not exist.
        let grave: Vec<&&str> = findings.iter().filter(|id| !id.ends_with(":nothing-verified")).collect();
        let said = if self.wrong {
            grave.is_empty().then(|| "nothing is found wrong".to_owned())
        } else {
            grave.iter().find(|id| !id.ends_with(":missing")).map(|id| format!("{id} is found"))
        };
        missed.or(taken).or(said)
    }
}

/// Audits each row of a corpus as a plan. Returns the number of rows, and the mistakes.
fn misread(corpus: &str) -> (usize, Vec<String>) {
    let corpus = fs::read_to_string(repository().join("tests/corpus").join(corpus)).unwrap();
    let rows = corpus.lines().filter(|line| !line.starts_with('#')).filter(|line| !line.is_empty()).skip(1);
    let phrasings: Vec<Phrasing<'_>> = rows.map(|row| Phrasing::of(row).expect("a row has four cells")).collect();
    let place = Workspace::empty();
    for (path, text) in FILES {
        place.write(path, text);
    }
    let name = |nth: usize| format!("plans/p{nth:02}.md");
    for (nth, phrasing) in phrasings.iter().enumerate() {
        place.write(&name(nth), format!("# Work on the service\n\n{}\n", phrasing.text));
    }
    let report = report(&place, &(0..phrasings.len()).map(name).collect::<Vec<_>>());
    let plans = report["plans"].as_array().unwrap();
    let findings = report["findings"].as_array().unwrap();
    let misread = phrasings.iter().enumerate().filter_map(|(nth, phrasing)| {
        let plan = plans.iter().find(|plan| plan["plan"] == json!(name(nth))).unwrap();
        let own = findings.iter().filter(|finding| matches!(finding["weight"].as_str(), Some("high" | "medium")));
        let ids = own.filter_map(|finding| finding["id"].as_str());
        let ids: Vec<&str> = ids.filter(|id| id.starts_with(&format!("audit:{}:", name(nth)))).collect();
        phrasing.misread(plan, &ids).map(|why| format!("{}\n    {why}", phrasing.text))
    });
    (phrasings.len(), misread.collect())
}

#[test]
fn ordinary_phrasings_are_read_right() {
    let (all, misread) = misread("ordinary_phrasings.tsv");
    assert_eq!(all, 50);
    assert!(all - misread.len() >= AT_LEAST, "{} misread:\n{}", misread.len(), misread.join("\n"));
}

#[test]
fn plain_statements_raise_no_alarm() {
    let (all, misread) = misread("plain_statements.tsv");
    assert!(all >= 15 && misread.is_empty(), "{} misread:\n{}", misread.len(), misread.join("\n"));
}

#[test]
fn a_report_promises_the_folders_of_its_trees() {
    let text = |title: &str| {
        format!(
            "# Till: {title}\n\n## Final structure\n\n```\nmy-till/\n\u{251c}\u{2500}\u{2500} src/\n\u{2502}   \u{251c}\u{2500}\u{2500} cli.py\n\u{2502}   \u{2514}\u{2500}\u{2500} \
             drawers/\n\u{2502}       \u{2514}\u{2500}\u{2500} left.py\n\u{2514}\u{2500}\u{2500} tests/\n    \u{2514}\u{2500}\u{2500} test_a.py\n```\n\n\
             ```\nold-till/ui/ \u{2192} src/ui/\n\u{2514}\u{2500}\u{2500} main.py\n```\n\n**Files moved:**\n- `old.py` \u{2192} `tests/`\n"
        )
    };
    let place = Workspace::empty();
    for (path, content) in FILES {
        place.write(path, content);
    }
    place.write("src/ui/main.py", "def show():\n    return 2\n");
    place.write("report.md", text("implementation summary"));
    place.write("plan.md", text("the next steps"));
    let report = report(&place, &["report.md".to_owned(), "plan.md".to_owned()]);
    let plans = report["plans"].as_array().unwrap();
    let folders = |name: &str| {
        let plan = plans.iter().find(|plan| plan["plan"] == json!(name)).unwrap();
        let rows = plan["deliverables"].as_array().unwrap().iter();
        let rows = rows.map(|row| format!("{} {}", row["path"].as_str().unwrap(), row["status"].as_str().unwrap()));
        rows.filter(|row| !row.contains('.')).collect::<Vec<_>>()
    };
    // The missing file stands for its missing folder, and the first row is the audited folder.
    let wanted = ["my-till/src PRESENT", "my-till/tests PRESENT", "src/ui PRESENT"];
    // In the report, the folder of the moved file is the one of the tree.
    assert_eq!(folders("report.md"), wanted, "{report:#}");
    assert_eq!(folders("plan.md"), ["tests PRESENT"], "{report:#}");
}

#[test]
fn a_json_task_list_is_read_on_one_line_and_on_many() {
    let stories = json!({
        "project": "Till",
        "userStories": [
            {
                "id": "US-001",
                "title": "Set the package up",
                "acceptanceCriteria": [
                    "Package.swift has a target Till",
                    "File src/a.ts exists",
                    "Route in src/api/routes.ts",
                    "Sources added to Sources/CTill/ with headers",
                    "Test target TillTests in Tests/TillTests/",
                    "Running `scripts/run.sh` prints ok",
                    "No changes to src/legacy.ts",
                    "Given the file config.yml is missing, an error is shown",
                    "Typecheck passes"
                ],
                "filesToModify": ["src/app.ts"],
                "passes": true
            },
            { "id": "US-002", "title": "Close", "acceptanceCriteria": ["File src/close.ts exists"], "passes": false }
        ]
    });
    let place = Workspace::empty();
    place.write(
        "Package.swift",
        "// swift-tools-version: 6.0\nimport PackageDescription\nlet package = Package(name: \"Till\")\n",
    );
    let many = serde_json::to_string_pretty(&stories).unwrap();
    for text in [stories.to_string(), many] {
        place.write("prd.json", &text);
        let report = report(&place, &["prd.json".to_owned()]);
        let rows = report["plans"][0]["deliverables"].as_array().unwrap();
        let mut found: Vec<(&str, &str)> =
            rows.iter().map(|row| (row["path"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
        found.sort_unstable();
        let wanted = [
            ("Package.swift", "PRESENT"),
            ("Sources/CTill", "PHANTOM"),
            ("Tests/TillTests", "PHANTOM"),
            ("src/a.ts", "PHANTOM"),
            ("src/api/routes.ts", "PHANTOM"),
            ("src/app.ts", "PHANTOM"),
            ("src/close.ts", "MISSING"),
        ];
        assert_eq!(found, wanted, "{report:#}");
    }
}
