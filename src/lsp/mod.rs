//! What an editor asks about a program: the language server without its transport and without files. Texts go in, the protocol's values come out.
//!
//! | file | answers |
//! | --- | --- |
//! | `workspace` | holds a program's texts and trees, and analyses it anew after a change, of which only the changed file is read again |
//! | `document` | one text, its tree, and its places in UTF-16 |
//! | `context` | which brackets are open at a place, where the tree says nothing |
//! | `place` | what stands at a place of a document |
//! | `diagnostics` | what is wrong, and the mends |
//! | `symbols` | a document's and a program's declarations, folding |
//! | `hover` | what a word means |
//! | `hints` | what was worked out, beside what it is about |
//! | `lens` | who can read, tests, what is made |
//! | `complete` | what can be written |
//! | `signature` | the parameters of what is called |
//! | `navigate` | where a name is declared and used, and another name for it |
//! | `paint` | semantic tokens |

pub mod complete;
mod context;
pub mod diagnostics;
pub mod document;
pub mod hints;
pub mod hover;
pub mod lens;
pub mod navigate;
pub mod paint;
mod place;
mod show;
pub mod signature;
pub mod symbols;
pub mod workspace;
