//! Applies the deliverables that a plan states as data, and reports what is wrong with them.

use crate::discover::PlanFile;
use crate::plan::{self, Plan};
use crate::remark::{NoteSeverity, Remark, key};

/// Problems of one list that are named in a report.
const NAMED: usize = 5;

/// Replaces what was read from a plan's text by the list that the plan states; without a list it changes nothing.
pub(super) fn apply(plan: &mut Plan, file: &PlanFile, text: &str) -> Vec<Remark> {
    let list = plan::front_matter(text);
    if let Some(deliverables) = &list.deliverables {
        plan.state(deliverables);
    }
    problems(&file.shown, &list.problems).into_iter().collect()
}

/// All problems of a list as one note.
fn problems(shown: &str, problems: &[String]) -> Option<Remark> {
    let first: Vec<&str> = problems.iter().take(NAMED).map(String::as_str).collect();
    let more = problems.len() - first.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let title = format!("the `deliverables` of {shown} are not as they should be");
    let evidence = format!("{shown}: {}{more}", first.join("; "));
    (!problems.is_empty()).then(|| Remark::new(key(shown, "deliverables"), NoteSeverity::Low, title, evidence))
}
