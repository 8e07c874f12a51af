//! Text that arrives from outside, checked once at the edge and trusted from then on.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use url::{Host, Url};

/// Why a text was refused: a sentence without its subject, to be put behind a field's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub String);

/// Checks that `text` has 1 to `max` characters, all from `A–Z a–z 0–9 . _ -`.
pub(crate) fn check_slug(text: &str, max: usize) -> Result<(), InvalidText> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > max || !text.chars().all(allowed) {
        return Err(InvalidText(format!(
            "must be 1 to {max} characters out of A-Z a-z 0-9 . _ -"
        )));
    }
    Ok(())
}

/// Checks that `text` has 1 to `max` characters, none of them a control character, with no blank
/// at either end.
pub(crate) fn check_printable(text: &str, max: usize) -> Result<(), InvalidText> {
    let count = text.chars().count();
    if count == 0 || count > max || text.trim() != text || text.chars().any(char::is_control) {
        return Err(InvalidText(format!(
            "must be 1 to {max} characters, without control characters and without blanks at its ends"
        )));
    }
    Ok(())
}

/// Checks that `text` is an absolute http or https URL of at most 2,000 characters whose host is
/// not written as an address, or under a name, that only leads inside.
pub(crate) fn check_public_url(text: &str) -> Result<(), InvalidText> {
    let refused = || InvalidText("must be an http or https URL at a public address".to_owned());
    let url = Url::parse(text).map_err(|_| refused())?;
    let public = match url.host() {
        Some(Host::Domain(name)) => !is_inner_name(name),
        Some(Host::Ipv4(ip)) => is_public_v4(ip),
        Some(Host::Ipv6(ip)) => is_public_v6(ip),
        None => false,
    };
    let fits = public && text.len() <= 2000 && matches!(url.scheme(), "http" | "https");
    if fits { Ok(()) } else { Err(refused()) }
}

fn is_inner_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost"
        || [".localhost", ".local", ".internal"]
            .iter()
            .any(|end| name.ends_with(end))
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
    let inner = ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared;
    let odd = ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() || ip.octets()[0] == 0;
    !(inner || odd)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4() {
        return is_public_v4(v4);
    }
    let inner = ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local();
    !(inner || ip.is_unspecified() || ip.is_multicast())
}

/// What a stranger sent, made fit for a log line or a stored note: control characters become
/// blanks, and at most `max` characters stay.
#[must_use]
pub fn sanitize(text: &str, max: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(max)
        .collect()
}

/// Declares a newtype over `String` with one check, `parse`, `as_str`, `Display` and serde.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes the text if it keeps the rule; otherwise says what the rule is.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::text::InvalidText> {
                let text = text.into();
                let check: fn(&str) -> Result<(), $crate::text::InvalidText> = $check;
                check(&text)?;
                Ok(Self(text))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::InvalidText;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::InvalidText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}
pub(crate) use checked_text;

/// Joins a list for a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: &[impl fmt::Display]) -> String {
    match items {
        [] => String::new(),
        [one] => one.to_string(),
        [head @ .., last] => {
            let head: Vec<String> = head.iter().map(ToString::to_string).collect();
            format!("{} and {last}", head.join(", "))
        }
    }
}
