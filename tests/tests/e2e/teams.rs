//! Microsoft Teams: the consent, and the sign-in that proves it.

use serde_json::json;
use tieline_sandbox::Endpoint;
use tieline_tests::{
    Browser, ENTRA, FENNEL, JONAS, LARKSPUR, Minted, NOOR, SELMA, SUBSCRIBER, Stage, param,
    step_names, with_param, without_param,
};

mod id_tokens;

/// What is asked of Entra's token endpoint to connect a tenant: a code is exchanged, and then the
/// app gets itself a token there.
const CODE_AND_PROOF: usize = 2;

/// E02
#[tokio::test]
async fn an_administrator_connects_a_tenant_and_is_linked() {
    let stage = Stage::start().await;
    let (page, attempt) = stage
        .allow(&stage.mint("msteams").await, Browser::new())
        .await;

    assert_eq!(page.status, 200);
    assert!(
        page.words().contains("Fennel & Rye is connected"),
        "{}",
        page.words()
    );
    assert_eq!(attempt["status"], "completed");
    let expected = [
        "minted",
        "returned",
        "consent_granted",
        "signed_in",
        "exchanged",
        "connected",
    ];
    assert_eq!(step_names(&attempt), expected);

    let connection = stage.api.only_connection().await;
    assert_eq!(connection["providerId"], "msteams");
    assert_eq!(connection["subscriberId"], SUBSCRIBER);
    assert_eq!(
        connection["workspace"],
        json!({ "id": FENNEL, "name": "Fennel & Rye" })
    );
    assert_eq!(connection["auth"], json!({ "accessToken": "app-only" }));
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["type"], "ms_teams_user");
    assert_eq!(endpoint["endpoint"], json!({ "userId": NOOR }));
    assert_eq!(endpoint["connectionIdentifier"], connection["identifier"]);
}

#[tokio::test]
async fn without_auto_link_the_sign_in_only_proves() {
    let stage = Stage::start().await;
    let minted = stage
        .mint_with("msteams", &json!({ "autoLinkUser": false }))
        .await;
    let (page, _) = stage.allow(&minted, Browser::new()).await;
    assert_eq!(page.status, 200);
    assert_eq!(stage.api.only_connection().await["workspace"]["id"], FENNEL);
    assert!(stage.api.endpoints().await.is_empty());
    assert_eq!(stage.control.count(Endpoint::EntraToken), CODE_AND_PROOF);
}

#[tokio::test]
async fn a_shared_tenant_belongs_to_its_context() {
    let stage = Stage::start().await;
    let body = json!({ "integrationIdentifier": "msteams", "context": { "tenant": "org-acme" } });
    let minted = stage.api.minted(&body).await;
    let (page, _) = stage.allow(&minted, Browser::new()).await;
    assert_eq!(page.status, 200);
    let connection = stage.api.only_connection().await;
    assert_eq!(connection["subscriberId"], json!(null));
    assert_eq!(connection["contextKeys"], json!(["tenant:org-acme"]));
}

/// E04, E05
#[tokio::test]
async fn whoever_declines_the_consent_is_told_so_whatever_admin_consent_says() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.cancelled_callback(&minted.url).await;
    assert_eq!(param(&callback, "admin_consent").as_deref(), Some("True"));

    let page = browser.open(&callback).await;
    assert_eq!(page.status, 400);
    assert!(!page.text.contains("AADSTS"), "{}", page.text);
    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "denied");
    let told = attempt["providerError"]
        .as_str()
        .expect("the provider's word");
    assert!(
        told.starts_with("access_denied: AADSTS") && !told.contains('\n'),
        "{told}"
    );
    assert!(stage.api.connections().await.is_empty());
}

/// E04
#[tokio::test]
async fn an_error_beats_a_consent_beside_it() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let page = browser
        .open(&with_param(&callback, "error", "access_denied"))
        .await;
    assert_eq!(page.status, 400);
    assert_eq!(stage.api.attempt(&minted.attempt).await["status"], "denied");
}

#[tokio::test]
async fn whoever_declines_to_sign_in_connects_nothing() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let sign_in = browser.get(&callback).await.location.expect("the sign-in");
    let page = browser.cancel(&sign_in).await;
    assert_eq!(page.status, 400);
    assert_eq!(stage.api.attempt(&minted.attempt).await["status"], "denied");
    assert!(stage.api.connections().await.is_empty());
}

/// E03
#[tokio::test]
async fn a_forged_tenant_is_no_tenant() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let page = browser
        .allow(&with_param(&callback, "tenant", LARKSPUR))
        .await;

    assert_eq!(page.status, 400);
    refused_as(&stage, &minted, "tenant_mismatch").await;
    let tokens = stage.control.requests_of(Endpoint::EntraToken);
    assert!(
        tokens.iter().all(|it| !it.path.contains(LARKSPUR)),
        "{tokens:?}"
    );
}

/// E15
#[tokio::test]
async fn whoever_signs_in_elsewhere_proves_nothing() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let page = browser.choosing("person", SELMA).allow(&callback).await;
    assert_eq!(page.status, 400);
    refused_as(&stage, &minted, "tenant_mismatch").await;
}

#[tokio::test]
async fn another_person_of_the_tenant_may_sign_in_and_is_the_one_who_is_linked() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let page = browser.choosing("person", JONAS).allow(&callback).await;
    assert_eq!(page.status, 200);
    let endpoint = stage.api.only_endpoint().await;
    assert_eq!(endpoint["endpoint"], json!({ "userId": JONAS }));
}

/// E08
#[tokio::test]
async fn a_consent_that_has_not_spread_yet_is_waited_for() {
    let stage = Stage::start().await;
    stage.control.delay_consent_replication(1);
    let (page, _) = stage
        .allow(&stage.mint("msteams").await, Browser::new())
        .await;
    assert_eq!(page.status, 200);
    let tokens = stage.control.count(Endpoint::EntraToken);
    assert_eq!(tokens, CODE_AND_PROOF + 1);
}

/// E06
#[tokio::test]
async fn a_consent_is_one_only_when_it_says_true() {
    let stage = Stage::start().await;
    for answer in [Some("False"), Some("true"), Some(""), None] {
        let minted = stage.mint("msteams").await;
        let mut browser = Browser::new();
        let callback = browser.callback(&minted.url).await;
        let callback = match answer {
            Some(answer) => with_param(&callback, "admin_consent", answer),
            None => without_param(&callback, "admin_consent"),
        };
        let page = browser.open(&callback).await;
        assert_eq!(page.status, 400, "{answer:?}");
        refused_as(&stage, &minted, "consent_not_granted").await;
    }
    assert_eq!(stage.control.count(Endpoint::EntraToken), 0);
}

/// E07
#[tokio::test]
async fn a_tenant_is_a_guid_in_either_case() {
    let stage = Stage::start().await;
    for tenant in ["fennelrye.example", "organizations", "common", "", "../x"] {
        let minted = stage.mint("msteams").await;
        let mut browser = Browser::new();
        let callback = browser.callback(&minted.url).await;
        let page = browser.open(&with_param(&callback, "tenant", tenant)).await;
        assert_eq!(page.status, 400, "{tenant}");
        refused_as(&stage, &minted, "consent_not_granted").await;
    }
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let upper = with_param(&callback, "tenant", &FENNEL.to_uppercase());
    assert_eq!(browser.allow(&upper).await.status, 200);
    assert_eq!(stage.api.only_connection().await["workspace"]["id"], FENNEL);
}

/// E13
#[tokio::test]
async fn a_tenant_that_consents_again_is_the_same_connection() {
    let stage = Stage::start().await;
    let (_, first) = stage
        .allow(&stage.mint("msteams").await, Browser::new())
        .await;
    let (_, second) = stage
        .allow(&stage.mint("msteams").await, Browser::new())
        .await;
    assert_eq!(second["status"], "completed");
    assert_eq!(
        first["connectionIdentifier"],
        second["connectionIdentifier"]
    );
    stage.api.only_connection().await;
    stage.api.only_endpoint().await;
}

/// E14
#[tokio::test]
async fn both_callbacks_work_once() {
    let stage = Stage::start().await;
    let minted = stage.mint("msteams").await;
    let mut browser = Browser::new();
    let consented = browser.callback(&minted.url).await;
    let sign_in = browser.get(&consented).await.location.expect("the sign-in");
    let again = browser.open(&consented).await;
    assert!(
        again.words().contains("One step is left"),
        "{}",
        again.words()
    );

    let signed_in = browser.callback(&sign_in).await;
    for _ in 0..2 {
        let page = browser.open(&signed_in).await;
        assert!(page.words().contains("is connected"), "{}", page.words());
    }
    let page = browser.open(&consented).await;
    assert!(page.words().contains("is connected"), "{}", page.words());
    assert_eq!(stage.control.count(Endpoint::EntraToken), CODE_AND_PROOF);
}

/// E01
#[tokio::test]
async fn an_integration_for_one_tenant_uses_its_authority_and_takes_no_other() {
    let stage = Stage::start().await;
    let home = &stage.server.home;
    let tenant = [("tenantId", FENNEL)];
    home.integration("msteams", "fennel", ENTRA, &tenant).await;

    let minted = stage.mint("fennel").await;
    let path = format!("/entra/{FENNEL}/v2.0/adminconsent");
    assert_eq!(minted.url.path(), path);
    let (page, _) = stage.allow(&minted, Browser::new()).await;
    assert_eq!(page.status, 200);
    let tokens = stage.control.requests_of(Endpoint::EntraToken);
    let paths: Vec<_> = tokens.iter().map(|it| it.path.as_str()).collect();
    let own = format!("/entra/{FENNEL}/oauth2/v2.0/token");
    assert_eq!(paths, [own.as_str(); CODE_AND_PROOF]);

    let minted = stage.mint("fennel").await;
    let mut browser = Browser::new();
    let callback = browser.callback(&minted.url).await;
    let foreign = with_param(&callback, "tenant", LARKSPUR);
    assert_eq!(browser.allow(&foreign).await.status, 400);
    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["code"], "tenant_mismatch");
}

/// D03
#[tokio::test]
async fn a_code_of_another_flow_does_not_fit_this_one() {
    let stage = Stage::start().await;
    let (own, other) = (stage.mint("msteams").await, stage.mint("msteams").await);
    let (mut victim, mut attacker) = (Browser::new(), Browser::new());
    let own_code = signed_in(&mut victim, &own).await;
    let stolen = signed_in(&mut attacker, &other).await;
    let code = param(&stolen, "code").expect("a code");

    let page = victim.open(&with_param(&own_code, "code", &code)).await;
    assert_eq!(page.status, 400);
    refused_as(&stage, &own, "code_rejected").await;
}

/// Goes through consent and sign-in, and stops in front of the second callback.
async fn signed_in(browser: &mut Browser, minted: &Minted) -> url::Url {
    let consented = browser.callback(&minted.url).await;
    let sign_in = browser.get(&consented).await.location.expect("the sign-in");
    browser.callback(&sign_in).await
}

/// Checks that a flow failed for this reason, and that nothing was stored.
async fn refused_as(stage: &Stage, minted: &Minted, code: &str) {
    let attempt = stage.api.attempt(&minted.attempt).await;
    assert_eq!(attempt["status"], "failed", "{attempt}");
    assert_eq!(attempt["code"], code, "{attempt}");
    assert!(stage.api.connections().await.is_empty());
    assert!(stage.api.endpoints().await.is_empty());
}
