//! Client authentication at a token endpoint.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::http::Params;

/// Who a client claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
}

/// Why a request cannot be attributed to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialsError {
    #[error("the Basic credentials are not base64 of form-encoded id and secret")]
    MalformedBasic,
    #[error("the client authenticates in two ways at once")]
    TwoMethods,
    #[error("there is no client id")]
    Missing,
}

/// Reads HTTP Basic, or `client_id` and `client_secret` of the body; never both
/// (RFC 6749, section 2.3).
pub(crate) fn credentials(
    headers: &HeaderMap,
    params: &Params,
) -> Result<Credentials, CredentialsError> {
    let in_body = params.get("client_id");
    let secret = params.get("client_secret").map(str::to_owned);
    match basic(headers)? {
        Some(_) if secret.is_some() => Err(CredentialsError::TwoMethods),
        Some(basic) if in_body.is_some_and(|id| id != basic.id) => {
            Err(CredentialsError::TwoMethods)
        }
        Some(basic) => Ok(basic),
        None => {
            let id = in_body.ok_or(CredentialsError::Missing)?.to_owned();
            Ok(Credentials { id, secret })
        }
    }
}

fn basic(headers: &HeaderMap) -> Result<Option<Credentials>, CredentialsError> {
    let Some(value) = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(None);
    };
    match value.split_once(' ') {
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => decode_basic(encoded)
            .map(Some)
            .ok_or(CredentialsError::MalformedBasic),
        _ => Ok(None),
    }
}

fn decode_basic(encoded: &str) -> Option<Credentials> {
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(Credentials {
        id: form_decode(id)?,
        secret: Some(form_decode(secret)?),
    })
}

/// Both parts are form-encoded before they are joined (RFC 6749, section
/// 2.3.1); a raw separator shows that they were not.
fn form_decode(part: &str) -> Option<String> {
    if part.contains(['&', '=', ' ']) {
        return None;
    }
    let pair = format!("v={part}");
    let (_, value) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
    Some(value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<Credentials>, CredentialsError> {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode(value));
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        basic(&headers)
    }

    #[test]
    fn basic_credentials_are_form_decoded_after_they_are_split() {
        let read = read("a%3Ab:p%2Bq+r%25%C3%A9").unwrap().unwrap();
        assert_eq!(read.id, "a:b");
        assert_eq!(read.secret.as_deref(), Some("p+q r%é"));
    }

    #[test]
    fn basic_credentials_that_were_not_encoded_are_refused() {
        assert_eq!(read("id:a&b"), Err(CredentialsError::MalformedBasic));
        assert_eq!(read("no colon"), Err(CredentialsError::MalformedBasic));
    }
}
