//! Entra's flows, step by step.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Response;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Bench, CALLBACK, ENTRA, Form, Pairs, json, location, param};

pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A sign-in, as Tieline asks for one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignIn<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) person: Option<&'a str>,
}

impl Default for SignIn<'_> {
    fn default() -> Self {
        Self {
            tenant: "organizations",
            scope: "openid profile User.Read",
            person: None,
        }
    }
}

impl Bench {
    pub(crate) async fn consent_page(&self, tenant: &str) -> Response {
        self.consent_page_with(tenant, &[]).await
    }

    pub(crate) async fn consent_page_with(&self, tenant: &str, other: Pairs<'_>) -> Response {
        let path = format!("entra/{tenant}/v2.0/adminconsent");
        let usual = [
            ("client_id", ENTRA.0),
            ("redirect_uri", CALLBACK),
            ("scope", "https://graph.microsoft.com/.default"),
            ("state", "sealed"),
        ];
        self.get(&path, &overridden(&usual, other)).await
    }

    /// The administrator of this tenant consents.
    pub(crate) async fn consent(&self, tenant: &str) {
        let form = Form::read(self.consent_page(tenant).await).await;
        let back = location(&form.allow(self).await);
        assert_eq!(param(&back, "admin_consent").as_deref(), Some("True"));
    }

    pub(crate) async fn sign_in_page(&self, tenant: &str, other: Pairs<'_>) -> Response {
        let path = format!("entra/{tenant}/oauth2/v2.0/authorize");
        let challenge = challenge(VERIFIER);
        let usual = [
            ("client_id", ENTRA.0),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile User.Read"),
            ("state", "sealed"),
            ("nonce", "number-once"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        self.get(&path, &overridden(&usual, other)).await
    }

    pub(crate) async fn sign_in_code(&self, sign_in: SignIn<'_>) -> String {
        let page = self
            .sign_in_page(sign_in.tenant, &[("scope", sign_in.scope)])
            .await;
        let mut form = Form::read(page).await;
        if let Some(person) = sign_in.person {
            form = form.with("person", person);
        }
        param(&location(&form.allow(self).await), "code").expect("a code")
    }

    pub(crate) async fn entra_token(&self, tenant: &str, form: Pairs<'_>) -> Response {
        let usual = [("client_id", ENTRA.0), ("client_secret", ENTRA.1)];
        let path = format!("entra/{tenant}/oauth2/v2.0/token");
        self.post(&path, &overridden(&usual, form)).await
    }

    /// Redeems a code; an empty value leaves a parameter out.
    pub(crate) async fn redeem(&self, code: &str, other: Pairs<'_>) -> Response {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.entra_token("organizations", &overridden(&usual, other))
            .await
    }

    pub(crate) async fn sign_in(&self, sign_in: SignIn<'_>) -> Value {
        let code = self.sign_in_code(sign_in).await;
        let response = self.redeem(&code, &[]).await;
        assert_eq!(response.status(), 200);
        json(response).await
    }

    pub(crate) async fn app_token(&self, tenant: &str) -> Response {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        self.entra_token(tenant, &form).await
    }
}

fn overridden<'a>(usual: Pairs<'a>, other: Pairs<'a>) -> Vec<(&'a str, &'a str)> {
    let kept = usual
        .iter()
        .filter(|(name, _)| other.iter().all(|(known, _)| known != name));
    kept.chain(other).copied().collect()
}
