//! When a token dies.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tieline_domain::{ports::ProviderError, reason::Reason};

/// A token's lifetime in seconds (`expires_in`, RFC 6749 section 5.1), as a number or, as some
/// providers have it, in a string.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Raw")]
pub struct ExpiresIn(i64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

/// No token that has to be refreshed is believed to live longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

impl ExpiresIn {
    /// The instant at which a token that was issued `now` dies. A lifetime that is over already
    /// dies at once; one beyond all calendars makes no sense.
    pub fn after(self, now: Timestamp) -> Result<Timestamp, ProviderError> {
        let lifetime = SignedDuration::from_secs(self.0.max(0));
        now.checked_add(lifetime)
            .map_err(|_| Reason::InvalidResponse.into())
    }

    /// The same for a token that took another's place: a lifetime beyond all measure is one of 400
    /// days. To refuse it would lose the token, and the refresh token with it.
    #[must_use]
    pub fn at_most_after(self, now: Timestamp) -> Timestamp {
        let longest = now + LONGEST;
        self.after(now).map_or(longest, |at| at.min(longest))
    }
}

impl TryFrom<Raw> for ExpiresIn {
    type Error = &'static str;

    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        match raw {
            Raw::Whole(seconds) => Ok(Self(seconds)),
            Raw::Fraction(seconds) => whole(seconds),
            Raw::Text(text) => match text.trim().parse() {
                Ok(seconds) => Ok(Self(seconds)),
                Err(_) => whole(text.trim().parse().map_err(|_| NO_NUMBER)?),
            },
        }
    }
}

const NO_NUMBER: &str = "expires_in is no number of seconds";

/// What is larger than any integer becomes the largest: beyond all calendars is either.
fn whole(seconds: f64) -> Result<ExpiresIn, &'static str> {
    if seconds.is_nan() {
        return Err(NO_NUMBER);
    }
    #[expect(clippy::cast_possible_truncation, reason = "truncating is the purpose")]
    Ok(ExpiresIn(seconds.trunc() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_750_000_000, 0);

    fn expiry(json: &str) -> Option<i64> {
        let expires_in: ExpiresIn = serde_json::from_str(json).ok()?;
        Some(expires_in.after(NOW).ok()?.as_second() - NOW.as_second())
    }

    /// C27
    #[test]
    fn a_lifetime_is_a_number_or_a_numeric_string() {
        for (json, seconds) in [
            ("43200", 43_200),
            ("\"43200\"", 43_200),
            ("3599.9", 3_599),
            ("\"3599.0\"", 3_599),
            ("0", 0),
            ("-1", 0),
            ("-1e9", 0),
            ("-9223372036854775808", 0),
        ] {
            assert_eq!(expiry(json), Some(seconds), "{json}");
        }
    }

    #[test]
    fn a_token_that_took_anothers_place_lives_400_days_at_most() {
        let seconds = |json: &str| {
            let expires_in: ExpiresIn = serde_json::from_str(json).unwrap();
            expires_in.at_most_after(NOW).as_second() - NOW.as_second()
        };
        let longest = 400 * 24 * 3600;
        for (json, expected) in [
            ("43200", 43_200),
            ("0", 0),
            ("-5", 0),
            ("-1e300", 0),
            ("34560000", longest),
            ("34560001", longest),
            ("1e300", longest),
            ("18446744073709551615", longest),
            ("\"inf\"", longest),
        ] {
            assert_eq!(seconds(json), expected, "{json}");
        }
    }

    /// C27
    #[test]
    fn a_lifetime_beyond_all_calendars_or_no_number_at_all_is_refused() {
        for json in [
            "1e300",
            "1e15",
            "9223372036854775807",
            "18446744073709551615",
            "\"NaN\"",
            "\"inf\"",
            "\"soon\"",
            "\"\"",
            "true",
            "{}",
            "[]",
        ] {
            assert_eq!(expiry(json), None, "{json}");
        }
    }
}
