//! A plugin that reads one page of a host that the operator sets. `args`: `page` below the address, or any `url`; `secret` is the
//! name of a secret to send.

use baton_plugin_sdk::{Error, Outcome, Plugin, Task, http};

/// The plugin.
pub struct Wiki;

impl Plugin for Wiki {
    fn run(task: Task) -> Result<Outcome, Error> {
        let wiki = http::address("wiki")?;
        if let Ok(other) = http::address("feed") {
            return Err(Error::Permanent(format!("a host that the manifest does not declare has the address {other}")));
        }
        let page = task.arg_str("page")?.unwrap_or_else(|| "page".to_owned());
        let url = task.arg_str("url")?.unwrap_or_else(|| format!("{wiki}/{page}"));
        let request = http::get(url);
        let request = match task.arg_str("secret")? {
            Some(name) => request.bearer(&name)?,
            None => request,
        };
        let answer = request.send()?;
        let summary = format!("The wiki is {wiki}; {} answered {}.", answer.address, answer.status);
        Ok(Outcome::new(summary).with_artifact("page.txt", "text/plain", answer.body))
    }
}

baton_plugin_sdk::plugin!(Wiki, "../manifest.json");
