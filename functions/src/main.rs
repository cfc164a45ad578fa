//! The Lambda bootstrap: one binary for every function; the function's handler names the operation.

use std::process::ExitCode;

fn main() -> ExitCode {
    functions::run_bootstrap()
}
