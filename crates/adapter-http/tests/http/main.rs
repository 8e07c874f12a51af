//! The routes on storage in memory, with a mocked provider and a clock that a test moves. Every
//! answer is held against the OpenAPI document. Each test names its conformance cases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api_keys;
mod audit;
mod authentication;
mod bench;
mod body_limits;
mod callback;
mod check_credentials;
mod connection_status;
mod context_hash;
mod contexts;
mod contract;
mod disconnecting;
mod document;
mod endpoints;
mod errors;
mod fields;
mod hostile_text;
mod idempotency;
mod imported_connections;
mod integrations;
mod isolation;
mod linking;
mod lockout;
mod outage;
mod overload;
mod page_limits;
mod pages;
mod paging;
mod panics;
mod patience;
mod rate_limits;
mod reconnecting;
mod request_id;
mod roles;
mod security_headers;
mod subscribers;
mod tokens;
mod verify;
mod views;
mod writes;
