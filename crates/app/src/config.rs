//! The settings: one table, from which the command line's flags, the environment's names and the
//! reference in `docs/configuration.md` are made.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};
use tieline_adapter_http::{ForwardedHeader, TrustedProxies};
use url::Url;

mod number;
mod open_files;
mod overrides;
mod table;

use number::{number, optional_number};
pub(crate) use overrides::Overrides;
#[cfg(feature = "sandbox")]
pub(crate) use table::DEFAULT_LOG;
pub(crate) use table::reference;
use table::{ENV_PREFIX, SETTINGS};

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "tieline.toml";

/// How many requests are worked on for each connection to the database: fewer than it serves in the
/// two seconds for which a request waits for it, and as many as keep it busy.
const REQUESTS_PER_CONNECTION: u32 = 50;

/// All settings, as [`SETTINGS`] documents them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, as the reference has them"
)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    public_url: Option<Url>,
    #[serde(default, deserialize_with = "optional_number::<_, 1_000_000>")]
    client_connections: Option<u32>,
    #[serde(default, deserialize_with = "optional_number::<_, 1_000_000>")]
    concurrent_requests: Option<u32>,
    #[serde(default)]
    trusted_proxies: String,
    #[serde(deserialize_with = "forwarded_header")]
    trusted_proxies_header: ForwardedHeader,
    pub(crate) data_dir: PathBuf,
    database_url: Option<SecretString>,
    #[serde(deserialize_with = "number::<_, 1000>")]
    pub(crate) database_connections: u32,
    #[serde(deserialize_with = "flag")]
    pub(crate) database_pooler: bool,
    #[serde(deserialize_with = "number::<_, 600>")]
    database_statement_seconds: u32,
    /// Whether a start brings the tables of a Postgres database up to date. Not a setting: what a
    /// command does is said by its name and its flags.
    #[serde(skip)]
    pub(crate) migrate: bool,
    pub(crate) redis_url: Option<SecretString>,
    pub(crate) redis_prefix: String,
    pub(crate) redis_ca_path: Option<PathBuf>,
    pub(crate) sealing_keys: Option<SecretString>,
    sealing_keys_path: Option<PathBuf>,
    pub(crate) sealing_keys_kms: Option<String>,
    pub(crate) sealing_keys_kms_token: Option<SecretString>,
    pub(crate) bootstrap_api_key: Option<SecretString>,
    pub(crate) slack_base_url: Url,
    pub(crate) entra_base_url: Url,
    pub(crate) graph_base_url: Url,
    pub(crate) bot_framework_base_url: Url,
    #[serde(deserialize_with = "number::<_, 1_000_000>")]
    pub(crate) rate_limit_mint: u32,
    #[serde(deserialize_with = "number::<_, 1_000_000>")]
    pub(crate) rate_limit_other: u32,
    #[serde(deserialize_with = "number::<_, 1_000_000>")]
    pub(crate) rate_limit_key: u32,
    #[serde(deserialize_with = "number::<_, 1_000_000>")]
    pub(crate) rate_limit_pages: u32,
    #[serde(deserialize_with = "number::<_, 1_000_000>")]
    pub(crate) rate_limit_failures: u32,
    #[serde(deserialize_with = "number::<_, 1_000_000>")]
    pub(crate) upkeep_rate: u32,
    #[serde(deserialize_with = "number::<_, 60>")]
    pub(crate) verify_memory_seconds: u32,
    #[serde(deserialize_with = "number::<_, 36_500>")]
    connect_attempt_days: u32,
    #[serde(deserialize_with = "flag")]
    pub(crate) allow_private_addresses: bool,
    #[serde(deserialize_with = "flag")]
    pub(crate) core_dumps: bool,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    #[cfg_attr(
        not(feature = "sandbox"),
        expect(dead_code, reason = "the sandbox's own setting")
    )]
    pub(crate) sandbox_listen: SocketAddr,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Auto,
    Pretty,
    Json,
}

impl Settings {
    /// Gathers the settings: defaults, then the file, then the environment, then the flags.
    pub(crate) fn load(file: Option<&Path>, overrides: &Overrides) -> anyhow::Result<Self> {
        let environment = read_environment()?;
        let figment = Figment::from(Serialized::defaults(table::defaults()))
            .merge(read_file(file)?)
            .merge(Serialized::defaults(environment))
            .merge(Serialized::defaults(overrides.given()));
        let settings: Self = figment.extract().map_err(|error| explain(&error))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> anyhow::Result<()> {
        let public = self.public_url();
        let plain = matches!(public.scheme(), "http" | "https")
            && public.host().is_some()
            && public.username().is_empty()
            && public.password().is_none()
            && public.query().is_none()
            && public.fragment().is_none();
        if !plain {
            bail!(
                "setting public_url must be an http or https URL with a host and without user \
                 name, query or fragment"
            );
        }
        self.trusted_proxies()?;
        let prefix = &self.redis_prefix;
        let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        if prefix.is_empty() || prefix.len() > 64 || !prefix.chars().all(sane) {
            bail!("setting redis_prefix must be 1 to 64 characters out of A-Z a-z 0-9 - _ . :");
        }
        Ok(())
    }

    /// The URL under which browsers and providers reach this server.
    pub(crate) fn public_url(&self) -> Url {
        let listened = || Url::parse(&format!("http://{}", self.listen));
        self.public_url
            .clone()
            .unwrap_or_else(|| listened().expect("an address with a port makes a URL"))
    }

    /// The proxies that are believed where a request comes from.
    pub(crate) fn trusted_proxies(&self) -> anyhow::Result<TrustedProxies> {
        let proxies =
            TrustedProxies::in_networks(&self.trusted_proxies, self.trusted_proxies_header);
        proxies.context("setting trusted_proxies is not usable: it")
    }

    /// The OAuth callback: the public URL alone decides it.
    pub(crate) fn redirect_uri(&self) -> String {
        self.public_url_of(tieline_adapter_http::CALLBACK_PATH)
    }

    /// Where browsers and providers reach this path.
    pub(crate) fn public_url_of(&self, path: &str) -> String {
        let base = self.public_url();
        format!("{}{path}", base.as_str().trim_end_matches('/'))
    }

    /// The database, by a URL that may hold a password.
    pub(crate) fn database_url(&self) -> SecretString {
        let file = || format!("sqlite://{}", self.data_dir.join("tieline.db").display());
        let given = self.database_url.clone();
        given.unwrap_or_else(|| file().into())
    }

    /// How long Postgres may work on a statement; no limit for 0.
    pub(crate) fn database_statement_timeout(&self) -> Option<Duration> {
        let seconds = self.database_statement_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// How old a connect attempt becomes; as old as it may for 0.
    pub(crate) fn attempt_lifetime(&self) -> Option<SignedDuration> {
        let days = self.connect_attempt_days;
        (days > 0).then(|| SignedDuration::from_hours(24 * i64::from(days)))
    }

    /// How many connections there are at the most.
    pub(crate) fn client_connections(&self) -> usize {
        let most = self.client_connections.unwrap_or_else(open_files::room);
        usize::try_from(most.max(1)).unwrap_or(usize::MAX)
    }

    /// How many requests are worked on at once; as many again of callbacks and pages, and of those
    /// that may ask a provider.
    pub(crate) fn concurrent_requests(&self) -> usize {
        let derived = || {
            self.database_connections
                .saturating_mul(REQUESTS_PER_CONNECTION)
        };
        let most = self.concurrent_requests.unwrap_or_else(derived);
        usize::try_from(most.max(1)).unwrap_or(usize::MAX)
    }

    pub(crate) fn sealing_keys_path(&self) -> PathBuf {
        let default = || self.data_dir.join("sealing-keys.toml");
        self.sealing_keys_path.clone().unwrap_or_else(default)
    }
}

fn read_file(named: Option<&Path>) -> anyhow::Result<figment::providers::Data<Toml>> {
    match named {
        Some(path) if !path.is_file() => bail!("the settings file {} is not there", path.display()),
        Some(path) => Ok(Toml::file_exact(path)),
        None if Path::new(DEFAULT_FILE).is_file() => Ok(Toml::file_exact(DEFAULT_FILE)),
        None => Ok(Toml::string("")),
    }
}

/// The settings that the environment has: `TIELINE_NAME`, or the content of the file that
/// `TIELINE_NAME_FILE` names.
fn read_environment() -> anyhow::Result<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    for setting in SETTINGS {
        let variable = format!("{ENV_PREFIX}{}", setting.name.to_uppercase());
        let file_variable = format!("{variable}_FILE");
        let value = match (variable_value(&variable), variable_value(&file_variable)) {
            (Some(_), Some(_)) => bail!("set {variable} or {file_variable}, not both"),
            (Some(value), None) => value,
            (None, Some(path)) => std::fs::read_to_string(&path)
                .with_context(|| format!("{file_variable} names {path}, which cannot be read"))?
                .trim()
                .to_owned(),
            (None, None) => continue,
        };
        found.insert(setting.name, value);
    }
    Ok(found)
}

/// The variables of the environment that look like settings, and are none.
pub(crate) fn unknown_variables() -> Vec<String> {
    let is_known = |name: &str| {
        let setting = name.strip_suffix("_FILE").unwrap_or(name);
        let is_it = |it: &table::Setting| it.name.to_uppercase() == setting;
        name == "CONFIG" || SETTINGS.iter().any(is_it)
    };
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<_> = names
        .filter(|name| {
            name.strip_prefix(ENV_PREFIX)
                .is_some_and(|rest| !is_known(rest))
        })
        .collect();
    unknown.sort();
    unknown
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
fn variable_value(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Says which setting is wrong; never quotes its value, which may be a secret.
fn explain(error: &figment::Error) -> anyhow::Error {
    let name = error.path.join(".");
    let problem = match &error.kind {
        figment::error::Kind::UnknownField(field, _) => {
            return anyhow::anyhow!(
                "there is no setting {field}; docs/configuration.md has them all"
            );
        }
        figment::error::Kind::Message(message) => message.clone(),
        _ => "has a value of the wrong form".to_owned(),
    };
    match SETTINGS.iter().find(|setting| setting.name == name) {
        Some(setting) if setting.secret => anyhow::anyhow!("setting {name} is malformed"),
        Some(setting) => anyhow::anyhow!("setting {name}: {problem}. It is: {}", setting.help),
        None => anyhow::anyhow!("the settings cannot be read: {problem}"),
    }
}

/// The header in which proxies tell where a request comes from, by its name.
fn forwarded_header<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<ForwardedHeader, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "x-forwarded-for" => Ok(ForwardedHeader::XForwardedFor),
        "forwarded" => Ok(ForwardedHeader::Forwarded),
        _ => Err(D::Error::custom("must be x-forwarded-for or forwarded")),
    }
}

/// `true` and `false`, as such or as text: the environment has only text.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Text(String),
    }
    match Flag::deserialize(deserializer)? {
        Flag::Bool(value) => Ok(value),
        Flag::Text(text) => match text.as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(D::Error::custom("must be true or false")),
        },
    }
}
