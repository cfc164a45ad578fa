//! The local binary as a process: what it prints, keeps and refuses, and how it runs the real bootstrap.

mod binary;
mod faithful_mode;
mod first_start;
