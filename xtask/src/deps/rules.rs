//! The allowed edges. docs/ARCHITECTURE.md draws the same picture.

/// What a crate of ours may depend on among ours.
pub(super) struct CrateRule {
    pub(super) name: &'static str,
    pub(super) depends_on: &'static [&'static str],
    /// As a development dependency, besides `depends_on`.
    pub(super) tests_use: &'static [&'static str],
    /// Whether the stand-in for the providers has to stay out of a production build.
    pub(super) sandbox_is_optional: bool,
    /// What to do where another edge seems to be needed.
    pub(super) instead: &'static str,
}

/// Who may depend on a library, and on all whose name begins with its name and a hyphen.
pub(super) struct LibraryRule {
    pub(super) library: &'static str,
    pub(super) users: &'static [&'static str],
    /// Whether anybody's tests may use it.
    pub(super) tests_are_free: bool,
    pub(super) instead: &'static str,
}

pub(super) const DOMAIN: &str = "tieline-domain";
pub(super) const SANDBOX: &str = "tieline-sandbox";
const TESTKIT: &str = "tieline-testkit";
const HTTP: &str = "tieline-adapter-http";
const POSTGRES: &str = "tieline-adapter-postgres";
const LOCAL: &str = "tieline-adapter-local";
const SQLITE: &str = "tieline-adapter-sqlite";
const REDIS: &str = "tieline-adapter-redis";
const CRYPTO: &str = "tieline-adapter-crypto";
const PROVIDERS: &str = "tieline-providers";
const APP: &str = "tieline";
const TESTS: &str = "tieline-tests";
const FUZZ: &str = "tieline-fuzz";

pub(super) const CRATES: &[CrateRule] = &[
    CrateRule {
        name: DOMAIN,
        depends_on: &[],
        tests_use: &[TESTKIT],
        sandbox_is_optional: false,
        instead: "the domain knows no other crate of ours: describe what it needs as a port",
    },
    adapter(HTTP),
    adapter(POSTGRES),
    adapter(SQLITE),
    adapter(LOCAL),
    adapter(REDIS),
    adapter(CRYPTO),
    CrateRule {
        name: PROVIDERS,
        depends_on: &[DOMAIN],
        tests_use: &[TESTKIT, SANDBOX],
        sandbox_is_optional: false,
        instead: "the providers know the domain alone: take what they need through a port",
    },
    CrateRule {
        name: SANDBOX,
        depends_on: &[],
        tests_use: &[],
        sandbox_is_optional: false,
        instead: "the sandbox stands in for somebody else's server and shares no code with us: \
                  write what it needs anew, so that a mistake of ours is not made twice",
    },
    CrateRule {
        name: TESTKIT,
        depends_on: &[DOMAIN],
        tests_use: &[],
        sandbox_is_optional: false,
        instead: "the testkit knows the ports alone: hand the implementation to the suite",
    },
    CrateRule {
        name: APP,
        depends_on: &[
            DOMAIN, HTTP, POSTGRES, SQLITE, LOCAL, REDIS, CRYPTO, PROVIDERS, SANDBOX,
        ],
        tests_use: &[],
        sandbox_is_optional: true,
        instead: "the program wires what ships: test it from outside, in `tests/`",
    },
    CrateRule {
        name: TESTS,
        depends_on: &[SANDBOX, TESTKIT],
        tests_use: &[],
        sandbox_is_optional: false,
        instead: "the end-to-end tests start the real program (`TIELINE_BIN`) and talk HTTP to \
                  it: link none of it",
    },
    CrateRule {
        name: FUZZ,
        depends_on: &[DOMAIN, HTTP, CRYPTO, PROVIDERS, TESTKIT],
        tests_use: &[],
        sandbox_is_optional: false,
        instead: "a target drives the parser and what is right behind it: storage in memory does, and \
                  what builds quickly is fuzzed more",
    },
    CrateRule {
        name: "xtask",
        depends_on: &[],
        tests_use: &[],
        sandbox_is_optional: false,
        instead: "a task runs the program as a process, so that it builds where the rest does not",
    },
];

pub(super) const LIBRARIES: &[LibraryRule] = &[
    LibraryRule {
        library: "axum",
        users: &[HTTP, SANDBOX, APP],
        tests_are_free: false,
        instead: "only the HTTP adapter and the sandbox know axum, and the program to serve them: \
                  move the route there; a test talks to the sandbox",
    },
    LibraryRule {
        library: "utoipa",
        users: &[HTTP],
        tests_are_free: false,
        instead: "only the HTTP adapter describes the API: give it a body of its own with \
                  `From`/`TryFrom`",
    },
    LibraryRule {
        library: "sqlx",
        users: &[POSTGRES, SQLITE],
        tests_are_free: false,
        instead: "only the storage adapters know sqlx: go through a storage port; a row is a type \
                  of the adapter",
    },
    LibraryRule {
        library: "redis",
        users: &[REDIS],
        tests_are_free: false,
        instead: "only the Redis adapter knows redis: go through the port",
    },
    LibraryRule {
        library: "reqwest",
        users: &[PROVIDERS, APP, TESTS],
        tests_are_free: true,
        instead: "outgoing calls are made by the providers, with the one HTTP client there: take a \
                  port",
    },
];

/// What the domain never depends on. Its tests may run on tokio.
pub(super) const BARRED_FROM_DOMAIN: &[&str] = &[
    "tokio", "axum", "sqlx", "redis", "reqwest", "utoipa", "figment", "clap",
];

const fn adapter(name: &'static str) -> CrateRule {
    CrateRule {
        name,
        depends_on: &[DOMAIN],
        tests_use: &[TESTKIT],
        sandbox_is_optional: false,
        instead: "an adapter knows the domain alone, never another adapter: put what both need \
                  behind a port and let the program wire them",
    }
}
