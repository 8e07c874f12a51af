//! The integrations: whether their credentials open, are complete, and are taken by the provider.

use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use tieline_domain::{
    broker::Broker,
    environment::Environment,
    integration::{Credentials, Integration},
    provider::{ProviderId, ProviderPolicy},
};

use super::Finding;
use crate::{config::Settings, wiring::wire};

/// The use cases, put together as a server would put them.
pub(super) async fn broker(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Broker> {
    match wire(settings).await {
        Ok(wired) => Some(wired.api.broker),
        Err(error) => {
            let mend = "It says what is missing; `tieline serve` would end with the same words.";
            findings.push(Finding::bad("start", format!("{error:#}."), mend));
            None
        }
    }
}

/// Looks at every integration; answers the providers that are used, if they can be told.
pub(super) async fn check(
    broker: &Broker,
    ask_providers: bool,
    findings: &mut Vec<Finding>,
) -> Option<BTreeSet<ProviderId>> {
    let all = match all(broker).await {
        Ok(all) => all,
        Err(error) => {
            let mend = "See what is said of the database.";
            let told = format!("The integrations cannot be read: {error}.");
            findings.push(Finding::bad("integrations", told, mend));
            return None;
        }
    };
    if all.is_empty() {
        let mend = "Make one: `tieline integrations create`, or \
            POST /v1/integrations (docs/how-to/slack-app.md, docs/how-to/teams-app.md).";
        let told = "There are none: nobody can connect anything yet.";
        findings.push(Finding::warning("integrations", told, mend));
    }
    for (environment, integration) in &all {
        findings.push(examine(broker, environment, integration, ask_providers).await);
    }
    let active = all.into_iter().map(|(_, integration)| integration);
    let active = active.filter(|integration| integration.active);
    Some(active.map(|integration| integration.provider).collect())
}

async fn all(broker: &Broker) -> anyhow::Result<Vec<(Environment, Integration)>> {
    let mut all = Vec::new();
    for environment in broker.stores.environments.list().await? {
        let there = broker.stores.integrations.list(environment.id).await?;
        all.extend(there.into_iter().map(|it| (environment.clone(), it)));
    }
    Ok(all)
}

async fn examine(
    broker: &Broker,
    environment: &Environment,
    integration: &Integration,
    ask_providers: bool,
) -> Finding {
    let what = format!("{} ({})", integration.identifier, environment.name);
    let Some(provider) = broker.providers.find(&integration.provider) else {
        let told = format!("This Tieline knows no provider {}.", integration.provider);
        let mend = "Start the version that it was made with, or delete it.";
        return Finding::bad(what, told, mend);
    };
    let Some(credentials) = open(broker, integration) else {
        let told = "Its credentials do not open with the sealing keys.";
        let mend = "Restore the key file that they were sealed with, or give it its credentials \
            anew: PUT /v1/integrations/{id}.";
        return Finding::bad(what, told, mend);
    };
    let found = complete(&what, integration, &provider.policy, &credentials);
    if !ask_providers || !integration.active || found.mend.is_some() {
        return found;
    }
    asked(broker, what, integration).await
}

fn open(broker: &Broker, integration: &Integration) -> Option<Credentials> {
    let place = integration.credentials_place();
    let json = broker.sealer.open(&integration.credentials, &place).ok()?;
    Credentials::from_json(json.expose_secret()).ok()
}

fn complete(
    what: &str,
    integration: &Integration,
    policy: &ProviderPolicy,
    credentials: &Credentials,
) -> Finding {
    let problems = policy.check_credentials(credentials);
    if problems.is_empty() {
        let state = if integration.active {
            ""
        } else {
            "; it is inactive"
        };
        let told = format!(
            "Its credentials open, and are what {} needs{state}.",
            policy.name
        );
        return Finding::good(what, told);
    }
    let told: Vec<_> = problems
        .iter()
        .map(|problem| format!("{} {}", problem.name, problem.problem))
        .collect();
    let mend = "Give it its credentials anew, all of them: PUT /v1/integrations/{id}.";
    Finding::bad(what, format!("Its {}.", told.join("; its ")), mend)
}

/// What the provider says.
async fn asked(broker: &Broker, what: String, integration: &Integration) -> Finding {
    let Integration {
        environment_id, id, ..
    } = integration;
    match broker
        .check_credentials_of(*environment_id, *id, None)
        .await
    {
        Ok(()) => Finding::good(
            what,
            "The provider takes its credentials, where it can be asked.",
        ),
        Err(error) => {
            let mend = "Compare them with the app's page at the provider (a secret may have \
                expired), and give it the right ones: PUT /v1/integrations/{id}.";
            Finding::bad(what, format!("The provider was asked: {error}."), mend)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tieline_domain::{
        id::{EnvironmentId, IntegrationId},
        sealed::Sealed,
    };
    use tieline_providers::{ProviderEndpoints, slack};
    use uuid::Uuid;

    use super::{super::State, *};

    fn integration() -> Integration {
        Integration {
            id: IntegrationId(Uuid::nil()),
            environment_id: EnvironmentId(Uuid::nil()),
            provider: ProviderId::parse("slack").unwrap(),
            identifier: "slack".to_owned(),
            name: "Slack".to_owned(),
            active: true,
            credentials: Sealed(Vec::new()),
            generation: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// None can be made over the API; an older version, or another policy, may have left one.
    #[test]
    fn credentials_that_lack_something_are_told_by_name() {
        let policy = slack::policy(&ProviderEndpoints::default().slack);
        let found = |given: &[(&str, &str)]| {
            let given = given
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
            complete("slack", &integration(), &policy, &given.collect())
        };
        let whole = found(&[("clientId", "1.2"), ("secretKey", "hush-hush")]);
        assert_eq!(whole.state, State::Good);
        let half = found(&[("secretKey", "hush-hush")]);
        assert_eq!(half.state, State::Bad);
        assert!(half.told.contains("clientId is required"), "{}", half.told);
        assert!(!half.told.contains("hush"), "{}", half.told);
    }
}
