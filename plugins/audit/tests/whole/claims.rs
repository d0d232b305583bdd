//! dump
use crate::support::corpus;
use audit::claims::{self, Document};
use audit::index::{Index, Root};

#[test]
fn dump() {
    let Some(corpus) = corpus() else { return };
    let seeds = corpus.join("../../seeds");
    let mut docs = Vec::new();
    for (folder, ending) in [(&seeds, "md"), (&corpus, "md")] {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == ending))
            .collect();
        names.sort();
        for path in names {
            let document = Document {
                shown: path.file_name().unwrap().to_str().unwrap().to_owned(),
                text: std::fs::read_to_string(&path).unwrap(),
            };
            let found = claims::read(&document);
            docs.push((document, found));
        }
    }
    let root = std::env::var("DUMP_ROOT").unwrap();
    let index = Index::build(vec![Root { path: root.into(), shown: "github-production".into() }]);
    let checked = claims::check(&docs, &index, None);
    for row in &checked.rows {
        eprintln!(
            "{:12} {} {}:{} [{}] -- {}",
            row.verdict.word(),
            row.kind.word(),
            row.document,
            row.line,
            row.words,
            row.evidence
        );
    }
    eprintln!("{:?}", checked.tally);
}

#[test]
fn dbg() {
    let Some(corpus) = corpus() else { return };
    for p in ["DJAY_PRO_NOTION_INTEGRATION_PLAN.md", "../../seeds/alignment-audit-phase-3.md"] {
        let d = Document { shown: "a".into(), text: std::fs::read_to_string(corpus.join(p)).unwrap() };
        for c in claims::read(&d) {
            let s = format!("DBG {c:?}");
            if s.contains("Quantity") || c.line == 63 || c.line == 87 || c.line == 111 {
                eprintln!("{s}");
            }
        }
    }
}
