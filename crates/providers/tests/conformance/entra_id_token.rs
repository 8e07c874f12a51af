//! Id tokens that must not be believed.

use tieline_domain::reason::Reason;
use tieline_sandbox::{Endpoint, Fault, IdTokenFault};

use crate::harness::World;

/// What a sign-in says about such a token; `None` if it believes it.
async fn doubt(world: &World, fault: IdTokenFault) -> Option<String> {
    world
        .control()
        .fault_once(Endpoint::EntraToken, Fault::IdToken(fault));
    let error = world.sign_in().await.err()?;
    assert_eq!(error.reason, Reason::IdTokenInvalid, "{fault:?}");
    let text = error.provider_error.unwrap();
    Some(
        text.strip_prefix("id_token: ")
            .expect("our own words")
            .to_owned(),
    )
}

/// D04, D05, D06, D07, D08, D09, D10, D11, D26
#[tokio::test]
async fn every_claim_is_held_against_what_is_expected() {
    let world = World::new().await;
    for (fault, expected) in [
        (IdTokenFault::NoNonce, "nonce"),
        (IdTokenFault::OtherNonce, "nonce"),
        (IdTokenFault::WrongAudience, "aud"),
        (IdTokenFault::SeveralAudiences, "aud"),
        (IdTokenFault::WrongIssuer, "iss"),
        (IdTokenFault::IssuerOfAnotherTenant, "iss"),
        (IdTokenFault::OtherTid, "iss"),
        (IdTokenFault::TidNotAGuid, "tid"),
        (IdTokenFault::PersonalTenant, "personal account"),
        (IdTokenFault::NoOid, "oid"),
    ] {
        assert_eq!(
            doubt(&world, fault).await.as_deref(),
            Some(expected),
            "{fault:?}"
        );
    }
}

/// D12, D13
#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let world = World::new().await;
    for (fault, expected) in [
        (IdTokenFault::ExpiredBy(240), None),
        (IdTokenFault::ExpiredBy(360), Some("expired")),
        (IdTokenFault::NotYetValidBy(240), None),
        (IdTokenFault::NotYetValidBy(360), Some("not yet valid")),
    ] {
        assert_eq!(doubt(&world, fault).await.as_deref(), expected, "{fault:?}");
    }
}

/// D14, D15, D16, D28
#[tokio::test]
async fn form_algorithm_and_signature_are_checked() {
    let world = World::new().await;
    for (fault, expected) in [
        (IdTokenFault::AlgNone, "unreadable header"),
        (IdTokenFault::Hs256WithPublicKey, "algorithm"),
        (IdTokenFault::TamperedPayload, "signature or payload"),
        (IdTokenFault::WrongKey, "signature or payload"),
        (IdTokenFault::Encrypted, "not a signed token"),
    ] {
        assert_eq!(
            doubt(&world, fault).await.as_deref(),
            Some(expected),
            "{fault:?}"
        );
    }
}

/// D28: the answer's own cap stops a token of a mebibyte before anybody looks at it.
#[tokio::test]
async fn a_token_of_a_mebibyte_is_not_even_read() {
    let world = World::new().await;
    let huge = Fault::IdToken(IdTokenFault::Huge);
    world.control().fault_once(Endpoint::EntraToken, huge);
    assert_eq!(
        world.sign_in().await.unwrap_err().reason,
        Reason::InvalidResponse
    );
}

/// D23
#[tokio::test]
async fn keys_that_a_token_brings_along_are_never_looked_at() {
    let world = World::new().await;
    let doubt = doubt(&world, IdTokenFault::EmbeddedKey).await;
    assert_eq!(doubt.as_deref(), Some("unknown key"));
    assert_eq!(world.control().count(Endpoint::RogueKeys), 0);
}

/// D25
#[tokio::test]
async fn without_an_id_token_nothing_is_proved() {
    let world = World::new().await;
    assert_eq!(
        doubt(&world, IdTokenFault::Missing).await.as_deref(),
        Some("missing")
    );
}

/// A token that is not believed stops everything: nobody asks Graph in its name.
#[tokio::test]
async fn after_a_doubt_nothing_more_is_asked() {
    let world = World::new().await;
    doubt(&world, IdTokenFault::OtherTid).await;
    assert_eq!(world.control().count(Endpoint::GraphOrganization), 0);
}
