//! Markdown as a flat list of blocks with line numbers, for those who read documents and not plans.

mod blocks;
mod inline;

pub(crate) use blocks::{Block, blocks};
pub(crate) use inline::{Inline, SpanKind};
