//! The table of settings.

use std::{collections::BTreeMap, fmt::Write};

/// What the environment's names begin with.
pub(super) const ENV_PREFIX: &str = "TIELINE_";

/// One setting.
pub(super) struct Setting {
    /// Its name in the file; upper-case behind `TIELINE_` in the environment, with dashes on the
    /// command line.
    pub(super) name: &'static str,
    /// Its default, as it would be written; empty where there is none.
    pub(super) default: &'static str,
    /// What the default is where it depends on others.
    pub(super) derived: &'static str,
    /// Whether it is kept off the command line, where other users of the machine could read it.
    pub(super) secret: bool,
    /// What it is, in one sentence.
    pub(super) help: &'static str,
    /// What else there is to know.
    pub(super) more: &'static str,
}

const PLAIN: Setting = Setting {
    name: "",
    default: "",
    derived: "",
    secret: false,
    help: "",
    more: "",
};

/// What is logged where nobody says otherwise.
pub(crate) const DEFAULT_LOG: &str = "info";

/// All settings.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "listen",
        default: "127.0.0.1:3100",
        help: "Address and port to listen on",
        more: "TLS is a reverse proxy's business. No header of a proxy decides anything but, where \
            `trusted_proxies` says so, on whose address a limit counts.",
        ..PLAIN
    },
    Setting {
        name: "public_url",
        derived: "`http://` and `listen`",
        help: "The URL under which browsers and providers reach this server",
        more: "The OAuth callback is this URL followed by \
            `/v1/integrations/chat/oauth/callback`: register that with each of your apps, letter \
            by letter. Real providers want https.",
        ..PLAIN
    },
    Setting {
        name: "client_connections",
        derived: "`4096`, or three quarters of the files that the process may have open, if that is less",
        help: "How many connections from clients and proxies are open at the most",
        more: "One more takes the place of one without work: the oldest whose first request has not \
            come yet, else the one that has been idle the longest. A new connection has ten seconds \
            for the head of its first request, a kept one 75 seconds for the next.",
        ..PLAIN
    },
    Setting {
        name: "concurrent_requests",
        derived: "50 for each of `database_connections`",
        help: "How many requests are worked on at once; as many again of callbacks and pages, and of \
            requests that may ask a provider",
        more: "Those are kept apart because a provider may hang. Whoever comes beyond it is answered \
            503 with `Retry-After` at once. The probes are always answered. For a second after all of \
            these places were taken, a quarter of them is given, and one in 32 to whoever comes \
            sooner than `Retry-After` said: then each request costs less. A connection on which one \
            was refused is served again after a quarter of a second; where it asks again at once and \
            is refused, after twice as long, up to what `Retry-After` says.",
        ..PLAIN
    },
    Setting {
        name: "trusted_proxies",
        help: "The networks or addresses of the proxies in front, separated by commas (10.0.0.0/8, ::1)",
        more: "Limits count on the address that is nearest and not one of these, as told in \
            `trusted_proxies_header`; whatever clients write there themselves is not believed. \
            Without it everybody behind one proxy counts as one. Name nothing from where clients \
            can connect themselves.",
        ..PLAIN
    },
    Setting {
        name: "trusted_proxies_header",
        default: "x-forwarded-for",
        help: "Where those proxies tell it: x-forwarded-for, or forwarded (RFC 7239)",
        more: "The one that your proxies write, at the end of what is there or in place of it. The \
            other one is not looked at: a proxy passes on unseen what it does not write.",
        ..PLAIN
    },
    Setting {
        name: "data_dir",
        default: ".tieline",
        help: "The folder for what is kept on this machine",
        more: "Made at the first start, for the eyes of its owner only: the SQLite file, the \
            sealing keys, and for the moments of a refresh the journal, in which new tokens lie \
            sealed until they are in the database. Nodes on Postgres should keep it over a \
            restart.",
        ..PLAIN
    },
    Setting {
        name: "database_url",
        secret: true,
        derived: "`sqlite://` and `tieline.db` in `data_dir`",
        help: "The database, as sqlite://path or postgres://user:password@host:port/database",
        more: "SQLite is for one node, Postgres for one or many. The tables of a Postgres database \
            are made and brought up to date by `tieline migrate`, or by `tieline serve --migrate`. \
            Behind its URL may stand `?sslmode=verify-full`, and `&sslrootcert=` with a file of \
            certificates (PEM).",
        ..PLAIN
    },
    Setting {
        name: "database_connections",
        default: "10",
        help: "How many connections to Postgres a node holds at the most",
        ..PLAIN
    },
    Setting {
        name: "database_pooler",
        default: "false",
        help: "Whether a pooler in transaction mode, such as PgBouncer, stands before Postgres",
        more: "Then no statement is prepared for later, and every statement runs in a transaction: \
            slower, and right whatever the pooler makes of prepared statements.",
        ..PLAIN
    },
    Setting {
        name: "database_statement_seconds",
        default: "5",
        help: "How many seconds Postgres may work on one statement; 0 for as long as it allows itself",
        more: "Waiting for a lock included. What takes longer is given up there, and the request is \
            answered 503: one that hangs holds its connection no longer than that. Migrations take \
            the time that they need. Set for each session, and behind a pooler for each transaction.",
        ..PLAIN
    },
    Setting {
        name: "redis_url",
        secret: true,
        help: "Redis or Valkey, as redis://[user:password@]host:port, for nodes that share their memory",
        more: "Over TLS: `rediss://`. A cluster: `redis+cluster://host:port,host:port`, or \
            `rediss+cluster://`. Nodes then count rate limits together, and tell each other of \
            revoked keys and changed integrations at once rather than within five seconds. \
            Everything works without it, and while it is away. Redis 7 or newer, any Valkey.",
        ..PLAIN
    },
    Setting {
        name: "redis_prefix",
        default: "tieline",
        help: "What every key in Redis begins with",
        more: "The same for all nodes of one installation, another one for each installation that \
            shares a server. A user of Redis needs the rights `~tieline:* &tieline:* +set +get +eval \
            +publish +subscribe +ping`, with the prefix in place of `tieline`.",
        ..PLAIN
    },
    Setting {
        name: "redis_ca_path",
        derived: "the machine's own certificates",
        help: "A file with the certificates (PEM) by which Redis proves itself over TLS",
        ..PLAIN
    },
    Setting {
        name: "sealing_keys",
        secret: true,
        help: "The text of a key file, in place of one on disk",
        ..PLAIN
    },
    Setting {
        name: "sealing_keys_path",
        derived: "`sealing-keys.toml` in `data_dir`",
        help: "The file with the sealing keys",
        more: "Made at the first start, readable by its owner only. Keep a copy apart from the \
            database's backups: without it no stored token opens, and a start without it is \
            refused. `tieline sealing-keys` changes it.",
        ..PLAIN
    },
    Setting {
        name: "sealing_keys_kms",
        help: "The key of HashiCorp Vault that wraps the sealing keys, as https://host:8200/v1/transit/keys/name",
        more: "Then the key file has wrapped keys (`vault:v1:…`), which every start has unwrapped: \
            the file alone is worth nothing. Namespaces stand before the mount in the path. Make \
            the key with `derived=true`, so that a wrapped key opens under its own name alone. The \
            token needs `update` on `transit/decrypt/name`; for `tieline sealing-keys` also on \
            `transit/encrypt/name` and `transit/rewrap/name`. It may be at a private address, and on \
            this very machine over plain http.",
        ..PLAIN
    },
    Setting {
        name: "sealing_keys_kms_token",
        secret: true,
        help: "The token by which Vault lets this program use the key",
        more: "Without one it is asked without, as Vault's agent wants it. It is needed at the \
            start only.",
        ..PLAIN
    },
    Setting {
        name: "bootstrap_api_key",
        secret: true,
        help: "An admin API key for the first environment, of 8 to 128 visible ASCII characters",
        more: "Made at every start unless it is there; for scripts and tests. Take a long random \
            one wherever it matters.",
        ..PLAIN
    },
    Setting {
        name: "rate_limit_mint",
        default: "1000",
        help: "How many URLs one environment may mint in a second; 0 for no limit",
        more: "Twice as many at once. Whoever asks more is answered 429 with `Retry-After`; the \
            headers `RateLimit` and `RateLimit-Policy` of every answer tell what is left. All nodes \
            count together where they share a Redis; else each counts for itself.",
        ..PLAIN
    },
    Setting {
        name: "rate_limit_other",
        default: "500",
        help: "How many other requests with an API key one environment may make in a second; 0 for no limit",
        more: "Counted like `rate_limit_mint`, and apart from it.",
        ..PLAIN
    },
    Setting {
        name: "rate_limit_key",
        default: "750",
        help: "How many requests of both kinds one API key may make in a second; 0 for no limit",
        more: "Counted like `rate_limit_mint`, and before it: what a key is refused its environment \
            does not pay for, so that one key that runs wild leaves the others room. By default half \
            of what an environment may ask.",
        ..PLAIN
    },
    Setting {
        name: "rate_limit_pages",
        default: "30",
        help: "How many callbacks and pages one address may open in a second; 0 for no limit",
        more: "Twice as many at once. An address is one of IPv4, or a network of 64 bits of IPv6; \
            behind a proxy it takes `trusted_proxies` to tell one from another.",
        ..PLAIN
    },
    Setting {
        name: "rate_limit_failures",
        default: "60",
        help: "How many requests with a wrong or missing API key one address may make in a minute; 0 for no limit",
        more: "Then it is answered 429 before the database is asked, until a minute's share is free \
            again, except with a key that this node has seen to be good. Addresses are those of \
            `rate_limit_pages`, nodes count together where they share a Redis.",
        ..PLAIN
    },
    Setting {
        name: "upkeep_rate",
        default: "8",
        help: "How often in a second the upkeep asks the provider of one integration; 0 for no upkeep on this node",
        more: "The upkeep refreshes tokens before they die and asks about connections once a day. \
            All nodes count together where they share a Redis; else each counts for itself. Slack \
            takes ten refreshes a second from one app. With 0 on every node tokens are refreshed \
            only when one is asked for.",
        ..PLAIN
    },
    Setting {
        name: "verify_memory_seconds",
        default: "10",
        help: "How long what a provider said of a connection stands for the next who asks; 0 to 60",
        more: "With 0 the provider is asked each time; those who ask at the same moment still share \
            one answer.",
        ..PLAIN
    },
    Setting {
        name: "connect_attempt_days",
        default: "365",
        help: "How many days a connect attempt is kept after its callback; 0 to keep all for good",
        more: "Only those that have ended are deleted. Connections stay, and so does what the audit log \
            tells of them. Every node deletes: give all the same.",
        ..PLAIN
    },
    Setting {
        name: "slack_base_url",
        default: "https://slack.com",
        help: "Where Slack is: pages at {base}/oauth/v2/authorize, methods at {base}/api/…",
        more: "GovSlack: `https://slack-gov.com`.",
        ..PLAIN
    },
    Setting {
        name: "entra_base_url",
        default: "https://login.microsoftonline.com",
        help: "Where Microsoft Entra ID is",
        more: "US Government: `https://login.microsoftonline.us`. China: \
            `https://login.partner.microsoftonline.cn`.",
        ..PLAIN
    },
    Setting {
        name: "graph_base_url",
        default: "https://graph.microsoft.com",
        help: "Where Microsoft Graph is",
        more: "US Government: `https://graph.microsoft.us` (GCC High), \
            `https://dod-graph.microsoft.us` (DoD). China: \
            `https://microsoftgraph.chinacloudapi.cn`.",
        ..PLAIN
    },
    Setting {
        name: "bot_framework_base_url",
        default: "https://login.botframework.com",
        help: "Where Microsoft's Bot Framework publishes the keys with which it signs",
        more: "Asked when a Teams bot's events come in. US Government: \
            `https://login.botframework.azure.us`. China: `https://login.botframework.azure.cn`.",
        ..PLAIN
    },
    Setting {
        name: "allow_private_addresses",
        default: "false",
        help: "Whether providers may be at private or loopback addresses, and over plain http",
        more: "Needed for the sandbox. Leave it off otherwise: it is what keeps a provider's URL \
            from leading into your network.",
        ..PLAIN
    },
    Setting {
        name: "core_dumps",
        default: "false",
        help: "Whether a crash may leave a core dump, and a debugger look in: for debugging alone",
        more: "Keys and tokens are in it.",
        ..PLAIN
    },
    Setting {
        name: "log",
        default: DEFAULT_LOG,
        help: "What is logged: a level, or targets with levels (info,tieline_domain=debug)",
        more: "No level logs a token, code, state or secret.",
        ..PLAIN
    },
    Setting {
        name: "log_format",
        default: "auto",
        help: "How log lines look: pretty, json, or auto (pretty on a terminal)",
        ..PLAIN
    },
    Setting {
        name: "sandbox_listen",
        default: "127.0.0.1:3101",
        help: "Address and port of the sandbox, for `quickstart` and `sandbox`",
        ..PLAIN
    },
];

/// The defaults by name.
pub(super) fn defaults() -> BTreeMap<&'static str, &'static str> {
    let given = SETTINGS
        .iter()
        .filter(|setting| !setting.default.is_empty());
    given
        .map(|setting| (setting.name, setting.default))
        .collect()
}

/// The text of `docs/configuration.md`.
pub(crate) fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Written by `cargo xtask config`; edit crates/app/src/config/table.rs. -->\n\n\
         Every setting has a default that works. It can stand in a TOML file (`--config`, else \
         `tieline.toml` in the working directory), in the environment, and on the command line; \
         the last one wins. For every variable `TIELINE_NAME` there is `TIELINE_NAME_FILE`, which \
         names a file whose content is the value. Secrets have no flag, since other users of a \
         machine can read command lines.\n\n\
         | setting | environment | flag | default |\n| --- | --- | --- | --- |\n",
    );
    for setting in SETTINGS {
        let _ = writeln!(
            text,
            "| [`{name}`](#{name}) | `{ENV_PREFIX}{upper}` | {flag} | {default} |",
            name = setting.name,
            upper = setting.name.to_uppercase(),
            flag = setting
                .flag()
                .map_or_else(|| "none: a secret".to_owned(), |f| format!("`--{f}`")),
            default = setting.told_default(),
        );
    }
    for setting in SETTINGS {
        let _ = write!(text, "\n## {}\n{}.", setting.name, setting.help);
        if !setting.more.is_empty() {
            let _ = write!(text, " {}", setting.more);
        }
        text.push('\n');
    }
    text
}

impl Setting {
    /// Its flag on the command line, if it may have one.
    pub(super) fn flag(&self) -> Option<String> {
        (!self.secret).then(|| self.name.replace('_', "-"))
    }

    /// Its default in words.
    pub(super) fn told_default(&self) -> String {
        match (self.default, self.derived) {
            ("", "") => "none".to_owned(),
            ("", derived) => derived.to_owned(),
            (default, _) => format!("`{default}`"),
        }
    }
}
