//! The plugin's rooms on real databases: generated libraries, and blobs of a real one where they are at hand.

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
mod library;
#[cfg(test)]
mod made;
