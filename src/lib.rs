//! dpl
