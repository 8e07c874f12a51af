//! What came back from a call.

use std::{fmt, time::Duration};

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{AsHeaderName, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{EgressError, json};

/// The longest pause that a provider may ask for: more would be a way to switch us off.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// An answer, read to its end.
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is one of success (2xx).
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, which must be declared as JSON and be an object.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, EgressError> {
        if !self.header(CONTENT_TYPE).is_some_and(is_json) {
            return Err(EgressError::Unreadable);
        }
        json::read(&self.body)
    }

    /// How long the provider asks to wait: seconds or a date (RFC 9110 section 10.2.3), an hour at
    /// most.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let value = self.header(RETRY_AFTER)?.trim();
        let pause = match value.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => until(value, now)?,
        };
        Some(pause.min(LONGEST_PAUSE))
    }

    /// What the server took for the time when it answered (RFC 9110 section 6.6.1), to the second.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        read_date(self.header(DATE)?.trim())
    }

    /// The value of a header, where it is text.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Neither headers nor body: both hold secrets.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let date = read_date(date)?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

fn read_date(date: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(value: &'static str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        let now = "2015-10-21T07:27:00Z".parse().unwrap();
        let reply = Reply {
            status: 429,
            headers,
            body: Vec::new(),
        };
        reply.retry_after(now).map(|pause| pause.as_secs())
    }

    #[test]
    fn a_pause_is_given_in_seconds_or_by_a_date() {
        assert_eq!(pause("30"), Some(30));
        assert_eq!(pause("Wed, 21 Oct 2015 07:28:00 GMT"), Some(60));
        assert_eq!(pause("Wed, 21 Oct 2015 07:26:00 GMT"), Some(0));
    }

    #[test]
    fn a_pause_is_capped_and_nonsense_is_no_pause() {
        assert_eq!(pause("999999999999"), Some(3600));
        assert_eq!(pause("Wed, 21 Oct 2099 07:28:00 GMT"), Some(3600));
        for nonsense in ["", "-1", "soon", "1e9", "99999999999999999999999"] {
            assert_eq!(pause(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn the_time_of_an_answer_is_told_to_the_second() {
        let dated = |value: &'static str| {
            let headers = HeaderMap::from_iter([(DATE, value.parse().unwrap())]);
            let (status, body) = (200, Vec::new());
            let reply = Reply {
                status,
                headers,
                body,
            };
            reply.date()
        };
        let at = "2015-10-21T07:28:00Z".parse().ok();
        assert_eq!(dated("Wed, 21 Oct 2015 07:28:00 GMT"), at);
        assert_eq!(dated("yesterday"), None);
    }

    #[test]
    fn json_is_told_by_its_media_type() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/a+json",
        ] {
            assert!(is_json(json), "{json}");
        }
        for other in [
            "text/html",
            "text/json",
            "application/jsonp",
            "application/x",
            "",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }
}
