//! The plugin on real folders and real databases: every action as the host calls it, without the component around it.

mod bad_input;
mod columns;
mod from_drive;
mod healing;
mod naive;
mod place;
mod race;
mod syncing;
