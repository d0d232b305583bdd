//! The agents to which a plugin may send handoffs in one attempt: the agents in its grant, under any spelling of their
//! names.

use std::sync::Arc;

use baton_core::budget::Resource;
use baton_core::file_name::cut;
use baton_core::grants::{Grant, Recipients, grant_command};
use baton_sandbox::{BudgetCheckFn, RecipientError, RequestPermission};

use crate::context::Context;
use crate::plugins::InstalledPlugin;
use crate::roster::Roster;

/// The permission of `installed` to send requests in the attempt of `task`.
pub(super) fn request_permission(context: &Arc<Context>, installed: &InstalledPlugin, task: &str) -> RequestPermission {
    let (name, recipients) = (installed.plugin.manifest().name.clone(), installed.grants.handoffs.clone());
    let inner = Arc::clone(context);
    if recipients.is_nobody() {
        return RequestPermission::Denied(Arc::new(move |to| {
            let agent = to.and_then(|to| inner.roster().resolve(to).map(|agent| agent.name.clone()));
            denied(&name, &recipients, agent.as_deref())
        }));
    }
    let admit = admission(context, &name, task);
    let resolve = move |to: &str| {
        let roster = inner.roster();
        let Some(agent) = roster.resolve(to).map(|agent| &agent.name) else {
            let to = cut(to, 100).escape_debug().to_string();
            return Err(RecipientError::Unknown(format!(
                "there is no agent `{to}`; the agents are: {}",
                roster.names()
            )));
        };
        if !is_among(&recipients, agent, &roster) {
            return Err(RecipientError::Denied(denied(&name, &recipients, Some(agent))));
        }
        Ok(agent.clone())
    };
    RequestPermission::Granted { resolve: Arc::new(resolve), admit }
}

/// The check whether the plugin's budget allows another handoff.
fn admission(context: &Arc<Context>, plugin: &str, task: &str) -> BudgetCheckFn {
    let (context, plugin, task) = (Arc::clone(context), plugin.to_owned(), task.to_owned());
    Arc::new(move || {
        let refused = || {
            let tasks = context.budget(&plugin).limit(Resource::Tasks);
            format!(
                "the plugin `{plugin}` may send no more handoffs now: its budget is {} in an hour and {} in a day \
                 (`tasks` in `[plugins.{plugin}.budget]` of baton.toml)",
                tasks.hour, tasks.day
            )
        };
        context.budgets.take(&plugin, &task).then_some(()).ok_or_else(refused)
    })
}

fn is_among(recipients: &Recipients, agent: &str, roster: &Roster) -> bool {
    let means = |name: &String| roster.resolve(name).is_some_and(|named| named.name == agent);
    *recipients == Recipients::Any || recipients.names().iter().any(means)
}

/// Why the plugin may not send to `agent`. The command also names the agents of the current grant, because a new grant
/// replaces the current one.
fn denied(plugin: &str, recipients: &Recipients, agent: Option<&str>) -> String {
    let Some(agent) = agent else {
        let command = grant_command(plugin, &["handoffs=AGENT"]);
        return format!(
            "the plugin `{plugin}` may not send handoffs; allow it with `{command}` (names separated by \
                        commas, or any)"
        );
    };
    let command = grant_command(plugin, &[Grant::Handoffs(recipients.with(agent))]);
    format!("the plugin `{plugin}` may not send handoffs to {agent}; allow it with `{command}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_keeps_the_recipients_that_are_granted() {
        let some = Recipients::parse("audit").unwrap();
        assert!(denied("x", &some, Some("Claude MM1")).ends_with("`baton plugin grant x 'handoffs=audit,Claude MM1'`"));
        assert!(denied("x", &Recipients::Nobody, Some("a")).ends_with("`baton plugin grant x handoffs=a`"));
        assert!(denied("x", &Recipients::Nobody, None).contains("`baton plugin grant x handoffs=AGENT`"));
    }
}
