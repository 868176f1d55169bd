//! From a declaration to AWS's requests: the templates of the standard library evaluated over the fields of what was declared, and the fields
//! put where their `->` says. One small interpreter of constant expressions; which option exists, how it is spelled and which requests a kind
//! takes is `stdlib/`'s to say (docs/stdlib.md).
//!
//! | file | does |
//! | --- | --- |
//! | `script.rs` | the document: calls in order |
//! | `pretty.rs` | its text, and that of others |
//! | `scope.rs` | what a template can name |
//! | `evaluate.rs` | expression → term |
//! | `spell.rs` | term → JSON or text, and the spellings behind `as` |
//! | `function.rs` | the functions that templates call |
//! | `request.rs` | a resource → its calls |
//! | `trigger.rs` | what makes a pipeline start → its calls |
//! | `tag.rs` | the tags of what calls make |
//! | `watch.rs` | what watches over a declaration |
//! | `verify.rs` | whether every template of the library can be evaluated |

mod evaluate;
mod function;
mod pretty;
mod request;
mod scope;
mod script;
mod spell;
mod tag;
pub mod trigger;
pub mod verify;
mod watch;

pub use pretty::pretty;
pub use request::{calls_of, file_of, holds_of_request, made_by, of_request, property, record};
pub use scope::{Given, Nothing, Surroundings};
pub use script::{Call, Script, reference};
pub use tag::tag;
pub use watch::watching;
