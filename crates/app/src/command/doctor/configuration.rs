//! The settings: what is misspelt, and what does not go together.

use std::net::IpAddr;

use tieline_providers::{ProviderEndpoints, http::address::is_public};
use url::{Host, Url};

use super::Finding;
use crate::{
    config::{self, Settings},
    logging,
};

const WHAT: &str = "configuration";

/// Settings that cannot be read, so that nothing else can be looked at.
pub(super) fn unreadable(error: &anyhow::Error) -> Finding {
    let mend = "Mend the settings file, the environment or the flag that it names; \
        docs/configuration.md has every setting. Then look again: nothing else was checked.";
    Finding::bad(WHAT, format!("{error:#}."), mend)
}

pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let found = [
        unknown_variables(&config::unknown_variables()),
        log(settings),
        callback(&settings.public_url()),
        private_addresses(settings),
        proxies(settings),
        clouds(settings),
        bootstrap_key(settings),
    ];
    let bases = base_urls(settings).into_iter();
    let bases = bases.filter_map(|(name, url)| base_url(settings, name, url));
    let mut found: Vec<_> = found.into_iter().flatten().chain(bases).collect();
    if found.is_empty() {
        let told = format!(
            "The settings can be read, and go together. The public URL is {}.",
            settings.public_url()
        );
        found.push(Finding::good(WHAT, told));
    }
    found
}

/// The settings that say where providers are.
pub(super) fn base_urls(settings: &Settings) -> [(&'static str, &Url); 4] {
    [
        ("slack_base_url", &settings.slack_base_url),
        ("entra_base_url", &settings.entra_base_url),
        ("graph_base_url", &settings.graph_base_url),
        ("bot_framework_base_url", &settings.bot_framework_base_url),
    ]
}

fn unknown_variables(names: &[String]) -> Option<Finding> {
    let mend = "Correct the name, or take it out: what has another name is not read. Variables \
        with TIELINE_PORT_ or TIELINE_SERVICE_ come from Kubernetes, for a service called \
        tieline: set `enableServiceLinks: false` for the pod.";
    let told = format!(
        "The environment has {}, which no setting is called.",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Finding::warning(WHAT, told, mend))
}

fn log(settings: &Settings) -> Option<Finding> {
    let error = logging::filter(settings).err()?;
    let mend = "Set log to a level (info) or a list (info,tieline_domain=debug).";
    Some(Finding::bad(WHAT, format!("{error:#}."), mend))
}

/// Providers send people back over https, or to a developer's own machine.
fn callback(public: &Url) -> Option<Finding> {
    if public.scheme() == "https" || is_loopback(public) {
        return None;
    }
    let told = format!("The public URL is {public}: providers send nobody back over plain http.");
    let mend = "Put a proxy with TLS in front, set public_url to its https address, and register \
        the new callback with each of your apps.";
    Some(Finding::bad(WHAT, told, mend))
}

fn private_addresses(settings: &Settings) -> Option<Finding> {
    if !settings.allow_private_addresses || is_loopback(&settings.public_url()) {
        return None;
    }
    let mend = "Set it to false, unless a provider really is in your own network: it is what \
        keeps a provider's URL from leading there.";
    let told = "allow_private_addresses is on, and the public URL is no trial's.";
    Some(Finding::warning(WHAT, told, mend))
}

/// Whom limits count: whoever can be told apart, and nobody that says of themselves who they are.
fn proxies(settings: &Settings) -> Option<Finding> {
    // What cannot be read was told before.
    let proxies = settings.trusted_proxies().ok()?;
    let public = settings.public_url();
    if proxies.trusts_everybody() {
        let told = "trusted_proxies names every address there is: clients say themselves who they \
            are, and no limit on an address holds.";
        let mend = "Name the networks of your proxies alone.";
        return Some(Finding::bad(WHAT, told, mend));
    }
    // The proxy with the certificate is another process at least.
    let told = "trusted_proxies is empty, and the public URL is a proxy's: all who come through it \
        count as one, so that one who tries keys locks out others.";
    let mend = "Set trusted_proxies to the addresses from which your proxies connect, and see that \
        they write X-Forwarded-For (docs/operations.md).";
    let is_alone = proxies.is_empty() && public.scheme() == "https" && !is_loopback(&public);
    is_alone.then(|| Finding::warning(WHAT, told, mend))
}

/// A base URL that is not a provider's own: a stand-in's, most likely.
fn base_url(settings: &Settings, name: &str, url: &Url) -> Option<Finding> {
    if url.scheme() == "https" && !is_inside(url) {
        return None;
    }
    if !settings.allow_private_addresses {
        let told =
            format!("{name} is {url}, which is not called while allow_private_addresses is off.");
        let mend = format!(
            "Take {name} out, so that the provider's own address holds; for a trial with the \
             sandbox, set allow_private_addresses to true."
        );
        return Some(Finding::bad(WHAT, told, mend));
    }
    let told = format!("{name} is {url}: a sandbox, by its looks. Its accounts are nobody's.");
    let mend = format!("Take {name} out, so that the provider's own address holds.");
    (!is_loopback(&settings.public_url())).then(|| Finding::warning(WHAT, told, mend))
}

/// Entra and Graph belong to one cloud.
fn clouds(settings: &Settings) -> Option<Finding> {
    let own = ProviderEndpoints::default();
    let entra_is_elsewhere = settings.entra_base_url != own.entra;
    let graph_is_elsewhere = settings.graph_base_url != own.graph;
    let told = format!(
        "entra_base_url is {}, graph_base_url is {}: they are of two clouds.",
        settings.entra_base_url, settings.graph_base_url
    );
    let mend = "Set both to the addresses of your cloud, or neither; docs/configuration.md has \
        the pairs.";
    (entra_is_elsewhere != graph_is_elsewhere).then(|| Finding::warning(WHAT, told, mend))
}

fn bootstrap_key(settings: &Settings) -> Option<Finding> {
    settings.bootstrap_api_key.as_ref()?;
    let told = "bootstrap_api_key is set: whoever reads the settings may do everything in the \
        first environment.";
    let mend = "Make a key with `tieline api-keys create`, take bootstrap_api_key out, and revoke \
        the key that it made (`tieline api-keys list`).";
    Some(Finding::warning(WHAT, told, mend))
}

/// Whether a URL leads to the very machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a URL leads into a network of one's own, as far as can be told without asking.
fn is_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => !is_public(IpAddr::V6(address)),
        _ => is_loopback(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_the_own_machine_alone() {
        for good in [
            "https://connect.example.com",
            "http://127.0.0.1:3100",
            "http://localhost:3100",
            "http://[::1]:3100",
        ] {
            assert!(callback(&Url::parse(good).unwrap()).is_none(), "{good}");
        }
        for bad in ["http://connect.example.com", "http://192.168.1.7:3100"] {
            assert!(callback(&Url::parse(bad).unwrap()).is_some(), "{bad}");
        }
    }
}
