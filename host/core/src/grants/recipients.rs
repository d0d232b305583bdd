//! The agents that a plugin may send handoffs to: those that the operator named, or any.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::agents::is_name;

/// The word for every agent. It cannot be part of a list.
const ANY: &str = "any";

/// The agents that a plugin may send handoffs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub enum Recipients {
    /// No agent: sending is not granted.
    #[default]
    Nobody,
    /// Every agent of the workspace, also those that are added later.
    Any,
    /// These agents, by name or alias.
    Agents(Vec<String>),
}

/// The form in `baton.lock`: `"any"`, or a list of names.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    /// The form of earlier versions: `true` means any agent.
    Flag(bool),
    Word(String),
    Agents(Vec<String>),
}

impl Recipients {
    /// Reads `any`, or `AGENT[,AGENT]`.
    ///
    /// # Errors
    /// When there is no name, a name is invalid, or `any` is combined with names.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == ANY {
            return Ok(Self::Any);
        }
        Self::of(text.split(',').map(|name| name.trim().to_owned()))
    }

    fn of(names: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut agents: Vec<String> = Vec::new();
        for name in names {
            if name == ANY {
                return Err("`any` means every agent, so it cannot be combined with names".to_owned());
            }
            if !is_name(&name) || name.contains(',') {
                return Err(format!("`{}` is not the name of an agent", name.escape_debug()));
            }
            if !agents.contains(&name) {
                agents.push(name);
            }
        }
        if agents.is_empty() { Err("it names no agent".to_owned()) } else { Ok(Self::Agents(agents)) }
    }

    /// Sending is not granted.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        *self == Self::Nobody
    }

    /// The named agents; none for `any`.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Agents(names) => names,
            Self::Nobody | Self::Any => &[],
        }
    }

    /// These recipients and `agent`.
    #[must_use]
    pub fn with(&self, agent: &str) -> Self {
        match self {
            Self::Any => Self::Any,
            Self::Nobody | Self::Agents(_) => {
                let more = (!self.names().iter().any(|name| name == agent)).then(|| agent.to_owned());
                Self::Agents(self.names().iter().cloned().chain(more).collect())
            }
        }
    }

    /// These recipients without `others`; `None` if one of `others` is not included.
    #[must_use]
    pub fn without(&self, others: &Self) -> Option<Self> {
        match (self, others) {
            (Self::Any, Self::Any) => Some(Self::Nobody),
            (Self::Agents(names), Self::Agents(others)) if others.iter().all(|other| names.contains(other)) => {
                let left: Vec<String> = names.iter().filter(|name| !others.contains(name)).cloned().collect();
                Some(if left.is_empty() { Self::Nobody } else { Self::Agents(left) })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Any => f.write_str(ANY),
            Self::Agents(names) => f.write_str(&names.join(",")),
        }
    }
}

impl TryFrom<Form> for Recipients {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let wrong = |why: String| format!("handoffs: {why}; write \"any\", or a list of agents");
        match form {
            Form::Flag(true) => Ok(Self::Any),
            Form::Flag(false) => Ok(Self::Nobody),
            Form::Word(word) => Self::parse(&word).map_err(wrong),
            Form::Agents(names) if names.is_empty() => Ok(Self::Nobody),
            Form::Agents(names) => Self::of(names.into_iter()).map_err(wrong),
        }
    }
}

impl From<Recipients> for Form {
    fn from(recipients: Recipients) -> Self {
        match recipients {
            Recipients::Nobody => Self::Agents(Vec::new()),
            Recipients::Any => Self::Word(ANY.to_owned()),
            Recipients::Agents(names) => Self::Agents(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Recipients, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn agents(names: &[&str]) -> Recipients {
        Recipients::Agents(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn recipients_are_parsed_and_printed_and_the_old_form_means_any() {
        for (text, meant) in [("any", Recipients::Any), ("a", agents(&["a"])), ("a,B C", agents(&["a", "B C"]))] {
            assert_eq!(Recipients::parse(text).unwrap(), meant);
            assert_eq!(meant.to_string(), text);
            assert_eq!(read(&serde_json::to_string(&meant).unwrap()).unwrap(), meant);
        }
        assert_eq!(Recipients::parse("a, b,a").unwrap(), agents(&["a", "b"]));
        assert_eq!((read("true").unwrap(), read("false").unwrap()), (Recipients::Any, Recipients::Nobody));
        assert_eq!(read("[]").unwrap(), Recipients::Nobody);
    }

    #[test]
    fn errors_on_text_that_is_not_a_list_of_names() {
        for text in ["", ",", "a,,b", "any,a", "a,any", "../a", "a\nb"] {
            assert!(Recipients::parse(text).is_err(), "{text:?}");
        }
        for json in ["1", "\"\"", "[\"any\"]", "[\"a/b\"]", "{}"] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn names_are_added_and_removed() {
        let two = agents(&["a", "b"]);
        assert_eq!((two.with("b"), two.with("c")), (two.clone(), agents(&["a", "b", "c"])));
        assert_eq!((Recipients::Nobody.with("a"), Recipients::Any.with("a")), (agents(&["a"]), Recipients::Any));
        assert_eq!(two.without(&agents(&["a"])), Some(agents(&["b"])));
        assert_eq!(two.without(&two), Some(Recipients::Nobody));
        assert_eq!((two.without(&agents(&["c"])), two.without(&Recipients::Any)), (None, None));
    }
}
