//! The bundled plugins, which are embedded in the program.

/// Name and component of each plugin.
pub(crate) const SHIPPED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The plugins of a new workspace: all except [`ON_DEMAND`].
pub(crate) fn of_new_workspaces() -> impl Iterator<Item = &'static [u8]> {
    SHIPPED.iter().filter(|(name, _)| !ON_DEMAND.contains(name)).map(|(_, component)| *component)
}

/// Plugins that work only with an online account. The operator installs them with `baton plugin install shipped:NAME`.
const ON_DEMAND: [&str; 2] = ["notion", "tracker"];

pub(crate) fn names() -> String {
    SHIPPED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn component(name: &str) -> Option<&'static [u8]> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, component)| *component)
}
