//! Greets a person by name.

mod arguments;

use arguments::Greet;
use baton_plugin_sdk::{Error, Outcome, Plugin, Task};

/// The plugin.
pub struct Greeter;

impl Plugin for Greeter {
    fn run(task: Task) -> Result<Outcome, Error> {
        let Greet { name } = task.args_as()?;
        let name = name.unwrap_or_else(|| "world".to_owned());
        let greeting = format!("Hello, {name}.");
        let page = format!("# {greeting}\n");
        Ok(Outcome::new(greeting).with_artifact("HELLO.md", "text/markdown", page))
    }
}

baton_plugin_sdk::plugin!(Greeter, "../manifest.json");
