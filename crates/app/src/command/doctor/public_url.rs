//! The public URL: whether its name leads somewhere, and whether Tieline answers there.

use serde::Deserialize;
use tieline_providers::{
    Egress, EgressPolicy,
    http::{Call, EgressError, Reply},
};
use tokio::net::lookup_host;
use url::{Host, Url};

use super::Finding;
use crate::config::Settings;

const WHAT: &str = "public URL";

/// Asks whoever answers at the public URL whether it is Tieline.
pub(super) async fn check(settings: &Settings) -> Finding {
    let url = settings.public_url();
    if let Some(unknown) = unknown_name(&url).await {
        return unknown;
    }
    // One's own server may be at a private address, and its public URL be plain http for a trial.
    let egress = Egress::new(EgressPolicy {
        allow_private_addresses: true,
        ..EgressPolicy::default()
    });
    match egress {
        Ok(egress) => judge(&url, egress.send(&Call::get("health", probe(&url))).await),
        Err(error) => Finding::bad(
            WHAT,
            format!("{error}."),
            "Install the system's root certificates (the package is called ca-certificates).",
        ),
    }
}

fn probe(public: &Url) -> Url {
    let base = public.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/healthz")).unwrap_or_else(|_| public.clone())
}

async fn unknown_name(url: &Url) -> Option<Finding> {
    let Some(Host::Domain(name)) = url.host() else {
        return None;
    };
    lookup_host((name, 0)).await.err()?;
    let told = format!("The name {name} leads to no address.");
    let mend = "Make its entry in the DNS, or correct public_url.";
    Some(Finding::bad(WHAT, told, mend))
}

fn judge(url: &Url, answer: Result<Reply, EgressError>) -> Finding {
    let reply = match answer {
        Ok(reply) => reply,
        Err(error) => return unanswered(url, error),
    };
    if is_ours(&reply) {
        return Finding::good(WHAT, format!("Tieline answers at {url}."));
    }
    let told = format!(
        "Somebody else than Tieline answers at {url} (HTTP {} to /healthz).",
        reply.status()
    );
    let mend = "Let the proxy pass every path below the public URL on to Tieline, unchanged; or \
        correct public_url.";
    Finding::bad(WHAT, told, mend)
}

fn is_ours(reply: &Reply) -> bool {
    #[derive(Deserialize)]
    struct Health {
        status: String,
    }
    let health = reply.json::<Health>();
    reply.is_success() && health.is_ok_and(|health| health.status == "ok")
}

fn unanswered(url: &Url, error: EgressError) -> Finding {
    match error {
        EgressError::CertificateRefused => Finding::bad(
            WHAT,
            format!(
                "The certificate at {url} is not valid for it, or nobody known vouches for it."
            ),
            "Give the proxy a certificate for this name, with its whole chain, from an authority \
             that browsers know; look whether it has expired.",
        ),
        EgressError::ConnectionRefused => Finding::warning(
            WHAT,
            format!("Nobody listens at {url}."),
            "Start the server (`tieline serve`), and the proxy before it.",
        ),
        error => Finding::warning(
            WHAT,
            format!("{url} cannot be reached from here: {error}."),
            "Open it in a browser elsewhere. If that works, this machine only cannot reach its own \
             public address, and all is well; else look at the proxy and the firewall.",
        ),
    }
}
