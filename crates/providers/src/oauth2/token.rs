//! Texts out of a provider's reply, checked before anything is built on them.

use secrecy::SecretString;
use tieline_domain::{ports::ProviderError, reason::Reason, text::sanitize};

/// A token: visible ASCII (RFC 6749 appendix A.12 without the blank), so that it can stand in a
/// header.
pub fn checked_token(text: String) -> Result<SecretString, ProviderError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Reason::InvalidResponse.into());
    }
    Ok(SecretString::from(text))
}

/// An id of the provider's: 1 to 128 visible ASCII characters.
pub fn checked_id(text: String) -> Result<String, ProviderError> {
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(text)
    } else {
        Err(Reason::InvalidResponse.into())
    }
}

/// A name for people to read; none where nothing is left of it.
#[must_use]
pub fn checked_name(text: &str) -> Option<String> {
    let name = sanitize(text.trim(), 200);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    /// C16
    #[test]
    fn a_token_without_substance_or_with_blanks_is_refused() {
        for bad in ["", " ", "   ", "a b", "a\r\nX: 1", "a\0", "é", "\u{7f}"] {
            assert!(checked_token(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert_eq!(
            checked_token("xoxb-1/+=".to_owned())
                .unwrap()
                .expose_secret(),
            "xoxb-1/+="
        );
    }

    #[test]
    fn a_name_has_neither_control_characters_nor_any_length() {
        assert_eq!(
            checked_name(" Fennel\n& Rye "),
            Some("Fennel & Rye".to_owned())
        );
        assert_eq!(
            checked_name(&"x".repeat(1000)).map(|name| name.len()),
            Some(200)
        );
        assert_eq!(checked_name("  "), None);
    }
}
