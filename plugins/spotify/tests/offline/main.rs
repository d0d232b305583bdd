//! The modules of the plugin on real databases, with invented exports.

#[cfg(test)]
mod dialects;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod import;
#[cfg(test)]
mod import_once;
#[cfg(test)]
mod import_several;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tracks;
