//! What Entra remembers: apps, consents, codes, tokens.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::config::EntraApp;
use crate::entra::pkce::Challenge;
use crate::entra::problem::Problem;
use crate::entra::registration::DISABLED;
use crate::entra::sign_in_request::SignInRequest;
use crate::random;

/// A code lives about ten minutes ("OAuth 2.0 authorization code flow").
const CODE_LIFE: i64 = 600;
/// "Refresh tokens in the Microsoft identity platform": ninety days.
const REFRESH_LIFE: i64 = 90 * 24 * 3600;

/// What a refresh answers about a token that never was good, or no longer is.
pub(crate) const BAD_REFRESH_TOKEN: Problem =
    Problem::new("invalid_grant", 70_000, "The refresh token is not valid.");
const REVOKED_REFRESH_TOKEN: Problem = Problem::new(
    "invalid_grant",
    50_173,
    "The grant was revoked: the person has to sign in again.",
);

#[derive(Debug)]
pub(crate) struct EntraState {
    apps: HashMap<String, EntraApp>,
    consents: HashSet<(String, String)>,
    /// Where an app was registered, by its client id.
    homes: HashMap<String, String>,
    with_expired_secret: HashSet<String>,
    unreplicated: usize,
    roles: Vec<String>,
    /// By client id and tenant, where they are others than those for all.
    roles_in: HashMap<(String, String), Vec<String>>,
    disabled: HashSet<(String, String)>,
    pub(crate) codes: HashMap<String, Code>,
    access_tokens: HashMap<String, AccessToken>,
    refresh_tokens: HashMap<String, RefreshToken>,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) subject: Subject,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) expires_at: i64,
    /// The tokens it was exchanged for; `None` while it is unspent.
    pub(crate) spent_on: Option<Vec<String>>,
}

/// A person who signed in, and what the app may do for them.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) tenant: String,
    pub(crate) user: String,
    pub(crate) scopes: Vec<String>,
}

/// What Graph knows about a bearer.
#[derive(Debug, Clone)]
pub(crate) struct AccessToken {
    pub(crate) tenant: String,
    /// `None` for the app itself.
    pub(crate) user: Option<String>,
    /// Delegated scopes of a user's token, roles of an app's own.
    pub(crate) permissions: Vec<String>,
    pub(crate) expires_at: i64,
}

#[derive(Debug, Clone)]
struct RefreshToken {
    client_id: String,
    subject: Subject,
    expires_at: i64,
    revoked: bool,
}

impl EntraState {
    pub(crate) fn new(apps: Vec<EntraApp>) -> Self {
        Self {
            apps: apps
                .into_iter()
                .map(|app| (app.client_id.clone(), app))
                .collect(),
            consents: HashSet::new(),
            homes: HashMap::new(),
            with_expired_secret: HashSet::new(),
            unreplicated: 0,
            roles: [
                "User.Read.All",
                "TeamsAppInstallation.ReadWriteSelfForUser.All",
            ]
            .map(str::to_owned)
            .to_vec(),
            roles_in: HashMap::new(),
            disabled: HashSet::new(),
            codes: HashMap::new(),
            access_tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
        }
    }

    /// Whoever registers again gets a fresh secret.
    pub(crate) fn register(&mut self, app: EntraApp) {
        self.with_expired_secret.remove(&app.client_id);
        self.apps.insert(app.client_id.clone(), app);
    }

    pub(crate) fn set_home(&mut self, client_id: &str, tenant: &str) {
        self.homes.insert(client_id.to_owned(), tenant.to_owned());
    }

    pub(crate) fn expire_secret(&mut self, client_id: &str) {
        self.with_expired_secret.insert(client_id.to_owned());
    }

    pub(crate) fn has_expired_secret(&self, client_id: &str) -> bool {
        self.with_expired_secret.contains(client_id)
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<&EntraApp> {
        self.apps.get(client_id)
    }

    /// What an app may do in a tenant once somebody has consented.
    pub(crate) fn roles(&self, client_id: &str, tenant: &str) -> &[String] {
        let key = (client_id.to_owned(), tenant.to_owned());
        self.roles_in.get(&key).unwrap_or(&self.roles)
    }

    pub(crate) fn set_roles_in(&mut self, client_id: &str, tenant: &str, roles: Vec<String>) {
        self.roles_in
            .insert((client_id.to_owned(), tenant.to_owned()), roles);
    }

    pub(crate) fn set_enabled(&mut self, client_id: &str, tenant: &str, enabled: bool) {
        let key = (client_id.to_owned(), tenant.to_owned());
        if enabled {
            self.disabled.remove(&key);
        } else {
            self.disabled.insert(key);
        }
    }

    /// # Errors
    /// When the app is switched off in that tenant.
    pub(crate) fn check_enabled(&self, client_id: &str, tenant: &str) -> Result<(), Problem> {
        let key = (client_id.to_owned(), tenant.to_owned());
        if self.disabled.contains(&key) {
            Err(DISABLED)
        } else {
            Ok(())
        }
    }

    pub(crate) fn set_roles(&mut self, roles: Vec<String>) {
        self.roles = roles;
    }

    pub(crate) fn consent(&mut self, client_id: &str, tenant: &str) {
        self.consents
            .insert((client_id.to_owned(), tenant.to_owned()));
    }

    pub(crate) fn has_consent(&self, client_id: &str, tenant: &str) -> bool {
        self.consents
            .contains(&(client_id.to_owned(), tenant.to_owned()))
    }

    /// Where somebody consented to which app, by client id and tenant.
    pub(crate) fn consents(&self) -> BTreeSet<(String, String)> {
        self.consents.iter().cloned().collect()
    }

    pub(crate) fn withdraw_consent(&mut self, client_id: &str, tenant: &str) {
        self.consents
            .remove(&(client_id.to_owned(), tenant.to_owned()));
    }

    pub(crate) fn delay_replication(&mut self, requests: usize) {
        self.unreplicated = requests;
    }

    /// Whether an app is found in a directory: in its own, and where somebody
    /// consented. Counts the delay down.
    pub(crate) fn finds_app(&mut self, client_id: &str, tenant: &str) -> bool {
        let late = self.unreplicated > 0;
        self.unreplicated = self.unreplicated.saturating_sub(1);
        let is_home = self.homes.get(client_id).is_some_and(|home| home == tenant);
        is_home || (!late && self.has_consent(client_id, tenant))
    }

    pub(crate) fn issue_code(
        &mut self,
        request: &SignInRequest<'_>,
        tenant: &str,
        user: &str,
        now: i64,
    ) -> String {
        let code = Code {
            client_id: request.registered.client_id.clone(),
            redirect_uri: request.registered.redirect_uri.clone(),
            subject: Subject {
                tenant: tenant.to_owned(),
                user: user.to_owned(),
                scopes: request.scopes.clone(),
            },
            nonce: request.nonce.clone(),
            challenge: request.challenge.clone(),
            expires_at: now + CODE_LIFE,
            spent_on: None,
        };
        let value = format!("1.{}", random::token(96));
        self.codes.insert(value.clone(), code);
        value
    }

    pub(crate) fn insert_access_token(&mut self, value: &str, token: AccessToken) {
        self.access_tokens.insert(value.to_owned(), token);
    }

    pub(crate) fn access_token(&self, value: &str, now: i64) -> Option<AccessToken> {
        self.access_tokens
            .get(value)
            .filter(|token| token.expires_at > now)
            .cloned()
    }

    pub(crate) fn issue_refresh_token(
        &mut self,
        client_id: &str,
        subject: &Subject,
        now: i64,
    ) -> String {
        let value = format!("1.{}", random::token(120));
        let token = RefreshToken {
            client_id: client_id.to_owned(),
            subject: subject.clone(),
            expires_at: now + REFRESH_LIFE,
            revoked: false,
        };
        self.refresh_tokens.insert(value.clone(), token);
        value
    }

    /// Whom a refresh token speaks for. Using one does not end it ("Refresh
    /// tokens in the Microsoft identity platform").
    ///
    /// # Errors
    /// When it is unknown, another client's, expired or revoked.
    pub(crate) fn refreshable(
        &self,
        client_id: &str,
        value: &str,
        now: i64,
    ) -> Result<Subject, Problem> {
        let token = self.refresh_tokens.get(value);
        let token = token
            .filter(|token| token.client_id == client_id && token.expires_at > now)
            .ok_or(BAD_REFRESH_TOKEN)?;
        if token.revoked {
            return Err(REVOKED_REFRESH_TOKEN);
        }
        Ok(token.subject.clone())
    }

    /// Ends every sign-in of a person, at all apps.
    pub(crate) fn revoke_sign_ins(&mut self, user: &str) {
        let is_theirs = |token: &&mut RefreshToken| token.subject.user == user;
        for token in self.refresh_tokens.values_mut().filter(is_theirs) {
            token.revoked = true;
        }
    }

    /// Ends these tokens, of either kind.
    pub(crate) fn revoke(&mut self, tokens: &[String]) {
        self.access_tokens
            .retain(|value, _| !tokens.contains(value));
        self.refresh_tokens
            .retain(|value, _| !tokens.contains(value));
    }
}
