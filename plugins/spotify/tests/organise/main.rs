//! Planning, applying and undoing on real folders and the real catalog.

mod faults;
mod journeys;
mod kills;
mod place;
mod plans;
mod properties;
mod wanted;
