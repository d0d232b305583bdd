//! A plugin that sends requests with the token of an account. `args`: how many `times` (default 1), and the `page`. It tries a
//! request once more when the service does not accept the token, and returns all statuses, the placeholder and the last body.

use baton_plugin_sdk::{Error, Outcome, Plugin, Task, http, secrets, serde_json};

/// The plugin.
pub struct Account;

impl Plugin for Account {
    fn run(task: Task) -> Result<Outcome, Error> {
        let page = task.arg_str("page")?.unwrap_or_else(|| "v1/me".to_owned());
        let address = format!("{}/{page}", http::address("service")?);
        let times = task.args()?.get("times").and_then(serde_json::Value::as_u64).unwrap_or(1);
        let (mut statuses, mut body) = (Vec::new(), String::new());
        for _ in 0..times {
            for _ in 0..2 {
                let answer = http::get(&address).bearer("spotify")?.send()?;
                statuses.push(answer.status.to_string());
                body = answer.text();
                if answer.status != 401 {
                    break;
                }
            }
        }
        let statuses = statuses.join(" ");
        if statuses.ends_with("401") {
            return Err(Error::Permanent(format!("the service answers {statuses}")));
        }
        let seen = format!("{}\n{body}", secrets::placeholder("spotify")?);
        Ok(Outcome::new(format!("The service answers {statuses}.")).with_artifact("seen.txt", "text/plain", seen))
    }
}

baton_plugin_sdk::plugin!(Account, "../manifest.json");
