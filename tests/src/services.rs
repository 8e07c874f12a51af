//! The servers that a test talks to beside the program.

/// The server that this variable names.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests are handed the servers by `cargo xtask test`"
)]
pub(crate) fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} names no server: `cargo xtask test` starts one and sets it \
             (`cargo xtask test -- --package tieline-tests --test fleet` for these tests alone)"
        )
    })
}
