//! Tokens that expire ("Using token rotation", docs.slack.dev).

use std::cmp::Reverse;

use super::token::Standing;
use super::{Holder, Installations, Issued, Token};

/// Twelve hours.
pub(super) const ACCESS_LIFE: i64 = 43_200;
/// This many access tokens live; one more kills the oldest.
const LIVE_TOKENS: usize = 2;

#[derive(Debug)]
pub(super) struct RefreshToken {
    pub(super) holder: Holder,
    spent_at: Option<i64>,
}

impl RefreshToken {
    pub(super) fn unspent(holder: &Holder) -> Self {
        Self {
            holder: holder.clone(),
            spent_at: None,
        }
    }

    pub(super) fn is_good(&self, grace: i64, now: i64) -> bool {
        self.spent_at.is_none_or(|at| now - at < grace)
    }
}

impl Installations {
    /// For how many seconds a spent refresh token still works.
    pub(crate) fn set_refresh_grace(&mut self, seconds: i64) {
        self.refresh_grace = seconds;
    }

    /// A new pair for a refresh token of this client, which is spent by that.
    /// The first one ends the long-lived token it all began with.
    pub(crate) fn refresh(
        &mut self,
        client_id: &str,
        value: &str,
        now: i64,
    ) -> Result<(Holder, Issued), &'static str> {
        let grace = self.refresh_grace;
        let known = self.refresh_tokens.get_mut(value);
        let known = known
            .filter(|known| known.holder.client_id == client_id)
            .filter(|known| known.is_good(grace, now))
            .ok_or("invalid_refresh_token")?;
        known.spent_at.get_or_insert(now);
        let holder = known.holder.clone();
        let issued = self.issue(&holder, true, now);
        let exchanged = |token: &&mut Token| token.holder == holder && token.exchanged;
        for token in self.tokens.values_mut().filter(exchanged) {
            token.standing = Standing::Revoked;
        }
        Ok((holder, issued))
    }

    /// A pair for a long-lived token of this client, which goes on living
    /// until the pair is refreshed ("oauth.v2.exchange").
    pub(crate) fn exchange(
        &mut self,
        client_id: &str,
        value: &str,
        now: i64,
    ) -> Result<(Holder, Issued), &'static str> {
        let token = self.tokens.get_mut(value);
        let token = token
            .filter(|token| token.holder.client_id == client_id && !token.is_rotating())
            .ok_or("invalid_token")?;
        if token.exchanged {
            return Err("token_already_exchanged");
        }
        if !token.is_live() {
            return Err("authorization_not_found");
        }
        token.exchanged = true;
        let holder = token.holder.clone();
        let issued = self.issue(&holder, true, now);
        Ok((holder, issued))
    }

    /// What has expired is no longer in the count.
    pub(super) fn drop_oldest(&mut self, holder: &Holder, now: i64) {
        let counts = |token: &&mut Token| {
            token.holder == *holder && token.is_live() && !token.has_expired(now)
        };
        let mut live: Vec<&mut Token> = self.tokens.values_mut().filter(counts).collect();
        live.sort_by_key(|token| Reverse(token.number));
        for token in live.into_iter().skip(LIVE_TOKENS) {
            token.standing = Standing::Revoked;
        }
    }
}
