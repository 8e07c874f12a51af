//! The proof that a tenant has consented, before it counts as connected.

use std::time::Duration;

use serde_json::json;
use tieline_domain::{
    flow::Purpose,
    ports::{CodeExchange, ProviderError},
    provider::Grant,
    reason::Reason,
};
use tieline_sandbox::{Endpoint, Fault, RetryAfter};

use crate::harness::{ADMIN, CLIENT_ID, OTHER_TENANT, TENANT, World};

/// Connects the first tenant, as one whose consent came back before.
async fn connect(world: &World) -> Result<Grant, ProviderError> {
    connect_as(world, ADMIN, |_| ()).await
}

async fn connect_as(
    world: &World,
    person: &str,
    change: impl FnOnce(&mut CodeExchange),
) -> Result<Grant, ProviderError> {
    let sign_in = world.connect("msteams").sign_in.unwrap();
    let code = world.consent(&sign_in, None, &[("person", person)]).await;
    let mut exchange = CodeExchange {
        purpose: Purpose::Connect,
        tenant: Some(TENANT.to_owned()),
        ..world.exchange(&code, &[])
    };
    change(&mut exchange);
    let client = world.client("msteams");
    client.exchange_code(&world.app, &exchange).await
}

async fn consented() -> World {
    let world = World::new().await;
    world.control().give_admin_consent(CLIENT_ID, TENANT);
    world
}

/// How often an app-only token was asked for, and in which tenant.
fn asked(world: &World) -> Vec<String> {
    let requests = world.control().requests_of(Endpoint::EntraToken);
    let is_app_only = |name: &(String, String)| name.1 == "client_credentials";
    let app_only = requests
        .iter()
        .filter(|it| it.form().iter().any(is_app_only));
    app_only.map(|request| request.path.clone()).collect()
}

#[track_caller]
fn assert_error(outcome: Result<Grant, ProviderError>, reason: Reason, told: Option<&str>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.reason, reason);
    assert_eq!(error.provider_error.as_deref(), told);
}

/// E02
#[tokio::test]
async fn a_tenant_is_granted_once_the_app_got_a_token_in_it() {
    let world = consented().await;
    let grant = connect(&world).await.unwrap();
    assert_eq!(grant.workspace.id, TENANT);
    assert_eq!(grant.workspace.name.as_deref(), Some("Fennel & Rye"));
    assert!(grant.credentials.is_empty(), "what proved it is not kept");
    assert_eq!(
        asked(&world),
        [format!("/entra/{TENANT}/oauth2/v2.0/token")]
    );
}

/// E02: a member of the tenant who is no administrator, with `admin_consent=True` typed by hand.
#[tokio::test]
async fn without_a_consent_nobody_connects_a_tenant() {
    let world = World::new().await;
    let before = world.control().now();
    for person in [ADMIN, "a2b7f930-1c48-4d05-b6ea-73c5128d04f2"] {
        let outcome = connect_as(&world, person, |_| ()).await;
        let unknown = Some("unauthorized_client AADSTS700016");
        assert_error(outcome, Reason::ConsentNotGranted, unknown);
    }
    assert_eq!(asked(&world).len(), 12);
    let waited = world.control().now().duration_since(before);
    assert!(waited.as_secs() < 2 * 60, "{waited}");
}

/// E08
#[tokio::test]
async fn a_consent_that_has_not_spread_yet_is_waited_for() {
    let world = consented().await;
    world.control().delay_consent_replication(2);
    let before = world.control().now();
    connect(&world).await.unwrap();
    assert_eq!(asked(&world).len(), 3);
    let waited = world.control().now().duration_since(before);
    assert!(
        (3..30).contains(&waited.as_secs()),
        "1 s, then 2 s: {waited}"
    );

    world.control().delay_consent_replication(100);
    let outcome = connect(&world).await;
    let unknown = Some("unauthorized_client AADSTS700016");
    assert_error(outcome, Reason::ConsentNotGranted, unknown);
}

/// E09
#[tokio::test]
async fn a_consent_to_nothing_is_none() {
    let world = consented().await;
    world.control().set_entra_roles(Vec::<String>::new());
    let outcome = connect(&world).await;
    let none = Some("access_token: no roles");
    assert_error(outcome, Reason::ConsentNotGranted, none);
    assert_eq!(asked(&world).len(), 6);
}

/// E03: what the browser named is no tenant to ask in.
#[tokio::test]
async fn whoever_signs_in_elsewhere_is_told_so_and_no_tenant_is_asked() {
    let world = consented().await;
    world.control().give_admin_consent(CLIENT_ID, OTHER_TENANT);
    let named = |tenant: &str| {
        let tenant = Some(tenant.to_owned());
        |exchange: &mut CodeExchange| exchange.tenant = tenant
    };
    let outcome = connect_as(&world, ADMIN, named(OTHER_TENANT)).await;
    assert_error(outcome, Reason::TenantMismatch, None);
    assert!(asked(&world).is_empty());
    let outcome = connect_as(&world, ADMIN, named(&TENANT.to_uppercase())).await;
    outcome.unwrap();
}

/// E15: who is only linked connects nothing, and no consent is asked about.
#[tokio::test]
async fn a_person_is_linked_without_a_consent() {
    let world = World::new().await;
    let outcome = connect_as(&world, ADMIN, |exchange| {
        exchange.purpose = Purpose::LinkUser;
        exchange.tenant = None;
    })
    .await;
    assert_eq!(outcome.unwrap().person.as_deref(), Some(ADMIN));
    assert!(asked(&world).is_empty());
}

/// E10: what waiting cannot mend is told at once.
#[tokio::test]
async fn what_waiting_does_not_mend_is_not_waited_for() {
    for (error, number, reason) in [
        ("invalid_client", 7_000_215, Reason::ClientRejected),
        ("invalid_client", 7_000_222, Reason::ClientRejected),
        ("unauthorized_client", 7_000_112, Reason::AppRemoved),
        ("interaction_required", 53_003, Reason::ApprovalRequired),
    ] {
        let world = consented().await;
        let refused = json!({ "error": error, "error_codes": [number] });
        let outcome = connect_spoiled(&world, 1, reply(401, &refused.to_string())).await;
        let told = format!("{error} AADSTS{number}");
        assert_error(outcome, reason, Some(&told));
        assert_eq!(asked(&world).len(), 1);
    }
}

#[tokio::test]
async fn an_entra_in_trouble_is_asked_again_and_not_for_ever() {
    let trouble = [
        Fault::Status(503, String::new()),
        Fault::RateLimited(RetryAfter::Seconds(5)),
        Fault::LoseReply,
        reply(200, "{}"),
    ];
    for fault in trouble {
        let world = consented().await;
        let outcome = connect_spoiled(&world, 2, fault.clone()).await;
        outcome.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(asked(&world).len(), 3);
    }
    let world = consented().await;
    let down = Fault::Status(503, String::new());
    let outcome = connect_spoiled(&world, 100, down).await;
    assert_error(outcome, Reason::ProviderError, Some("HTTP 503"));
    assert_eq!(asked(&world).len(), 6);
    // A pause that is asked for and leads too far is not made.
    let world = consented().await;
    let before = world.control().now();
    let later = Fault::RateLimited(RetryAfter::Seconds(3600));
    let outcome = connect_spoiled(&world, 1, later).await;
    assert_error(outcome, Reason::ProviderRateLimited, Some("HTTP 429"));
    let waited = world.control().now().duration_since(before);
    assert!(waited.as_secs() < 30, "{waited}");
}

/// The total is bounded even where each answer takes its time.
#[tokio::test]
async fn slow_answers_are_not_waited_for_either() {
    let world = World::new().await;
    let control = world.control();
    let slowly = async {
        loop {
            control.wait_for_held(Endpoint::EntraToken, 1).await;
            control.advance(Duration::from_secs(9));
            control.release(Endpoint::EntraToken);
            control.wait_for_held(Endpoint::EntraToken, 0).await;
        }
    };
    let code = world.entra_code().await;
    control.fault(Endpoint::EntraToken, Fault::Hold);
    let before = control.now();
    let exchange = CodeExchange {
        purpose: Purpose::Connect,
        ..world.exchange(&code, &[])
    };
    let client = world.client("msteams");
    let outcome = tokio::select! {
        outcome = client.exchange_code(&world.app, &exchange) => outcome,
        () = slowly => unreachable!("it goes on until it is dropped"),
    };
    assert_eq!(outcome.unwrap_err().reason, Reason::ConsentNotGranted);
    let waited = control.now().duration_since(before);
    assert!(waited.as_secs() < 75, "{waited}");
}

/// Exchanges a good code, after which so many app-only tokens meet this fault.
async fn connect_spoiled(
    world: &World,
    times: usize,
    fault: Fault,
) -> Result<Grant, ProviderError> {
    let control = world.control();
    let code = world.entra_code().await;
    let exchange = CodeExchange {
        purpose: Purpose::Connect,
        tenant: Some(TENANT.to_owned()),
        ..world.exchange(&code, &[])
    };
    // The keys come after the code and before the proof: there the fault is set.
    control.fault_once(Endpoint::EntraKeys, Fault::Hold);
    let client = world.client("msteams");
    let (outcome, ()) = tokio::join!(client.exchange_code(&world.app, &exchange), async {
        control.wait_for_held(Endpoint::EntraKeys, 1).await;
        control.fault_times(Endpoint::EntraToken, times, fault);
        control.release(Endpoint::EntraKeys);
    });
    outcome
}

fn reply(status: u16, body: &str) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    }
}
