//! Slack's signature of what it sends ("Verifying requests from Slack", docs.slack.dev).

use jiff::Timestamp;
use tieline_domain::{
    api_key::SigningState,
    integration::Credentials,
    ports::{Delivery, EventRefusal},
};

const SIGNATURE: &str = "X-Slack-Signature";
const TIMESTAMP: &str = "X-Slack-Request-Timestamp";

/// How far, in seconds, the time of signing may be from ours: what was recorded earlier is not to
/// be played back.
const TOLERANCE: u64 = 300;

/// Whether Slack signed a delivery for this app, and just now. While a signing secret is being
/// changed, the one before counts as well.
pub(super) fn verify(
    app: &Credentials,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<(), EventRefusal> {
    let keys: Vec<SigningState> = [
        Credentials::SIGNING_SECRET,
        Credentials::SIGNING_SECRET_PREVIOUS,
    ]
    .into_iter()
    .filter_map(|name| Some(SigningState::of(app.get(name)?.as_bytes())))
    .collect();
    if keys.is_empty() {
        return Err(EventRefusal::NotConfigured(Credentials::SIGNING_SECRET));
    }
    let signature = delivery.header(SIGNATURE).ok_or(EventRefusal::Unsigned)?;
    let timestamp = delivery.header(TIMESTAMP).ok_or(EventRefusal::Unsigned)?;
    check(&keys, signature, timestamp, &delivery.body)?;
    let is_recent = seconds(timestamp).is_some_and(|at| at.abs_diff(now.as_second()) <= TOLERANCE);
    if is_recent {
        Ok(())
    } else {
        Err(EventRefusal::TooOld)
    }
}

fn check(
    keys: &[SigningState],
    signature: &str,
    timestamp: &str,
    body: &[u8],
) -> Result<(), EventRefusal> {
    let hash = signature
        .strip_prefix("v0=")
        .ok_or(EventRefusal::BadlySigned("version"))?;
    let signed = [b"v0:", timestamp.as_bytes(), b":", body].concat();
    if SigningState::any_signed(keys, &signed, hash) {
        Ok(())
    } else {
        Err(EventRefusal::BadlySigned("signature"))
    }
}

/// Seconds since the epoch, written in digits alone.
fn seconds(text: &str) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Slack's own page.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const AT: i64 = 1_531_420_618;
    const HASH: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
        &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
        &command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F\
        T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn app(secrets: &[(&str, &str)]) -> Credentials {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        secrets.iter().map(owned).collect()
    }

    fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Delivery {
            headers: headers.iter().map(owned).collect(),
            body: body.into(),
        }
    }

    fn verified(
        signature: &str,
        timestamp: &str,
        body: &str,
        now: i64,
    ) -> Result<(), EventRefusal> {
        let headers = [(SIGNATURE, signature), (TIMESTAMP, timestamp)];
        let now = Timestamp::from_second(now).unwrap();
        verify(
            &app(&[("signingSecret", SECRET)]),
            &delivery(&headers, body),
            now,
        )
    }

    fn sign(secret: &str, timestamp: &str, body: &str) -> String {
        let hash =
            SigningState::of(secret.as_bytes()).sign(format!("v0:{timestamp}:{body}").as_bytes());
        let digits = |text, byte: &u8| format!("{text}{byte:02x}");
        hash.iter().fold("v0=".to_owned(), digits)
    }

    /// G21
    #[test]
    fn the_published_example_holds() {
        assert_eq!(verified(HASH, &AT.to_string(), BODY, AT), Ok(()));
    }

    /// G12, G16
    #[test]
    fn a_signature_that_is_not_exactly_slacks_is_refused() {
        let at = AT.to_string();
        let badly = |what| Err(EventRefusal::BadlySigned(what));
        for (signature, body, expected) in [
            (
                HASH.replace("a2", "a3"),
                BODY.to_owned(),
                badly("signature"),
            ),
            (
                HASH.to_owned(),
                BODY.replace("roadrunner", "roadrunneR"),
                badly("signature"),
            ),
            (HASH.to_owned(), format!("{BODY} "), badly("signature")),
            (
                HASH.replace("v0=", "v1="),
                BODY.to_owned(),
                badly("version"),
            ),
            (HASH.replace("v0=", ""), BODY.to_owned(), badly("version")),
            (HASH.replace('a', "g"), BODY.to_owned(), badly("signature")),
            (HASH[..66].to_owned(), BODY.to_owned(), badly("signature")),
            (format!("{HASH}0"), BODY.to_owned(), badly("signature")),
            ("v0=".to_owned(), BODY.to_owned(), badly("signature")),
            (String::new(), BODY.to_owned(), badly("version")),
        ] {
            assert_eq!(
                verified(&signature, &at, &body, AT),
                expected,
                "{signature}"
            );
        }
    }

    /// G12
    #[test]
    fn without_its_headers_a_delivery_is_not_signed() {
        let app = app(&[("signingSecret", SECRET)]);
        let at = AT.to_string();
        let now = Timestamp::from_second(AT).unwrap();
        for headers in [
            &[(SIGNATURE, HASH)][..],
            &[(TIMESTAMP, &*at)],
            &[],
            &[(SIGNATURE, HASH), (SIGNATURE, HASH), (TIMESTAMP, &*at)],
        ] {
            let outcome = verify(&app, &delivery(headers, BODY), now);
            assert_eq!(outcome, Err(EventRefusal::Unsigned), "{headers:?}");
        }
    }

    /// G13
    #[test]
    fn the_time_of_signing_is_five_minutes_away_at_most() {
        let at = AT.to_string();
        for away in [-300, -299, 0, 299, 300] {
            assert_eq!(verified(HASH, &at, BODY, AT + away), Ok(()), "{away}");
        }
        for away in [-301, 301, -AT] {
            assert_eq!(
                verified(HASH, &at, BODY, AT + away),
                Err(EventRefusal::TooOld),
                "{away}"
            );
        }
        for odd in [
            "",
            "soon",
            "-5",
            "+1531420618",
            "1e20",
            "99999999999999999999",
            "1531420618.0",
        ] {
            let signature = sign(SECRET, odd, BODY);
            assert_eq!(
                verified(&signature, odd, BODY, AT),
                Err(EventRefusal::TooOld),
                "{odd}"
            );
        }
    }

    /// G15
    #[test]
    fn the_case_of_a_headers_name_does_not_matter() {
        let headers = [
            ("x-slack-signature", HASH),
            ("X-SLACK-REQUEST-TIMESTAMP", "1531420618"),
        ];
        let now = Timestamp::from_second(AT).unwrap();
        let app = app(&[("signingSecret", SECRET)]);
        assert_eq!(verify(&app, &delivery(&headers, BODY), now), Ok(()));
    }

    /// G19
    #[test]
    fn while_the_secret_is_changed_both_count() {
        let at = AT.to_string();
        let now = Timestamp::from_second(AT).unwrap();
        let both = app(&[("signingSecret", "new"), ("signingSecretPrevious", SECRET)]);
        let new = app(&[("signingSecret", "new")]);
        for (secret, by_both, by_new) in [
            ("new", Ok(()), Ok(())),
            (SECRET, Ok(()), Err(EventRefusal::BadlySigned("signature"))),
            (
                "other",
                Err(EventRefusal::BadlySigned("signature")),
                Err(EventRefusal::BadlySigned("signature")),
            ),
        ] {
            let signature = sign(secret, &at, BODY);
            let headers = [(SIGNATURE, &*signature), (TIMESTAMP, &*at)];
            assert_eq!(
                verify(&both, &delivery(&headers, BODY), now),
                by_both,
                "{secret}"
            );
            assert_eq!(
                verify(&new, &delivery(&headers, BODY), now),
                by_new,
                "{secret}"
            );
        }
    }

    #[test]
    fn without_a_secret_nothing_is_believed() {
        let now = Timestamp::from_second(AT).unwrap();
        let outcome = verify(&app(&[]), &delivery(&[], BODY), now);
        assert_eq!(outcome, Err(EventRefusal::NotConfigured("signingSecret")));
    }
}
