//! The plugin's rooms on real databases, with exports of our own making: one test binary.

mod dialects;
mod exports;
mod import;
mod privacy;
mod support;
mod tracks;
