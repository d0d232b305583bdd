//! A plugin that sends requests with the tokens of accounts. `args`: the `accounts` (default spotify), how many `times` each
//! (default 1), and the `page`. If the service does not accept the token, it sends the request a second time. It returns all
//! statuses, and for each account the placeholder and the last answer. With `memory` it also returns all of its linear memory;
//! with `trap` it traps after the answers.

use baton_plugin_sdk::{Error, Outcome, Plugin, Task, http, secrets, serde_json};

/// The plugin.
pub struct Account;

impl Plugin for Account {
    fn run(task: Task) -> Result<Outcome, Error> {
        let page = task.arg_str("page")?.unwrap_or_else(|| "v1/me".to_owned());
        let address = format!("{}/{page}", http::address("service")?);
        let args = task.args()?;
        let accounts: Vec<&str> = match args.get("accounts").and_then(serde_json::Value::as_array) {
            Some(all) => all.iter().filter_map(serde_json::Value::as_str).collect(),
            None => vec!["spotify"],
        };
        let times = args.get("times").and_then(serde_json::Value::as_u64).unwrap_or(1);
        let (mut statuses, mut seen) = (Vec::new(), Vec::new());
        for account in accounts {
            let mut body = String::new();
            for _ in 0..times {
                for _ in 0..2 {
                    let answer = http::get(&address).bearer(account)?.send()?;
                    statuses.push(answer.status.to_string());
                    body = format!("{:?} {}", answer.header("x-echo"), answer.text());
                    if answer.status != 401 {
                        break;
                    }
                }
            }
            seen.push(format!("{}\n{body}", secrets::placeholder(account)?));
        }
        let (statuses, seen) = (statuses.join(" "), seen.join("\n"));
        if statuses.ends_with("401") {
            return Err(Error::Permanent(format!("the service answers {statuses}")));
        }
        let is_asked = |name| args.get(name) == Some(&serde_json::Value::Bool(true));
        if is_asked("trap") {
            trap(&seen);
        }
        let outcome =
            Outcome::new(format!("The service answers {statuses}.")).with_artifact("seen.txt", "text/plain", seen);
        if !is_asked("memory") {
            return Ok(outcome);
        }
        Ok(outcome.with_artifact("memory.bin", "application/octet-stream", memory()))
    }
}

#[expect(clippy::panic, reason = "the trap is what the test needs")]
fn trap(message: &str) {
    panic!("the plugin traps: {message}");
}

/// A copy of all linear memory except for the byte at 0.
#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "only an address can name all of the memory")]
fn memory() -> Vec<u8> {
    let bytes = std::arch::wasm32::memory_size(0) * 65_536;
    // SAFETY: the linear memory begins at 0 and has this many bytes, all of which can be read; one thread runs.
    unsafe { std::slice::from_raw_parts(std::ptr::without_provenance::<u8>(1), bytes - 1) }.to_vec()
}

#[cfg(not(target_family = "wasm"))]
fn memory() -> Vec<u8> {
    Vec::new()
}

baton_plugin_sdk::plugin!(Account, "../manifest.json");
