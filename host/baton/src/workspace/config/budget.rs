//! `[plugins.NAME.budget]`: how much a plugin may use over time. Absent keys have defaults.

use std::collections::BTreeMap;
use std::fmt;

use baton_core::budget::{Amounts, Budget, Resource, parse_bytes};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// `[plugins.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct PluginConfig {
    #[serde(default)]
    budget: BudgetConfig,
}

/// `[plugins.NAME.budget]`: one key for each resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
struct BudgetConfig {
    #[serde(default)]
    tasks: Limit,
    #[serde(default)]
    triggers: Limit,
    #[serde(default)]
    reports: Limit,
    #[serde(default)]
    written: Limit,
    #[serde(default)]
    http_requests: Limit,
    #[serde(default)]
    http_bytes: Limit,
    #[serde(default)]
    sql_bytes: Limit,
    #[serde(default)]
    catalog_bytes: Limit,
}

/// `{ hour = …, day = … }`; an absent key keeps its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
struct Limit {
    #[serde(default)]
    hour: Option<Amount>,
    #[serde(default)]
    day: Option<Amount>,
}

/// A number, or a number of bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount(u64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor).map(Self)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a number of bytes like \"4 GiB\"")
    }

    fn visit_i64<E: Error>(self, amount: i64) -> Result<u64, E> {
        u64::try_from(amount).map_err(|_| E::custom("a budget must be a number of at least 0"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        let wrong = || E::custom(format!("`{text}` is not a number of bytes; write it as 500 MiB or 4 GiB"));
        parse_bytes(text).ok_or_else(wrong)
    }
}

impl BudgetConfig {
    fn limit(&self, resource: Resource) -> Limit {
        match resource {
            Resource::Tasks => self.tasks,
            Resource::Triggers => self.triggers,
            Resource::Reports => self.reports,
            Resource::Written => self.written,
            Resource::HttpRequests => self.http_requests,
            Resource::HttpBytes => self.http_bytes,
            Resource::SqlBytes => self.sql_bytes,
            Resource::CatalogBytes => self.catalog_bytes,
        }
    }

    /// An hourly limit above the default daily limit raises the daily limit too.
    fn budget(&self) -> Budget {
        let mut budget = Budget::default();
        for resource in Resource::ALL {
            let (usual, configured) = (budget.limit(resource), self.limit(resource));
            let hour = configured.hour.map_or(usual.hour, |amount| amount.0);
            let day = configured.day.map_or(usual.day.max(hour), |amount| amount.0);
            budget.set(resource, Amounts { hour, day });
        }
        budget
    }
}

pub(super) fn budgets(plugins: &BTreeMap<String, PluginConfig>) -> BTreeMap<String, Budget> {
    plugins.iter().map(|(name, config)| (name.clone(), config.budget.budget())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Config;

    fn budget(text: &str) -> Budget {
        let config = Config::parse(text).unwrap();
        config.rules(std::path::Path::new("/w")).budgets["post"].clone()
    }

    #[test]
    fn missing_values_are_the_defaults() {
        let budget = budget("[plugins.post.budget]\ntasks = { hour = 5000 }\nwritten = { day = \"1 TiB\" }");
        assert_eq!(budget.limit(Resource::Tasks), Amounts { hour: 5_000, day: 10_000 });
        assert_eq!(budget.limit(Resource::Written), Amounts { hour: 32 << 30, day: 1 << 40 });
        assert_eq!(budget.limit(Resource::Triggers), Budget::default().limit(Resource::Triggers));
    }

    #[test]
    fn a_large_hourly_limit_raises_the_daily_limit() {
        let budget = budget("[plugins.post.budget.tasks]\nhour = 50000");
        assert_eq!(budget.limit(Resource::Tasks), Amounts { hour: 50_000, day: 50_000 });
    }

    #[test]
    fn invalid_budgets_are_rejected_with_their_name() {
        for (text, part) in [
            ("[plugins.post.budget]\ntime = { hour = 1 }", "plugins.post.budget.time"),
            ("[plugins.post.budget]\ntasks = { week = 1 }", "plugins.post.budget.tasks.week"),
            ("[plugins.post.budget]\nwritten = { hour = \"much\" }", "`much`"),
            ("[plugins.post.budget]\ntasks = { hour = -1 }", "of at least 0"),
            ("[plugins.post.bugdet]\n", "plugins.post.bugdet"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
