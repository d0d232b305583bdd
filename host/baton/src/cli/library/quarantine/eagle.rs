//! Moves items of Eagle to Eagle's trash through Eagle's API. Baton writes nothing into Eagle's folder. The journal
//! records each item before the request, so that Baton can ask Eagle about the item if this process is killed.

use std::path::{Path, PathBuf};

use baton_catalog::library::{FileLink, Library};
use baton_core::path_text;
use baton_library::source::{eagle_around, eagle_id};
use baton_library::sync::eagle::{Eagle, EagleError};
use fail::fail_point;
use tokio::runtime::Runtime;

use super::catalog::record_move;
use super::journal::{EagleState, EagleStep, Journal, RemainingCopy, Step};
use super::report::{EagleFile, Report};

pub(super) type Connect<'a> = dyn Fn() -> anyhow::Result<(Runtime, Eagle)> + 'a;

/// The connection to Eagle, which is opened on first use.
pub(super) struct EagleConnection<'a> {
    connect: &'a Connect<'a>,
    eagle: Option<Result<(Runtime, Eagle), String>>,
}

impl<'a> EagleConnection<'a> {
    pub(super) fn new(connect: &'a Connect<'a>) -> Self {
        Self { connect, eagle: None }
    }

    fn eagle(&mut self) -> Result<&(Runtime, Eagle), String> {
        let connect = self.connect;
        let eagle = self.eagle.get_or_insert_with(|| connect().map_err(|error| format!("{error:#}")));
        eagle.as_ref().map_err(Clone::clone)
    }

    /// Whether an item is in Eagle's trash.
    pub(super) fn is_in_trash(&mut self, step: &EagleStep) -> Result<bool, String> {
        let file = path_text::from_text(&step.from);
        let library = eagle_around(&file).ok_or("its library is missing; mount its volume")?.to_owned();
        let (runtime, eagle) = self.eagle()?;
        is_open(eagle, &library)?;
        match runtime.block_on(eagle.item(&step.eagle)).map_err(|error| error.to_string())? {
            Some(item) => Ok(item.deleted),
            // An item that was deleted permanently cannot be restored.
            None => Err("Eagle has no item with this id any more".to_owned()),
        }
    }

    /// Moves an item to the trash of the plan's library, and checks that the item is there.
    fn trash(&mut self, file: &EagleFile) -> Result<(), String> {
        let (runtime, eagle) = self.eagle()?;
        runtime.block_on(move_to_trash(eagle, file))
    }

    /// Checks that the item exists in the open library.
    fn check(&mut self, file: &EagleFile) -> Result<(), String> {
        let (runtime, eagle) = self.eagle()?;
        is_open(eagle, &file.library)?;
        let found = runtime.block_on(eagle.item(&file.id)).map_err(|error| error.to_string())?;
        let item = found.ok_or("Eagle has no item with this id")?;
        // The library of another machine is identified only by its name, so the item must match the plan too.
        let is_proven = eagle.library().is_some_and(|open| open.folder.is_some());
        if is_proven || item.size == Some(file.bytes) {
            return Ok(());
        }
        Err(format!(
            "Eagle runs on another machine, and its item {} is not the file of the plan; open the library {} there, or scan that \
             library again",
            file.id,
            name_of(&file.library)
        ))
    }
}

/// Checks that this library is open in Eagle. If Eagle does not report its open library, a request could change another
/// library.
fn is_open(eagle: &Eagle, library: &Path) -> Result<(), String> {
    let name = name_of(library);
    match eagle.library() {
        None => Err(format!(
            "Eagle does not say which library is open, so it may be another one than {name}; update Eagle, or move the item into its \
             trash in Eagle"
        )),
        Some(open) if open.folder.as_ref().map_or(open.name == name, |folder| folder == library) => Ok(()),
        Some(_) => Err(format!("another library is open in Eagle; open {name} in Eagle, then run the command again")),
    }
}

fn name_of(library: &Path) -> &str {
    library.file_stem().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Moves the items of the report to Eagle's trash. The report lists items that could not be moved as refused.
pub(super) fn trash(
    report: &mut Report,
    eagle: &mut EagleConnection<'_>,
    journal: &mut Journal,
    catalog: &Path,
) -> anyhow::Result<()> {
    let wanted = std::mem::take(&mut report.eagle);
    if wanted.is_empty() {
        return Ok(());
    }
    let mut library = Library::open(catalog)?;
    for file in wanted {
        if let Err(why) = eagle.check(&file) {
            report.refuse(&file.path, why);
            continue;
        }
        let step = step(&file);
        journal.add(&Step::Eagle(step.clone()))?;
        fail_point!("quarantine.eagle_noted");
        let done = eagle.trash(&file);
        fail_point!("quarantine.eagle_asked");
        // If Eagle did not answer, it may have moved the item nevertheless.
        let is_there = if done.is_ok() { Ok(true) } else { eagle.is_in_trash(&step) };
        match (is_there, done) {
            (Ok(true), _) => {
                journal.add(&Step::Eagle(EagleStep { state: EagleState::Trashed, ..step }))?;
                fail_point!("quarantine.eagle_seen");
                record_move(&mut library, &file.path, Some(&file.kept))?;
                report.eagle.push(file);
            }
            (Ok(false), done) => {
                journal.add(&Step::Eagle(EagleStep { state: EagleState::Back, ..step }))?;
                report.refuse(&file.path, done.err().unwrap_or_default());
            }
            (Err(why), _) => {
                // The journal has the request, so `--resume` can finish it.
                report.refuse(&file.path, format!("{why}; `baton library quarantine --resume` asks Eagle where it is"));
                report.unknown += 1;
            }
        }
    }
    Ok(())
}

fn step(file: &EagleFile) -> EagleStep {
    let from = path_text::to_text(&file.path).into_owned();
    let kept = RemainingCopy::new(&file.kept, file.link.as_ref());
    EagleStep { from, eagle: file.id.clone(), kept, state: EagleState::Asked }
}

/// Moves an item to the trash, and checks that the item is there.
async fn move_to_trash(eagle: &Eagle, file: &EagleFile) -> Result<(), String> {
    let to_text = |error: EagleError| error.to_string();
    match eagle.item(&file.id).await.map_err(to_text)? {
        None => return Err("Eagle has no item with this id".to_owned()),
        Some(item) if item.deleted => return Ok(()),
        Some(_) => {}
    }
    eagle.trash(&file.id).await.map_err(to_text)?;
    match eagle.item(&file.id).await.map_err(to_text)? {
        Some(item) if !item.deleted => Err("Eagle reports success, but the item is not in its trash".to_owned()),
        _ => Ok(()),
    }
}

/// The Eagle item of a file; `None` if the file is not in an Eagle library.
pub(super) fn item_of(
    path: &Path,
    bytes: u64,
    kept: &Path,
    link: Option<&FileLink>,
) -> Result<Option<EagleFile>, String> {
    let Some(library) = eagle_around(path) else { return Ok(None) };
    let Some(id) = eagle_id(path).filter(|_| path.starts_with(library.join("images"))) else {
        return Err(format!(
            "it is in the folder of Eagle's library {}, but Eagle has no item for it",
            library.display()
        ));
    };
    let [path, library, kept]: [PathBuf; 3] = [path, library, kept].map(Path::to_owned);
    Ok(Some(EagleFile { path, library, id: id.to_owned(), bytes, kept, link: link.cloned() }))
}

/// The instructions for a person, because Eagle's API cannot restore items.
pub(super) fn how_to_put_back(step: &EagleStep) -> String {
    let file = path_text::from_text(&step.from);
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let library = eagle_around(&file).map(name_of).unwrap_or_default().to_owned();
    format!(
        "Eagle's API cannot take an item out of its trash: open the library {library} in Eagle, select Trash on the left, right-click \
         `{name}` (item {}), choose Restore, then run this command again",
        step.eagle
    )
}
