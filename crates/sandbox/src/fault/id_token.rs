//! The ways an `id_token` can be wrong.

use serde::Deserialize;

/// What is wrong with an `id_token`; each is wrong in this one respect only
/// ("ID token claims reference", learn.microsoft.com; RFC 7519; RFC 8725).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdTokenFault {
    /// Signed by a key that is not published, under a `kid` that is.
    WrongKey,
    /// Signed by a key that is not published, under its own `kid`.
    UnknownKid,
    /// Rightly signed, without a `kid`.
    NoKid,
    /// `alg: none`, no signature.
    AlgNone,
    /// `alg: HS256`, with the public key (PEM) as the shared secret.
    Hs256WithPublicKey,
    /// `aud` names another client.
    WrongAudience,
    /// `aud` names the client and another one, without `azp`.
    SeveralAudiences,
    /// `iss` is another authority altogether.
    WrongIssuer,
    /// `iss` names another tenant than `tid`, which is right.
    IssuerOfAnotherTenant,
    /// `tid` names another tenant than `iss`, which is right.
    OtherTid,
    /// `tid` is `../common`, and `iss` agrees.
    TidNotAGuid,
    /// `tid` is the tenant of personal accounts, and `iss` agrees.
    PersonalTenant,
    /// `exp` lies this many seconds in the past.
    ExpiredBy(u32),
    /// `nbf` and `iat` lie this many seconds in the future.
    NotYetValidBy(u32),
    /// No `nonce`.
    NoNonce,
    /// Some other `nonce`.
    OtherNonce,
    /// No `oid`.
    NoOid,
    /// No `id_token` in the reply.
    Missing,
    /// The payload was changed after signing: another `oid`.
    TamperedPayload,
    /// Signed by a foreign key that the header itself brings along (`jwk`) and
    /// points to (`jku`).
    EmbeddedKey,
    /// Rightly signed, with a claim of one mebibyte.
    Huge,
    /// Five segments, like an encrypted token (RFC 7516).
    Encrypted,
}
