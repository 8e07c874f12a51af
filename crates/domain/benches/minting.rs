//! What a mint thinks about, without what it looks up and seals:
//! `cargo bench --package tieline-domain --bench minting`.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use divan::{Bencher, black_box};
use secrecy::SecretString;
use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode, CredentialKind, Workspace},
    context::ContextKey,
    flow::FlowSecrets,
    integration::Credentials,
    provider::{AuthorizeInputs, ConnectPolicy, Grant, GrantedCredential, ProviderPolicy},
    subscriber::SubscriberId,
};
use tieline_testkit::{fixtures, policies};

/// As long as the state of a usual flow.
const STATE: &str = match str::from_utf8(&[b'A'; 360]) {
    Ok(state) => state,
    Err(_) => "",
};

const SCOPES: [&str; 3] = ["chat:write", "channels:read", "users:read"];

fn main() {
    divan::main();
}

fn credentials() -> Credentials {
    let pairs = [
        ("clientId", "1111111111.2222222222"),
        ("secretKey", "a-secret-of-the-bench"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    pairs.map(owned).into_iter().collect()
}

fn secrets() -> FlowSecrets {
    FlowSecrets {
        pkce_verifier: SecretString::from("v".repeat(43)),
        nonce: "n".repeat(43),
    }
}

fn scopes() -> Vec<String> {
    SCOPES.map(str::to_owned).to_vec()
}

fn grant() -> Grant {
    Grant {
        workspace: Workspace {
            id: "T0HARBOUR1".to_owned(),
            name: Some("Harbour Bakery".to_owned()),
            bot_user_id: Some("U0HARBOURBOT".to_owned()),
        },
        person: Some("U0MARALIND".to_owned()),
        credentials: vec![GrantedCredential {
            kind: CredentialKind::Bot,
            access_token: SecretString::from("x".repeat(57)),
            refresh_token: None,
            scopes: scopes(),
            expires_at: None,
        }],
        incoming_webhook: None,
    }
}

fn connect(policy: &ProviderPolicy) -> &ConnectPolicy {
    policy.connect.as_ref().unwrap()
}

#[divan::bench]
fn check_the_fields_of_a_request() -> impl Sized {
    let subscriber = SubscriberId::parse(black_box("subscriber-4f9d2c1ab07e"));
    let identifier = ConnectionIdentifier::parse(black_box("slack-connection-abc123"));
    let tenant = ContextKey::new(black_box("tenant"), "org-acme-corporation-7");
    let project = ContextKey::new(black_box("project"), "project-7731-rollout");
    (subscriber, identifier, tenant, project)
}

#[divan::bench]
fn ask_the_policy_of_a_request(bencher: Bencher<'_, '_>) {
    let (policy, credentials, scopes) = (policies::slack_like(), credentials(), scopes());
    bencher.bench(|| {
        let mode = ConnectionMode::settle(black_box(None), true, true).unwrap();
        let allowed = connect(&policy).modes.contains(&mode);
        let missing = policy.missing_credentials(black_box(&credentials));
        let settled = connect(&policy)
            .scopes
            .settle(Some(black_box(&scopes)), true)
            .unwrap();
        (allowed, missing, settled)
    });
}

#[divan::bench]
fn ask_the_policy_of_a_grant(bencher: Bencher<'_, '_>) {
    let policy = policies::slack_like();
    let environment = fixtures::environment();
    let flow = fixtures::flow(&fixtures::integration(environment.id));
    let grant = grant();
    bencher.bench(|| connect(&policy).accept(black_box(&flow), black_box(&grant)));
}

#[divan::bench]
fn build_a_url(bencher: Bencher<'_, '_>) {
    let (policy, credentials, secrets) = (policies::slack_like(), credentials(), secrets());
    let scope = SCOPES.join(",");
    let callback = "https://connect.example/v1/integrations/chat/oauth/callback";
    let page = connect(&policy).consent.prepare(&credentials, callback);
    let inputs = AuthorizeInputs {
        state: STATE,
        scope: Some(&scope),
        workspace_id: None,
    };
    bencher.bench(|| page.url(black_box(&inputs), || secrets.clone()));
}
