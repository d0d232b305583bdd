//! Planning, applying and undoing on real folders and the real catalog.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod path_reuse;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod wanted;
