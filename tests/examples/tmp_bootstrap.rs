#[cfg(test)]
#[path = "../suite/bootstrap.rs"]
mod bootstrap;
fn main() {}
