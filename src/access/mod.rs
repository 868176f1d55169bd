//! Who may do what: every permission that the program needs, each with the place in the program that needs it, and the policies that say so.

pub mod derived;

pub use derived::{DerivedRole, Duty, derived_role, derived_role_in};
