//! Every code there is, with the page that `dpl explain` prints. A page's first line is its title; its first `dpl` block is the smallest
//! program that yields exactly that code, which a test compiles.

use std::fmt;

/// A stable code such as `DPL0301`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// The code's text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

macro_rules! catalogue {
    ($($name:ident = $code:literal;)*) => {
        $(#[doc = include_str!(concat!("pages/", $code, ".md"))] pub const $name: Code = Code($code);)*

        /// All codes in order, each with its page.
        pub const PAGES: &[(Code, &str)] = &[$(($name, include_str!(concat!("pages/", $code, ".md")))),*];
    };
}

catalogue! {
    // 00: the text of a file
    SYNTAX = "DPL0001";
    // 01: modules and names
    // 02: types, fields and values
    // 03: accounts, guardrails, roles, grants, proofs
    // 04: hybrid: agents and syncs
    // 05: functions and pipelines
    // 06: mesh: domains, tables, shares
    // 07: streams, SQL and queries
    // 08: AWS's limits
    // 09: the command: files, configuration, running
}

/// The page of a code, given as text (`DPL0301`, in any case).
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| known.as_str().eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}
