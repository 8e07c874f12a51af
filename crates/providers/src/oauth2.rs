//! What providers share of OAuth 2.0 (RFC 6749): each picks from it what it really does.

mod client;
mod expiry;
mod issued;
mod refresh;
mod scopes;
mod status;
mod token;

pub use client::{ClientAuthentication, OauthClient};
pub use expiry::ExpiresIn;
pub use issued::{Issued, Successor};
pub use refresh::{RefreshRequest, RefreshRules, Refusal, SentToken, Success};
pub use scopes::Scopes;
pub use status::{check_status, http_failure, provider_code};
pub use token::{checked_id, checked_name, checked_token};
