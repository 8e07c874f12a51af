//! What providers share of OAuth 2.0 (RFC 6749): each picks from it what it really does.

mod client;
mod expiry;
mod scopes;
mod status;
mod token;

pub use client::{ClientAuthentication, OauthClient};
pub use expiry::ExpiresIn;
pub use scopes::Scopes;
pub use status::{check_status, http_failure, provider_code};
pub use token::{checked_id, checked_name, checked_token};
