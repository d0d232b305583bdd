//! The budget of one plugin over time: tasks that it creates, triggers that start it, files and bytes that it writes,
//! requests that it sends. The limits of the sandbox apply to one attempt; a budget applies to the sum of all attempts.
//!
//! The defaults are defined here only.

use crate::names;

/// A counted resource. Its names are used in `baton.toml`, in the ledger and in JSON, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Handoffs that the plugin requests. Each becomes a task if the attempt that requests it succeeds.
    Tasks,
    /// Tasks that a trigger or a schedule makes for the plugin.
    Triggers,
    /// Files that the plugin writes to `reports/`.
    Reports,
    /// Bytes that the plugin writes to files and streams, and bytes of its outcomes with their reports.
    Written,
    /// Requests to servers.
    HttpRequests,
    /// Bytes of request and response bodies.
    HttpBytes,
    /// Bytes by which the plugin's own database grows.
    SqlBytes,
    /// Bytes by which the plugin enlarges the catalog, which all plugins share.
    CatalogBytes,
}

names!(
    Resource,
    "resource",
    Tasks = "tasks",
    Triggers = "triggers",
    Reports = "reports",
    Written = "written",
    HttpRequests = "http_requests",
    HttpBytes = "http_bytes",
    SqlBytes = "sql_bytes",
    CatalogBytes = "catalog_bytes",
);

impl Resource {
    /// True if the number is a number of bytes.
    #[must_use]
    pub fn is_bytes(self) -> bool {
        matches!(self, Self::Written | Self::HttpBytes | Self::SqlBytes | Self::CatalogBytes)
    }

    /// `amount` of the resource as text.
    #[must_use]
    pub fn amount(self, amount: u64) -> String {
        match self {
            Self::Tasks => format!("{amount} handoffs asked for"),
            Self::Triggers => format!("{amount} tasks made by triggers"),
            Self::Reports => format!("{amount} reports"),
            Self::Written => format!("{} written", bytes(amount)),
            Self::HttpRequests => format!("{amount} requests to servers"),
            Self::HttpBytes => format!("{} exchanged with servers", bytes(amount)),
            Self::SqlBytes => format!("{} added to its database", bytes(amount)),
            Self::CatalogBytes => format!("{} added to the catalog", bytes(amount)),
        }
    }
}

/// The periods of time that a budget covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last hour.
    Hour,
    /// The last 24 hours.
    Day,
}

names!(Window, "window", Hour = "hour", Day = "day");

impl Window {
    /// The length of the window.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

/// An amount for each window: the use, or the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// In the last hour.
    pub hour: u64,
    /// In the last 24 hours.
    pub day: u64,
}

impl Amounts {
    /// The amount of one window.
    #[must_use]
    pub fn of(&self, window: Window) -> u64 {
        match window {
            Window::Hour => self.hour,
            Window::Day => self.day,
        }
    }
}

/// The budget of one plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget([Amounts; Resource::ALL.len()]);

impl Default for Budget {
    /// Each default limit is much higher than the use of a plugin that works for people, and much lower than what fills a
    /// disk or a ledger.
    fn default() -> Self {
        let limit = |resource| match resource {
            Resource::Tasks => Amounts { hour: 2_000, day: 10_000 },
            Resource::Triggers => Amounts { hour: 1_000, day: 10_000 },
            Resource::Reports | Resource::HttpRequests => Amounts { hour: 20_000, day: 100_000 },
            Resource::Written => Amounts { hour: 32 << 30, day: 128 << 30 },
            Resource::HttpBytes => Amounts { hour: 16 << 30, day: 64 << 30 },
            Resource::SqlBytes => Amounts { hour: 1 << 30, day: 4 << 30 },
            // A quarter of the catalog's quota, so that no plugin can fill it within a day.
            Resource::CatalogBytes => Amounts { hour: 1 << 30, day: 2 << 30 },
        };
        Self(Resource::ALL.map(limit))
    }
}

impl Budget {
    /// The limit of a resource.
    #[must_use]
    pub fn limit(&self, resource: Resource) -> Amounts {
        self.0.get(resource as usize).copied().unwrap_or_default()
    }

    /// Sets the limit of a resource.
    pub fn set(&mut self, resource: Resource, limit: Amounts) {
        if let Some(slot) = self.0.get_mut(resource as usize) {
            *slot = limit;
        }
    }

    /// The remaining amount of a resource after the use of `used`.
    #[must_use]
    pub fn left(&self, resource: Resource, used: Amounts) -> u64 {
        let limit = self.limit(resource);
        limit.hour.saturating_sub(used.hour).min(limit.day.saturating_sub(used.day))
    }

    /// The window in which a resource is used up. If it is used up in both windows, returns the day, because the day has
    /// room again later than the hour.
    #[must_use]
    pub fn reached(&self, resource: Resource, used: Amounts) -> Option<Window> {
        let limit = self.limit(resource);
        Window::ALL.into_iter().rfind(|window| used.of(*window) >= limit.of(*window))
    }
}

/// Reads a number of bytes: `500 MiB`, `4 GiB`, `1000000`.
#[must_use]
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let factor: u64 = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// A number of bytes for people, with at most one decimal digit.
#[must_use]
pub fn bytes(amount: u64) -> String {
    let units = [("TiB", 1_u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, size)| amount >= *size) {
        Some((unit, size)) if amount.is_multiple_of(size) => format!("{} {unit}", amount / size),
        Some((unit, size)) => {
            let tenths = u128::from(amount) * 10 / u128::from(size);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{amount} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_window_is_reported_and_the_smaller_remainder_is_left() {
        let mut budget = Budget::default();
        budget.set(Resource::Tasks, Amounts { hour: 10, day: 15 });
        let at = |hour, day| {
            (budget.left(Resource::Tasks, Amounts { hour, day }), {
                budget.reached(Resource::Tasks, Amounts { hour, day })
            })
        };
        assert_eq!(at(0, 0), (10, None));
        assert_eq!(at(4, 13), (2, None));
        assert_eq!(at(10, 12), (0, Some(Window::Hour)));
        assert_eq!(at(10, 15), (0, Some(Window::Day)));
        assert_eq!(at(0, 99), (0, Some(Window::Day)));
    }

    #[test]
    fn names_are_parsed_to_their_resources() {
        for resource in Resource::ALL {
            assert_eq!(resource.as_str().parse(), Ok(resource));
        }
        assert!("time".parse::<Resource>().is_err());
    }

    #[test]
    fn bytes_are_parsed_as_they_are_formatted() {
        for (text, number) in [("0", 0), ("17", 17), ("4 GiB", 4 << 30), ("500MiB", 500 << 20), ("1 B", 1)] {
            assert_eq!(parse_bytes(text), Some(number), "{text}");
        }
        for text in ["", "GiB", "4 GB", "-1", "1.5 GiB", "99999999 TiB"] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
        let shown = [0, 1023, 1 << 10, 3 << 29, 128 << 30].map(bytes);
        assert_eq!(shown, ["0 bytes", "1023 bytes", "1 KiB", "1.5 GiB", "128 GiB"]);
    }
}
