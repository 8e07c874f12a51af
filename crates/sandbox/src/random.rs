//! Unguessable values.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Random bytes in base64url, without padding.
pub(crate) fn token(bytes: usize) -> String {
    let mut value = vec![0; bytes];
    fill(&mut value);
    URL_SAFE_NO_PAD.encode(value)
}

/// Lower-case letters and digits, as in the tail of a Slack token.
pub(crate) fn alphanumeric(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut value = vec![0; length];
    fill(&mut value);
    value
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % 32]))
        .collect()
}

/// A GUID of version 4.
pub(crate) fn guid() -> String {
    let mut value = [0; 16];
    fill(&mut value);
    uuid::Builder::from_random_bytes(value)
        .into_uuid()
        .to_string()
}

/// A number below `limit`, evenly enough for a sandbox.
pub(crate) fn below(limit: u16) -> u16 {
    let mut value = [0; 2];
    fill(&mut value);
    u16::from_be_bytes(value) % limit.max(1)
}

#[expect(
    clippy::disallowed_methods,
    reason = "nobody may guess what a provider issues"
)]
fn fill(value: &mut [u8]) {
    getrandom::fill(value).expect("the operating system provides randomness");
}
