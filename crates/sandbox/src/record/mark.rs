//! Which token came with a request, without its value.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Serialize;

use crate::world::lock;

/// What a token or a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A code of Slack's consent page.
    SlackCode,
    /// A Slack bot's access token.
    SlackBot,
    /// The refresh token that came with it.
    SlackBotRefresh,
    /// A Slack user's access token.
    SlackUser,
    /// The refresh token that came with it.
    SlackUserRefresh,
    /// A code of Entra's sign-in page.
    EntraCode,
    /// An access token for a person who signed in at Entra.
    EntraUser,
    /// The refresh token that came with it.
    EntraRefresh,
    /// An access token of an Entra app for itself.
    EntraApp,
    /// Nothing that this sandbox has issued.
    Unknown,
}

/// A token or a code, told by what it is and whose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TokenMark {
    /// What it is.
    pub kind: TokenKind,
    /// The app it was issued to; empty if unknown.
    pub client_id: String,
    /// The workspace, organization or tenant; empty if unknown.
    pub place: String,
    /// The person or the bot user; empty for an app itself, or if unknown.
    pub user: String,
    /// The first one that was issued of these four is 1; 0 if unknown.
    pub number: usize,
}

impl TokenMark {
    fn unknown() -> Self {
        Self {
            kind: TokenKind::Unknown,
            client_id: String::new(),
            place: String::new(),
            user: String::new(),
            number: 0,
        }
    }
}

/// Everything that was ever issued.
#[derive(Debug, Default)]
pub(crate) struct MarkBook {
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    by_value: HashMap<String, TokenMark>,
    /// The last number, by the mark with the number 0.
    issued: HashMap<TokenMark, usize>,
}

impl MarkBook {
    /// Notes what was just issued: the kind, and client id, place and user.
    pub(crate) fn note(&self, value: &str, kind: TokenKind, whose: [&str; 3]) {
        let [client_id, place, user] = whose.map(str::to_owned);
        let mut mark = TokenMark {
            kind,
            client_id,
            place,
            user,
            number: 0,
        };
        let mut marks = lock(&self.marks);
        let last = marks.issued.entry(mark.clone()).or_default();
        *last += 1;
        mark.number = *last;
        marks.by_value.insert(value.to_owned(), mark);
    }

    /// What a value is, if this sandbox has issued it.
    pub(crate) fn find(&self, value: &str) -> Option<TokenMark> {
        lock(&self.marks).by_value.get(value).cloned()
    }

    pub(crate) fn read(&self, value: &str) -> TokenMark {
        self.find(value).unwrap_or_else(TokenMark::unknown)
    }
}
