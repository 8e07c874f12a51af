//! The `id_token`, right and wrong, as a verifier sees it.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use tieline_sandbox::{Endpoint, Fault, IdTokenFault};

use crate::support::{Bench, ENTRA, FENNEL, JONAS, LARKSPUR, SignIn, json};

#[tokio::test]
async fn the_claims_are_those_of_entra() {
    let bench = Bench::start().await;
    let sign_in = SignIn {
        person: Some(JONAS),
        ..SignIn::default()
    };
    let token = id_token(&bench.sign_in(sign_in).await);
    let claims = verify(&bench, &token).await.unwrap();
    let issuer = format!("{}/{FENNEL}/v2.0", bench.sandbox.entra_base_url());
    for (name, value) in [
        ("iss", issuer.as_str()),
        ("aud", ENTRA.0),
        ("tid", FENNEL),
        ("oid", JONAS),
        ("nonce", "number-once"),
        ("ver", "2.0"),
        ("name", "Jonas Wick"),
        ("preferred_username", "jonas@fennelrye.example"),
    ] {
        assert_eq!(claims[name], value);
    }
    assert_ne!(claims["sub"], JONAS, "sub is pairwise");
}

#[tokio::test]
async fn without_profile_there_is_no_oid() {
    let bench = Bench::start().await;
    let token = id_token(
        &bench
            .sign_in(SignIn {
                scope: "openid",
                ..SignIn::default()
            })
            .await,
    );
    let claims = verify(&bench, &token).await.unwrap();
    assert!(claims.get("oid").is_none() && claims.get("preferred_username").is_none());
}

#[tokio::test]
async fn the_issuer_is_a_template_unless_the_tenant_is_named() {
    let bench = Bench::start().await;
    let document = |tenant: &str| format!("entra/{tenant}/v2.0/.well-known/openid-configuration");
    let base = bench.sandbox.entra_base_url();
    let common = json(bench.get(&document("common"), &[]).await).await;
    assert_eq!(common["issuer"], format!("{base}/{{tenantid}}/v2.0"));
    let one = json(bench.get(&document(FENNEL), &[]).await).await;
    assert_eq!(one["issuer"], format!("{base}/{FENNEL}/v2.0"));
    let keys = json(bench.get("entra/common/discovery/v2.0/keys", &[]).await).await;
    assert_eq!(keys["keys"][0]["issuer"], common["issuer"]);
    bench.control.bind_keys_to_tenant(Some(LARKSPUR));
    let keys = json(bench.get("entra/common/discovery/v2.0/keys", &[]).await).await;
    assert_eq!(keys["keys"][0]["issuer"], format!("{base}/{LARKSPUR}/v2.0"));
}

#[tokio::test]
async fn keys_roll_over_and_old_ones_retire() {
    let bench = Bench::start().await;
    let old = id_token(&bench.sign_in(SignIn::default()).await);
    bench.control.roll_keys();
    let new = id_token(&bench.sign_in(SignIn::default()).await);
    assert_ne!(kid(&old), kid(&new));
    assert!(verify(&bench, &old).await.is_ok() && verify(&bench, &new).await.is_ok());
    bench.control.retire_old_keys();
    assert_eq!(verify(&bench, &old).await, Err("unknown kid".to_owned()));
    assert!(verify(&bench, &new).await.is_ok());
}

#[tokio::test]
async fn faults_of_the_signature_are_found() {
    let bench = Bench::start().await;
    for (fault, expected) in [
        (IdTokenFault::WrongKey, "InvalidSignature"),
        (IdTokenFault::UnknownKid, "unknown kid"),
        (IdTokenFault::EmbeddedKey, "unknown kid"),
        (IdTokenFault::NoKid, "no kid"),
        (IdTokenFault::AlgNone, "no header"),
        (IdTokenFault::Hs256WithPublicKey, "InvalidAlgorithm"),
        (IdTokenFault::TamperedPayload, "InvalidSignature"),
        (IdTokenFault::Encrypted, "no header"),
        (IdTokenFault::WrongAudience, "InvalidAudience"),
        (IdTokenFault::ExpiredBy(301), "ExpiredSignature"),
        (IdTokenFault::NotYetValidBy(310), "ImmatureSignature"),
    ] {
        let token = faulty(&bench, fault).await;
        assert_eq!(
            verify(&bench, &token).await,
            Err(expected.to_owned()),
            "{fault:?}"
        );
    }
    assert_eq!(bench.control.count(Endpoint::RogueKeys), 0);
}

#[tokio::test]
async fn faults_of_the_claims_are_rightly_signed() {
    let bench = Bench::start().await;
    let base = bench.sandbox.entra_base_url();
    let issuer = |tenant: &str| format!("{base}/{tenant}/v2.0");
    let personal = "9188040d-6c67-4c5b-b112-36a304b66dad";
    for (fault, tid, iss) in [
        (
            IdTokenFault::WrongIssuer,
            FENNEL,
            format!("https://login.elsewhere.test/{FENNEL}/v2.0"),
        ),
        (
            IdTokenFault::IssuerOfAnotherTenant,
            FENNEL,
            issuer(LARKSPUR),
        ),
        (IdTokenFault::OtherTid, LARKSPUR, issuer(FENNEL)),
        (IdTokenFault::TidNotAGuid, "../common", issuer("../common")),
        (IdTokenFault::PersonalTenant, personal, issuer(personal)),
    ] {
        let claims = verify(&bench, &faulty(&bench, fault).await).await.unwrap();
        assert_eq!(
            (claims["tid"].as_str(), claims["iss"].as_str()),
            (Some(tid), Some(&*iss))
        );
    }
}

#[tokio::test]
async fn claims_can_be_missing_or_other() {
    let bench = Bench::start().await;
    for (fault, name) in [
        (IdTokenFault::NoNonce, "nonce"),
        (IdTokenFault::NoOid, "oid"),
    ] {
        let claims = verify(&bench, &faulty(&bench, fault).await).await.unwrap();
        assert!(claims.get(name).is_none());
    }
    let nonce = verify(&bench, &faulty(&bench, IdTokenFault::OtherNonce).await)
        .await
        .unwrap();
    assert_ne!(nonce["nonce"], "number-once");
    let many = verify(
        &bench,
        &faulty(&bench, IdTokenFault::SeveralAudiences).await,
    )
    .await
    .unwrap();
    assert_eq!(
        (many["aud"].as_array().unwrap().len(), &many["aud"][0]),
        (2, &ENTRA.0.into())
    );
    let late = faulty(&bench, IdTokenFault::ExpiredBy(240)).await;
    assert!(verify(&bench, &late).await.is_ok(), "within the skew");
}

#[tokio::test]
async fn a_token_can_be_huge_or_missing() {
    let bench = Bench::start().await;
    assert!(faulty(&bench, IdTokenFault::Huge).await.len() > 1024 * 1024);
    bench
        .control
        .fault_once(Endpoint::EntraToken, Fault::IdToken(IdTokenFault::Missing));
    assert!(
        bench
            .sign_in(SignIn::default())
            .await
            .get("id_token")
            .is_none()
    );
}

#[tokio::test]
async fn app_only_tokens_carry_the_roles_under_the_same_keys() {
    let bench = Bench::start().await;
    bench.consent(FENNEL).await;
    bench.control.set_entra_roles(["User.Read.All"]);
    let claims = app_claims(&bench).await;
    assert_eq!(claims["roles"], serde_json::json!(["User.Read.All"]));
    assert_eq!(claims["tid"], FENNEL);
    bench.control.set_entra_roles(Vec::<String>::new());
    assert!(app_claims(&bench).await.get("roles").is_none());
}

async fn app_claims(bench: &Bench) -> Value {
    let reply = json(bench.app_token(FENNEL).await).await;
    let token = reply["access_token"].as_str().expect("a token");
    verify_for(bench, token, "https://graph.microsoft.com")
        .await
        .expect("a good token")
}

async fn faulty(bench: &Bench, fault: IdTokenFault) -> String {
    bench
        .control
        .fault_once(Endpoint::EntraToken, Fault::IdToken(fault));
    id_token(
        &bench
            .sign_in(SignIn {
                tenant: FENNEL,
                ..SignIn::default()
            })
            .await,
    )
}

fn id_token(reply: &Value) -> String {
    reply["id_token"].as_str().expect("an id_token").to_owned()
}

fn kid(token: &str) -> String {
    decode_header(token).expect("a header").kid.expect("a kid")
}

async fn verify(bench: &Bench, token: &str) -> Result<Value, String> {
    verify_for(bench, token, ENTRA.0).await
}

/// A verifier by the book: key by `kid`, RS256 only, five minutes of skew.
async fn verify_for(bench: &Bench, token: &str, audience: &str) -> Result<Value, String> {
    let keys = json(bench.get("entra/common/discovery/v2.0/keys", &[]).await).await;
    let keys: JwkSet = serde_json::from_value(keys).expect("a key set");
    let header = decode_header(token).map_err(|_| "no header")?;
    let kid = header.kid.ok_or("no kid")?;
    let key = DecodingKey::from_jwk(keys.find(&kid).ok_or("unknown kid")?).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 300;
    validation.validate_nbf = true;
    validation.set_audience(&[audience]);
    decode::<Value>(token, &key, &validation)
        .map(|token| token.claims)
        .map_err(|error| name(error.kind()))
}

fn name(kind: &ErrorKind) -> String {
    format!("{kind:?}")
}
