//! Proof Key for Code Exchange (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::entra::problem::Problem;
use crate::http::Params;

/// What the authorization request committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    S256(String),
    Plain(String),
}

impl Challenge {
    /// A missing method means `plain` (section 4.3), at Entra too.
    pub(crate) fn read(params: &Params) -> Result<Option<Self>, Problem> {
        let method = params.get("code_challenge_method");
        let Some(challenge) = params.get("code_challenge") else {
            return if method.is_none() {
                Ok(None)
            } else {
                Err(BAD_CHALLENGE)
            };
        };
        match method {
            Some("S256")
                if URL_SAFE_NO_PAD
                    .decode(challenge)
                    .is_ok_and(|it| it.len() == 32) =>
            {
                Ok(Some(Self::S256(challenge.to_owned())))
            }
            None | Some("plain") if is_verifier(challenge) => {
                Ok(Some(Self::Plain(challenge.to_owned())))
            }
            _ => Err(BAD_CHALLENGE),
        }
    }

    fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::S256(challenge) => {
                URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge
            }
            Self::Plain(challenge) => verifier == challenge,
        }
    }
}

/// A verifier without a challenge is refused as well: somebody has taken the
/// challenge out (RFC 9700, section 4.8.2).
pub(crate) fn verify(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), Problem> {
    let met = match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => is_verifier(verifier) && challenge.is_met_by(verifier),
        _ => false,
    };
    let text = "The code_verifier does not match the code_challenge of the authorization request.";
    if met {
        Ok(())
    } else {
        Err(Problem::new("invalid_grant", 501_481, text))
    }
}

/// 43 to 128 unreserved characters (section 4.1).
fn is_verifier(value: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&value.len()) && value.bytes().all(unreserved)
}

const BAD_CHALLENGE: Problem = Problem::new(
    "invalid_request",
    50_147,
    "The code_challenge or its method is not valid; S256 takes 43 base64url characters.",
);

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_example_of_rfc_7636_appendix_b_is_met() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
        assert!(verify(Some(&Challenge::S256(challenge)), Some(VERIFIER)).is_ok());
    }

    #[test]
    fn a_challenge_without_a_method_is_plain() {
        let params = Params::of_form(format!("code_challenge={VERIFIER}").as_bytes());
        let challenge = Challenge::read(&params).unwrap();
        assert_eq!(challenge, Some(Challenge::Plain(VERIFIER.to_owned())));
    }

    #[test]
    fn a_verifier_without_a_challenge_is_refused() {
        assert!(verify(None, Some(VERIFIER)).is_err());
    }
}
