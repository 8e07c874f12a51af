//! What comes from strangers: one module a target, each a function that drives the public surface
//! of the crates with any bytes and panics where a promise does not hold. `cargo xtask fuzz` makes
//! bytes up; the test `corpus` runs those that are kept in `corpus/`, on every machine.
//!
//! A target is a row of [`TARGETS`], a module, and a folder of the corpus. It answers the same to
//! the same bytes, waits for nothing, and leaves to the tests of the crates what takes no luck to
//! find.
#![expect(clippy::unwrap_used, reason = "a target fails by panicking")]

mod callback_query;
mod event_body;
mod loopback;
mod provider_reply;
mod signer;
mod state;

/// One kind of input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Tries these bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "callback_query",
        run: callback_query::run,
    },
    Target {
        name: "event_body",
        run: event_body::run,
    },
    Target {
        name: "provider_reply",
        run: provider_reply::run,
    },
    Target {
        name: "state",
        run: state::run,
    },
];

/// A runtime on which everything stays on the one thread that libFuzzer watches.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}
