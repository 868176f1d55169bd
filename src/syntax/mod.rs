//! Text to [`ast`]: the only stage that knows the grammar.

pub mod ast;
