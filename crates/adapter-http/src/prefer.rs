//! The header `Prefer` (RFC 7240), as far as it says what to answer.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const REPRESENTATION: &str = "return=representation";

/// What the caller would like to be answered. Whatever else they prefer is left alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preference {
    representation: bool,
}

impl Preference {
    /// Whether they want to see what came of it, where the answer would be empty otherwise.
    pub(crate) fn wants_representation(self) -> bool {
        self.representation
    }

    /// The header that says that the caller was given it.
    pub(crate) fn applied() -> [(HeaderName, HeaderValue); 1] {
        [(APPLIED, HeaderValue::from_static(REPRESENTATION))]
    }
}

impl<S: Sync> FromRequestParts<S> for Preference {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let representation = return_of(&parts.headers).is_some_and(|it| it == "representation");
        Ok(Self { representation })
    }
}

/// The preference `return`; of several the first.
fn return_of(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(PREFER).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .find_map(|preference| {
            let named = preference.split(';').next()?;
            let (name, value) = named.split_once('=')?;
            let is_return = name.trim().eq_ignore_ascii_case("return");
            is_return.then(|| value.trim().trim_matches('"'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(PREFER, HeaderValue::from_static(line));
        }
        return_of(&headers).map(str::to_owned)
    }

    #[test]
    fn what_is_to_be_answered_is_found_however_it_is_written() {
        for lines in [
            &["return=representation"][..],
            &["Return = \"representation\""],
            &["respond-async, return=representation; foo=bar"],
            &["wait=5", "handling=lenient,return=representation"],
            &["return=representation, return=minimal"],
        ] {
            assert_eq!(told(lines).as_deref(), Some("representation"), "{lines:?}");
        }
        for (lines, value) in [
            (
                &["return=minimal, return=representation"][..],
                Some("minimal"),
            ),
            (&["representation"], None),
            (&["x=\"return\""], None),
            (&[], None),
        ] {
            assert_eq!(told(lines).as_deref(), value, "{lines:?}");
        }
    }
}
