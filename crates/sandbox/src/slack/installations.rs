//! Installations and their tokens.

mod rotation;
mod token;

use std::collections::{BTreeSet, HashMap};

use crate::random;

pub(crate) use token::{Holder, Issued, Kind, Token};

use rotation::{ACCESS_LIFE, RefreshToken};
use token::{Standing, token_value};

#[derive(Debug, Default)]
pub(crate) struct Installations {
    scopes: HashMap<Holder, Vec<String>>,
    tokens: HashMap<String, Token>,
    refresh_tokens: HashMap<String, RefreshToken>,
    refresh_grace: i64,
    hooks: HashMap<String, (String, String)>,
}

impl Installations {
    /// Adds these scopes to those held already: they accumulate until the
    /// authorization ends.
    pub(crate) fn grant(&mut self, holder: &Holder, scopes: &[String]) {
        let held = self.scopes.entry(holder.clone()).or_default();
        for scope in scopes {
            if !held.contains(scope) {
                held.push(scope.clone());
            }
        }
    }

    /// A new token with all the scopes the holder has.
    pub(crate) fn issue(&mut self, holder: &Holder, rotation: bool, now: i64) -> Issued {
        let access_token = token_value(holder.kind, rotation);
        let refresh = rotation.then(|| format!("xoxe-1-{}", random::alphanumeric(48)));
        let scope = self
            .scopes
            .get(holder)
            .map(|held| held.join(","))
            .unwrap_or_default();
        if let Some(value) = &refresh {
            self.refresh_tokens
                .insert(value.clone(), RefreshToken::unspent(holder));
        }
        let token = Token {
            holder: holder.clone(),
            scope: scope.clone(),
            refresh: refresh.clone(),
            expires_at: rotation.then(|| now + ACCESS_LIFE),
            exchanged: false,
            number: self.tokens.len(),
            standing: Standing::Live,
        };
        self.tokens.insert(access_token.clone(), token);
        if rotation {
            self.drop_oldest(holder, now);
        }
        let rotation = refresh.map(|value| (value, ACCESS_LIFE));
        Issued {
            access_token,
            kind: holder.kind,
            scope,
            rotation,
        }
    }

    /// The token, if it is good at this moment; Slack's error code otherwise.
    pub(crate) fn authenticate(&self, value: &str, now: i64) -> Result<&Token, &'static str> {
        let token = self.tokens.get(value).ok_or("invalid_auth")?;
        match token.standing {
            Standing::Uninstalled if token.holder.kind == Kind::Bot => Err("account_inactive"),
            Standing::Uninstalled | Standing::Revoked => Err("token_revoked"),
            Standing::Live if token.has_expired(now) => Err("token_expired"),
            Standing::Live => Ok(token),
        }
    }

    /// The tokens of an installation that are good at this moment, of both
    /// kinds.
    pub(crate) fn live(&self, client_id: &str, owner: &str, now: i64) -> Vec<&str> {
        let here = |holder: &Holder| holder.is_of(client_id, owner);
        let good = |token: &Token| token.is_live() && !token.has_expired(now);
        let access = self.tokens.iter();
        let access = access.filter(|(_, it)| here(&it.holder) && good(it));
        let refresh = self.refresh_tokens.iter();
        let refresh =
            refresh.filter(|(_, it)| here(&it.holder) && it.is_good(self.refresh_grace, now));
        access
            .map(|(value, _)| value.as_str())
            .chain(refresh.map(|(value, _)| value.as_str()))
            .collect()
    }

    /// Ends one token. One that never expires is the authorization itself:
    /// whatever else its holder has ends with it ("auth.revoke"). Answers whose
    /// authorization ended.
    pub(crate) fn revoke(&mut self, value: &str) -> Option<Holder> {
        let token = self.tokens.get_mut(value).filter(|it| it.is_live())?;
        token.standing = Standing::Revoked;
        if token.is_rotating() {
            return None;
        }
        let holder = token.holder.clone();
        self.end_authorization(&holder);
        Some(holder)
    }

    /// Ends a token with its refresh token, as after a code was used twice
    /// (RFC 6749, section 4.1.2).
    pub(crate) fn revoke_pair(&mut self, value: &str) {
        if let Some(refresh) = self.tokens.get(value).and_then(|it| it.refresh.clone()) {
            self.refresh_tokens.remove(&refresh);
        }
        self.revoke(value);
    }

    /// Ends every authorization of an installation, which itself stays. Answers
    /// whose they were.
    pub(crate) fn revoke_all(&mut self, client_id: &str, owner: &str) -> Vec<Holder> {
        let holders = self.holders(client_id, owner);
        for holder in &holders {
            self.end_authorization(holder);
        }
        holders
    }

    /// Ends every token of an installation. Answers whose they were.
    pub(crate) fn uninstall(&mut self, client_id: &str, owner: &str) -> Vec<Holder> {
        let holders = self.holders(client_id, owner);
        let here = |holder: &Holder| holder.is_of(client_id, owner);
        for token in self.tokens.values_mut().filter(|token| here(&token.holder)) {
            token.standing = Standing::Uninstalled;
        }
        self.refresh_tokens.retain(|_, token| !here(&token.holder));
        self.scopes.retain(|holder, _| !here(holder));
        self.hooks
            .retain(|_, (client, place)| client != client_id || place != owner);
        holders
    }

    pub(crate) fn add_hook(&mut self, path: &str, client_id: &str, owner: &str) {
        self.hooks
            .insert(path.to_owned(), (client_id.to_owned(), owner.to_owned()));
    }

    pub(crate) fn has_hook(&self, path: &str) -> bool {
        self.hooks.contains_key(path)
    }

    /// Where each app is installed, by client id and owner.
    pub(crate) fn places(&self) -> BTreeSet<(String, String)> {
        let place = |holder: &Holder| (holder.client_id.clone(), holder.owner.clone());
        self.scopes.keys().map(place).collect()
    }

    fn holders(&self, client_id: &str, owner: &str) -> Vec<Holder> {
        let here = |holder: &&Holder| holder.is_of(client_id, owner);
        self.scopes.keys().filter(here).cloned().collect()
    }

    fn end_authorization(&mut self, holder: &Holder) {
        let live = |token: &&mut Token| token.holder == *holder && token.is_live();
        for token in self.tokens.values_mut().filter(live) {
            token.standing = Standing::Revoked;
        }
        self.refresh_tokens
            .retain(|_, token| token.holder != *holder);
        self.scopes.remove(holder);
    }
}
