//! Tests of the plugin's modules on real databases: generated libraries, and real objects if the machine has them.

#[cfg(test)]
mod actions;
#[cfg(test)]
mod args;
#[cfg(test)]
mod blobs;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod example;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod library;
