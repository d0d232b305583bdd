#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs
)]
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let plan = audit::reader::plan(&text);
    for item in &plan.deliverables {
        println!(
            "{:?} {} {:?} {:?} {:?}",
            item.purpose,
            item.path,
            item.mentions.iter().map(|m| (m.line, m.form, m.role)).collect::<Vec<_>>(),
            item.symbols,
            item.status
        );
    }
    for item in &plan.references {
        println!("ref {} {}", item.line, item.path);
    }
}
