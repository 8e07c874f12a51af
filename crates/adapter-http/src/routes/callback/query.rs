//! The callback's query, read strictly: it comes from whoever holds the browser.

use secrecy::SecretString;
use tieline_domain::{reason::Reason, usecase::Callback};
use url::form_urlencoded;

/// The longest query that is looked at. Real ones have about 2,000 characters.
const MAX_QUERY: usize = 16 * 1024;

/// Reads the parameters that we know and leaves out the others. One that stands there twice
/// (RFC 6749 section 3.1), or that is not clean text, spoils the whole.
pub(super) fn parse(query: &str) -> Result<Callback, Reason> {
    if query.len() > MAX_QUERY {
        return Err(Reason::CallbackMalformed);
    }
    let mut callback = Callback::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        match &*name {
            "code" => {
                let code = SecretString::from(clean(value)?);
                once(&mut callback.code, code)?;
            }
            "state" => once(&mut callback.state, clean(value)?)?,
            "tenant" => once(&mut callback.tenant, clean(value)?)?,
            "admin_consent" => once(&mut callback.admin_consent, clean(value)?)?,
            "error" => once(&mut callback.error, clean(value)?)?,
            // Microsoft's has line breaks in it; it is only ever shown made safe.
            "error_description" => once(&mut callback.error_description, value)?,
            _ => {}
        }
    }
    callback.code = callback
        .code
        .filter(|code| !secrecy::ExposeSecret::expose_secret(code).is_empty());
    callback.state = callback.state.filter(|state| !state.is_empty());
    callback.error = callback.error.filter(|error| !error.is_empty());
    Ok(callback)
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Reason> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Reason::CallbackMalformed),
    }
}

/// Refuses control characters, and the character that stands for what was not UTF-8.
fn clean(value: String) -> Result<String, Reason> {
    let dirty = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    if value.contains(dirty) {
        Err(Reason::CallbackMalformed)
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B13
    #[test]
    fn a_parameter_that_stands_there_twice_is_refused() {
        for query in [
            "state=a&state=b",
            "code=a&code=a",
            "error=a&error=b",
            "tenant=a&tenant=b",
        ] {
            assert_eq!(
                parse(query).unwrap_err(),
                Reason::CallbackMalformed,
                "{query}"
            );
        }
    }

    /// B16
    #[test]
    fn a_huge_or_unclean_parameter_is_refused() {
        for query in [
            format!("code={}", "a".repeat(64 * 1024)),
            "code=%00".into(),
            "code=%ff".into(),
        ] {
            assert_eq!(parse(&query).unwrap_err(), Reason::CallbackMalformed);
        }
    }

    /// B21
    #[test]
    fn unknown_parameters_change_nothing() {
        let callback = parse("state=s&redirect=//evil&return_to=x&RelayState=y").unwrap();
        assert_eq!(callback.state.as_deref(), Some("s"));
        assert!(callback.code.is_none() && callback.error.is_none());
    }
}
