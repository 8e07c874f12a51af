//! Installations and their tokens.

use std::collections::HashMap;

use crate::random;

/// "Using token rotation": twelve hours.
const ACCESS_LIFE: i64 = 43_200;
/// How long a spent refresh token still works. Slack says "short"; the length
/// is ours.
const REFRESH_GRACE: i64 = 60;
/// With rotation on, this many access tokens live; one more kills the oldest.
const LIVE_TOKENS: usize = 2;

/// Bot or user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Bot,
    User,
}

/// Whom a token speaks for: one app, in one place, as one (bot) user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    pub(crate) client_id: String,
    pub(crate) owner: String,
    pub(crate) kind: Kind,
    pub(crate) user: String,
}

/// A token as it is handed out.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) kind: Kind,
    pub(crate) scope: String,
    /// The refresh token and the seconds until the access token expires.
    pub(crate) rotation: Option<(String, i64)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) holder: Holder,
    pub(crate) scope: String,
    refresh: Option<String>,
    expires_at: Option<i64>,
    number: usize,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Live,
    Revoked,
    Uninstalled,
}

#[derive(Debug)]
struct RefreshToken {
    holder: Holder,
    spent_at: Option<i64>,
}

#[derive(Debug, Default)]
pub(crate) struct Installations {
    scopes: HashMap<Holder, Vec<String>>,
    tokens: HashMap<String, Token>,
    refresh_tokens: HashMap<String, RefreshToken>,
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
            let unspent = RefreshToken {
                holder: holder.clone(),
                spent_at: None,
            };
            self.refresh_tokens.insert(value.clone(), unspent);
        }
        let token = Token {
            holder: holder.clone(),
            scope: scope.clone(),
            refresh: refresh.clone(),
            expires_at: rotation.then(|| now + ACCESS_LIFE),
            number: self.tokens.len(),
            standing: Standing::Live,
        };
        self.tokens.insert(access_token.clone(), token);
        if rotation {
            self.drop_oldest(holder);
        }
        let rotation = refresh.map(|value| (value, ACCESS_LIFE));
        Issued {
            access_token,
            kind: holder.kind,
            scope,
            rotation,
        }
    }

    /// A new pair for a refresh token of this client.
    pub(crate) fn refresh(
        &mut self,
        client_id: &str,
        value: &str,
        now: i64,
    ) -> Result<(Holder, Issued), &'static str> {
        let known = self.refresh_tokens.get_mut(value);
        let known = known
            .filter(|known| known.holder.client_id == client_id)
            .filter(|known| known.spent_at.is_none_or(|at| now - at <= REFRESH_GRACE))
            .ok_or("invalid_refresh_token")?;
        known.spent_at.get_or_insert(now);
        let holder = known.holder.clone();
        let issued = self.issue(&holder, true, now);
        Ok((holder, issued))
    }

    /// The token, if it is good at this moment; Slack's error code otherwise.
    pub(crate) fn authenticate(&self, value: &str, now: i64) -> Result<&Token, &'static str> {
        let token = self.tokens.get(value).ok_or("invalid_auth")?;
        match token.standing {
            Standing::Uninstalled if token.holder.kind == Kind::Bot => Err("account_inactive"),
            Standing::Uninstalled | Standing::Revoked => Err("token_revoked"),
            Standing::Live if token.expires_at.is_some_and(|at| at <= now) => Err("token_expired"),
            Standing::Live => Ok(token),
        }
    }

    /// Ends one token. Without rotation this ends the authorization: the
    /// scopes are gone too ("auth.revoke").
    pub(crate) fn revoke(&mut self, value: &str) {
        let Some(token) = self.tokens.get_mut(value) else {
            return;
        };
        token.standing = Standing::Revoked;
        if token.expires_at.is_none() {
            self.scopes.remove(&token.holder);
        }
    }

    /// Ends a token with its refresh token, as after a code was used twice
    /// (RFC 6749, section 4.1.2).
    pub(crate) fn revoke_pair(&mut self, value: &str) {
        if let Some(refresh) = self.tokens.get(value).and_then(|it| it.refresh.clone()) {
            self.refresh_tokens.remove(&refresh);
        }
        self.revoke(value);
    }

    /// Ends the live tokens of an installation, one by one.
    pub(crate) fn revoke_all(&mut self, client_id: &str, owner: &str) {
        let is_live = |token: &Token| {
            let holder = &token.holder;
            holder.client_id == client_id
                && holder.owner == owner
                && token.standing == Standing::Live
        };
        let tokens = self.tokens.iter().filter(|(_, token)| is_live(token));
        let values: Vec<String> = tokens.map(|(value, _)| value.clone()).collect();
        for value in values {
            self.revoke_pair(&value);
        }
    }

    /// Ends every token of an installation.
    pub(crate) fn uninstall(&mut self, client_id: &str, owner: &str) {
        let here = |holder: &Holder| holder.client_id == client_id && holder.owner == owner;
        for token in self.tokens.values_mut().filter(|token| here(&token.holder)) {
            token.standing = Standing::Uninstalled;
        }
        self.refresh_tokens.retain(|_, token| !here(&token.holder));
        self.scopes.retain(|holder, _| !here(holder));
        self.hooks
            .retain(|_, (client, place)| client != client_id || place != owner);
    }

    pub(crate) fn add_hook(&mut self, path: &str, client_id: &str, owner: &str) {
        self.hooks
            .insert(path.to_owned(), (client_id.to_owned(), owner.to_owned()));
    }

    pub(crate) fn has_hook(&self, path: &str) -> bool {
        self.hooks.contains_key(path)
    }

    fn drop_oldest(&mut self, holder: &Holder) {
        let mut live: Vec<&mut Token> = self
            .tokens
            .values_mut()
            .filter(|token| token.holder == *holder && token.standing == Standing::Live)
            .collect();
        live.sort_by_key(|token| std::cmp::Reverse(token.number));
        for token in live.into_iter().skip(LIVE_TOKENS) {
            token.standing = Standing::Revoked;
        }
    }
}

fn token_value(kind: Kind, rotation: bool) -> String {
    let kind = match kind {
        Kind::Bot => "xoxb",
        Kind::User => "xoxp",
    };
    let tail = random::alphanumeric(40);
    if rotation {
        format!("xoxe.{kind}-1-{tail}")
    } else {
        format!("{kind}-{tail}")
    }
}
