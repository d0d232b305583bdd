//! A plugin that sends and withdraws handoffs and reads the ledger. The tests of `handoffs` and `ledger` run it.

mod look;

use baton_plugin_sdk::handoffs::{self, Draft};
use baton_plugin_sdk::{Error, Outcome, Plugin, Priority, Task};

/// The plugin.
pub struct Post;

impl Plugin for Post {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "tasks" => look::tasks(&task),
            "open-requests" => look::open_requests(&task),
            "input" => look::input(&task),
            "ask-wrongly" => Ok(look::wrongly()),
            _ => post(&task),
        }
    }
}

fn post(task: &Task) -> Result<Outcome, Error> {
    let lines = task.arg_list("do")?;
    for line in &lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "send" => {
                let (key, action) = second.split_once(' ').map_or((second, None), |(key, action)| (key, Some(action)));
                send(first, key, action)?;
            }
            "take-back" => handoffs::withdraw(first, second)?,
            _ => return Err(Error::Permanent("changed its mind".to_owned())),
        }
    }
    Ok(Outcome::new(format!("Did {} things.", lines.len())))
}

/// Sends a request with a key to an agent.
fn send(to: &str, key: &str, action: Option<&str>) -> Result<(), Error> {
    let draft = Draft {
        to: to.to_owned(),
        title: format!("Look at {key}"),
        action: action.map(str::to_owned),
        args: "{}".to_owned(),
        body: "Please.".to_owned(),
        priority: Priority::Medium,
        dedupe_key: key.to_owned(),
    };
    handoffs::emit(&draft)?;
    Ok(())
}

baton_plugin_sdk::plugin!(Post, "../manifest.json");
