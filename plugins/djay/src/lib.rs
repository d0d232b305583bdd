//! Reads djay Pro's library: exports, sessions, activity, and which tracks are which.

pub mod tsaf;
