//! Proofs of identity that do not hold.

use tieline_sandbox::{Endpoint, Fault, IdTokenFault};
use tieline_tests::{Browser, Stage};

use super::refused_as;

/// D04, D05, D06, D07, D08, D09, D10, D11, D12, D13, D14, D15, D16, D19, D23, D25, D26, D28
#[tokio::test]
async fn a_proof_that_is_wrong_in_any_respect_is_refused() {
    let stage = Stage::start().await;
    // Several keys, so that a token has to say which.
    stage.control.roll_keys();
    for fault in WRONG {
        stage
            .control
            .fault_once(Endpoint::EntraToken, Fault::IdToken(fault));
        let minted = stage.mint("msteams").await;
        let page = Browser::new().allow(&minted.url).await;
        assert_eq!(page.status, 502, "{fault:?}");
        refused_as(&stage, &minted, "id_token_invalid").await;
    }
    assert_eq!(stage.control.count(Endpoint::RogueKeys), 0);
}

const WRONG: [IdTokenFault; 21] = [
    IdTokenFault::WrongKey,
    IdTokenFault::UnknownKid,
    IdTokenFault::NoKid,
    IdTokenFault::AlgNone,
    IdTokenFault::Hs256WithPublicKey,
    IdTokenFault::WrongAudience,
    IdTokenFault::SeveralAudiences,
    IdTokenFault::WrongIssuer,
    IdTokenFault::IssuerOfAnotherTenant,
    IdTokenFault::OtherTid,
    IdTokenFault::TidNotAGuid,
    IdTokenFault::PersonalTenant,
    IdTokenFault::ExpiredBy(360),
    IdTokenFault::NotYetValidBy(360),
    IdTokenFault::NoNonce,
    IdTokenFault::OtherNonce,
    IdTokenFault::NoOid,
    IdTokenFault::Missing,
    IdTokenFault::TamperedPayload,
    IdTokenFault::EmbeddedKey,
    IdTokenFault::Encrypted,
];

/// D28
#[tokio::test]
async fn a_proof_of_a_mebibyte_is_not_read_to_its_end() {
    let stage = Stage::start().await;
    let fault = Fault::IdToken(IdTokenFault::Huge);
    stage.control.fault_once(Endpoint::EntraToken, fault);
    let minted = stage.mint("msteams").await;
    assert_eq!(Browser::new().allow(&minted.url).await.status, 502);
    refused_as(&stage, &minted, "invalid_response").await;
}

/// D12, D13
#[tokio::test]
async fn clocks_may_differ_by_a_few_minutes() {
    let stage = Stage::start().await;
    for fault in [
        IdTokenFault::ExpiredBy(240),
        IdTokenFault::NotYetValidBy(240),
    ] {
        stage
            .control
            .fault_once(Endpoint::EntraToken, Fault::IdToken(fault));
        let minted = stage.mint("msteams").await;
        let page = Browser::new().allow(&minted.url).await;
        assert_eq!(page.status, 200, "{fault:?}");
    }
}

/// D17
#[tokio::test]
async fn a_key_that_is_new_since_the_last_flow_is_fetched() {
    let stage = Stage::start().await;
    for roll in [false, true] {
        if roll {
            stage.control.roll_keys();
        }
        let minted = stage.mint("msteams").await;
        let page = Browser::new().allow(&minted.url).await;
        assert_eq!(page.status, 200, "rolled: {roll}");
    }
}
