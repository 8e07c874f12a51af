//! The REST API, its OpenAPI document, and the pages that a person sees. Everything here
//! translates between HTTP and the domain's use cases; nothing here decides.

mod api;
mod auth;
mod body;
mod client;
mod context_body;
mod error;
mod export;
mod fields;
mod idempotency;
mod load;
mod lockout;
mod object_name;
mod openapi;
mod page;
mod paging;
mod patch_body;
mod prefer;
mod query;
mod rate_limit;
mod request;
mod routes;
mod security_headers;
mod visitor;

pub use api::{Api, Readiness};
pub use body::MAX_BODY;
pub use client::{ForwardedHeader, InvalidNetworks, TrustedProxies};
pub use error::RETRY_AFTER;
pub use export::{Export, ExportedObject, MalformedExport, MissingPages, read_export};
pub use load::{Refused, TooSoon, WorkLimit};
pub use lockout::Lockout;
pub use openapi::openapi;
pub use paging::Totals;
pub use rate_limit::RateLimits;
pub use routes::router;

/// The path of the OAuth callback, below the public URL.
pub const CALLBACK_PATH: &str = "/v1/integrations/chat/oauth/callback";
