//! The bundled plugins, which are embedded in the program.

/// Name and component of each plugin.
pub(crate) const SHIPPED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Bundled plugins that only `baton plugin install shipped:NAME` installs: they are of no use without an account.
const NOT_BY_DEFAULT: &[&str] = &["notion"];

/// Name and component of each plugin that a new workspace has.
pub(crate) fn installed_by_default() -> impl Iterator<Item = &'static (&'static str, &'static [u8])> {
    SHIPPED.iter().filter(|(name, _)| !NOT_BY_DEFAULT.contains(name))
}

pub(crate) fn names() -> String {
    SHIPPED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn component(name: &str) -> Option<&'static [u8]> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, component)| *component)
}
