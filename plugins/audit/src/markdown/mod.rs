//! Markdown as a flat list of blocks with line numbers, for modules that read documents other than plans.

mod blocks;
mod inline;

pub(crate) use blocks::{Block, blocks};
pub(crate) use inline::{Inline, SpanKind};
