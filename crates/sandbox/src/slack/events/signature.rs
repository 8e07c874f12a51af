//! The signature of an event, right and wrong.

use std::fmt::Write;

use aws_lc_rs::hmac;
use serde::Deserialize;

use crate::random;

/// What is wrong with an event; each is wrong in this one respect only.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFlaw {
    /// Signed with another secret.
    Forged,
    /// A blank came into the body after it was signed, as by a proxy that
    /// writes JSON anew: it means the same.
    BodyRewritten,
    /// Something else is said than what was signed.
    BodyReplaced,
    /// The signature is of `v1`.
    OtherVersion,
    /// The signature has letters that no hexadecimal number has.
    NotHexadecimal,
    /// The last digit of the signature is missing.
    Truncated,
    /// There is no signature.
    NoSignature,
    /// There is no timestamp.
    NoTimestamp,
    /// The timestamp lies this many seconds in the past; the signature is right.
    OldBy(u32),
    /// The timestamp lies this many seconds in the future; the signature is
    /// right.
    AheadBy(u32),
    /// This in place of the timestamp; the signature is right.
    Timestamp(String),
}

/// The two headers and the body as it is sent; `now` in seconds since 1970.
pub(super) fn sign(
    secret: &str,
    now: i64,
    body: &str,
    flaw: Option<&EventFlaw>,
) -> (Vec<(String, String)>, String) {
    let timestamp = timestamp(now, flaw);
    let signature = match flaw {
        Some(EventFlaw::Forged) => signature(&random::token(24), &timestamp, body),
        _ => signature(secret, &timestamp, body),
    };
    let mut headers = Vec::new();
    if flaw != Some(&EventFlaw::NoTimestamp) {
        headers.push(("x-slack-request-timestamp".to_owned(), timestamp));
    }
    if let Some(value) = spoilt(signature, flaw) {
        headers.push(("x-slack-signature".to_owned(), value));
    }
    (headers, sent(body, flaw))
}

/// "Verifying requests from Slack": over version, timestamp and raw body.
fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("v0:{timestamp}:{body}").as_bytes());
    let mut signature = String::from("v0=");
    for byte in tag.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

fn timestamp(now: i64, flaw: Option<&EventFlaw>) -> String {
    match flaw {
        Some(EventFlaw::OldBy(seconds)) => (now - i64::from(*seconds)).to_string(),
        Some(EventFlaw::AheadBy(seconds)) => (now + i64::from(*seconds)).to_string(),
        Some(EventFlaw::Timestamp(text)) => text.clone(),
        _ => now.to_string(),
    }
}

fn spoilt(signature: String, flaw: Option<&EventFlaw>) -> Option<String> {
    match flaw {
        Some(EventFlaw::NoSignature) => None,
        Some(EventFlaw::OtherVersion) => Some(signature.replacen("v0=", "v1=", 1)),
        Some(EventFlaw::NotHexadecimal) => Some(format!("v0={}", "z".repeat(64))),
        Some(EventFlaw::Truncated) => signature.get(..signature.len() - 1).map(str::to_owned),
        _ => Some(signature),
    }
}

fn sent(body: &str, flaw: Option<&EventFlaw>) -> String {
    match flaw {
        Some(EventFlaw::BodyRewritten) => body.replacen(':', ": ", 1),
        Some(EventFlaw::BodyReplaced) => body.replacen('{', "{\"more\":true,", 1),
        _ => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Slack's page.
    #[test]
    fn the_published_example_has_the_published_signature() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
                    &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA\
                    &user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=\
                    https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F\
                    96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.\
                    803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }
}
