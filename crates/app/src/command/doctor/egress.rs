//! The way to the providers: whether they answer, and what time they think it is.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use tieline_domain::{ports::Clock, provider::ProviderId};
use tieline_providers::{
    Egress, EgressPolicy,
    http::{Call, EgressError, Reply},
};
use url::Url;

use super::{Finding, clock::Reading};
use crate::{config::Settings, system::SystemClock};

/// A server of a provider.
struct Place<'a> {
    provider: &'static str,
    setting: &'static str,
    base: &'a Url,
    /// What is asked for: something small, for which no account is needed.
    path: &'static str,
}

/// Calls each server of the providers that are used, or of all where it is not known which are;
/// answers what time they have.
pub(super) async fn check(
    settings: &Settings,
    used: Option<&BTreeSet<ProviderId>>,
    findings: &mut Vec<Finding>,
) -> Vec<Reading> {
    let egress = match Egress::new(EgressPolicy {
        allow_private_addresses: settings.allow_private_addresses,
        ..EgressPolicy::default()
    }) {
        Ok(egress) => egress,
        Err(error) => {
            let mend = "Install the system's root certificates (the package is called \
                ca-certificates).";
            findings.push(Finding::bad("providers", format!("{error}."), mend));
            return Vec::new();
        }
    };
    let is_used = |place: &Place<'_>| {
        used.is_none_or(|used| used.iter().any(|id| id.as_str() == place.provider))
    };
    let mut readings = Vec::new();
    for place in places(settings).into_iter().filter(is_used) {
        let (finding, reading) = call(&egress, &place).await;
        findings.push(finding);
        readings.extend(reading);
    }
    readings
}

fn places(settings: &Settings) -> [Place<'_>; 3] {
    let place = |provider, setting, base, path| Place {
        provider,
        setting,
        base,
        path,
    };
    let Settings {
        slack_base_url,
        entra_base_url,
        graph_base_url,
        ..
    } = settings;
    [
        place("slack", "slack_base_url", slack_base_url, "/api/api.test"),
        place(
            "msteams",
            "entra_base_url",
            entra_base_url,
            "/organizations/discovery/v2.0/keys",
        ),
        place("msteams", "graph_base_url", graph_base_url, "/v1.0/me"),
    ]
}

async fn call(egress: &Egress, place: &Place<'_>) -> (Finding, Option<Reading>) {
    let base = place.base.as_str().trim_end_matches('/');
    let url = Url::parse(&format!("{base}{}", place.path)).unwrap_or_else(|_| place.base.clone());
    let clock = SystemClock;
    let asked_at = clock.now();
    let answer = egress.send(&Call::get("doctor", url)).await;
    let took = clock.now().duration_since(asked_at);
    let reading = answer.as_ref().ok().and_then(Reply::date);
    let reading = reading.map(|theirs| Reading {
        of: base.to_owned(),
        // Theirs is cut to the second, and was read on the way: what cannot be told apart is none.
        ahead: theirs.duration_since(asked_at),
        doubt: took + SignedDuration::from_secs(1),
    });
    (
        judge(place, base, answer.map(|reply| reply.status()), took),
        reading,
    )
}

fn judge(
    place: &Place<'_>,
    base: &str,
    answer: Result<u16, EgressError>,
    took: SignedDuration,
) -> Finding {
    let what = place.provider;
    let error = match answer {
        Ok(status @ 500..) => {
            let told = format!("{base} answers with HTTP {status}.");
            let mend = "Wait, and look at the provider's status page.";
            return Finding::warning(what, told, mend);
        }
        Ok(_) => {
            let told = format!("{base} answers in {} ms.", took.as_millis());
            return Finding::good(what, told);
        }
        Err(error) => error,
    };
    let mend = match error {
        EgressError::AddressRefused => format!(
            "Correct {}: only public addresses over https are called. If the name of the real \
             provider leads to a private address here, mend the DNS of this machine.",
            place.setting
        ),
        EgressError::CertificateRefused => "Whatever answers there is not the provider, or this \
            machine lacks root certificates. A proxy that opens TLS needs its certificate among \
            the system's."
            .to_owned(),
        _ => "Let this machine out to it on port 443, and look at its DNS. Tieline uses no proxy \
            for outgoing calls."
            .to_owned(),
    };
    Finding::bad(what, format!("{base} cannot be called: {error}."), mend)
}
