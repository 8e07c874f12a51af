//! Tokens that must not be believed.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::fault::IdTokenFault;
use crate::keys::{self, RsaKey, compact, rogue_key};
use crate::random;
use crate::world::World;

/// "ID token claims reference": where personal accounts live.
const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Changes what the token says; `tenant` is the true one.
pub(crate) fn spoil_claims(claims: &mut Value, fault: IdTokenFault, world: &World, tenant: &str) {
    let issuer = |tenant: &str| json!(format!("{}/{tenant}/v2.0", world.entra_base()));
    match fault {
        IdTokenFault::WrongAudience => claims["aud"] = json!(random::guid()),
        IdTokenFault::SeveralAudiences => {
            claims["aud"] = json!([claims["aud"].clone(), random::guid()]);
        }
        IdTokenFault::WrongIssuer => {
            claims["iss"] = json!(format!("https://login.elsewhere.test/{tenant}/v2.0"));
        }
        IdTokenFault::IssuerOfAnotherTenant => claims["iss"] = issuer(&other(world, tenant)),
        IdTokenFault::OtherTid => claims["tid"] = json!(other(world, tenant)),
        IdTokenFault::TidNotAGuid => move_to(claims, "../common", issuer("../common")),
        IdTokenFault::PersonalTenant => move_to(claims, PERSONAL_TENANT, issuer(PERSONAL_TENANT)),
        IdTokenFault::NoNonce => remove(claims, "nonce"),
        IdTokenFault::OtherNonce => claims["nonce"] = json!(random::token(16)),
        IdTokenFault::NoOid => remove(claims, "oid"),
        IdTokenFault::Huge => claims["padding"] = json!("x".repeat(1024 * 1024)),
        _ => spoil_times(claims, fault, world.clock.seconds()),
    }
}

fn spoil_times(claims: &mut Value, fault: IdTokenFault, now: i64) {
    match fault {
        IdTokenFault::ExpiredBy(seconds) => {
            claims["exp"] = json!(now - i64::from(seconds));
            claims["iat"] = json!(now - i64::from(seconds) - 3600);
            claims["nbf"] = claims["iat"].clone();
        }
        IdTokenFault::NotYetValidBy(seconds) => {
            claims["nbf"] = json!(now + i64::from(seconds));
            claims["iat"] = claims["nbf"].clone();
            claims["exp"] = json!(now + i64::from(seconds) + 3600);
        }
        _ => {}
    }
}

/// Signs the token, rightly unless the fault is in the signing.
pub(crate) fn sign(claims: &Value, fault: IdTokenFault, world: &World, key: &RsaKey) -> String {
    let rogue = rogue_key();
    let header = |kid: &str| json!({ "typ": "JWT", "alg": "RS256", "kid": kid });
    let by_rogue = |header: Value| compact(&header, claims, |message| rogue.sign(message));
    match fault {
        IdTokenFault::WrongKey => by_rogue(header(key.kid())),
        IdTokenFault::UnknownKid => by_rogue(header(rogue.kid())),
        IdTokenFault::EmbeddedKey => {
            let mut header = header(rogue.kid());
            header["jwk"] = rogue.jwk();
            header["jku"] = json!(format!("{}/rogue/keys", world.origin));
            by_rogue(header)
        }
        IdTokenFault::NoKid => {
            let header = json!({ "typ": "JWT", "alg": "RS256" });
            compact(&header, claims, |message| key.sign(message))
        }
        IdTokenFault::AlgNone => compact(&json!({ "typ": "JWT", "alg": "none" }), claims, |_| {
            Vec::new()
        }),
        IdTokenFault::Hs256WithPublicKey => hs256(claims, key),
        IdTokenFault::TamperedPayload => tampered(claims, key),
        IdTokenFault::Encrypted => encrypted(),
        _ => keys::signed(key, claims),
    }
}

fn hs256(claims: &Value, key: &RsaKey) -> String {
    let header = json!({ "typ": "JWT", "alg": "HS256", "kid": key.kid() });
    let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_pem().as_bytes());
    compact(&header, claims, |message| {
        hmac::sign(&secret, message).as_ref().to_vec()
    })
}

/// The payload of one token between header and signature of another.
fn tampered(claims: &Value, key: &RsaKey) -> String {
    let mut other = claims.clone();
    other["oid"] = json!(random::guid());
    let (honest, other) = (keys::signed(key, claims), keys::signed(key, &other));
    let part = |token: &str, index| token.split('.').nth(index).unwrap_or_default().to_owned();
    format!(
        "{}.{}.{}",
        part(&honest, 0),
        part(&other, 1),
        part(&honest, 2)
    )
}

fn encrypted() -> String {
    let segments: Vec<String> = [30, 256, 12, 200, 16].map(random::token).to_vec();
    segments.join(".")
}

fn other(world: &World, tenant: &str) -> String {
    let other = world.tenants.iter().find(|it| it.id != tenant);
    other.map_or_else(random::guid, |it| it.id.clone())
}

fn move_to(claims: &mut Value, tid: &str, issuer: Value) {
    claims["tid"] = json!(tid);
    claims["iss"] = issuer;
}

fn remove(claims: &mut Value, name: &str) {
    if let Some(claims) = claims.as_object_mut() {
        claims.remove(name);
    }
}
