//! Names of actions, folders, secrets and hosts.

/// Whether the name is valid for an action, a folder, a secret or a host: lower-case letters, digits and hyphens, at
/// most 64.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= 64 && name.chars().all(allowed) && !name.starts_with('-')
}
