//! The conformance cases of token endpoints (C) and of id tokens (D), against the sandbox. Each
//! test names its cases.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod check_credentials;
mod egress;
mod entra_app_token;
mod entra_consent;
mod entra_errors;
mod entra_id_token;
mod entra_keys;
mod entra_sign_in;
mod entra_verify;
mod harness;
mod hostile_replies;
mod refresh_failures;
mod refresh_replies;
mod rfc_refresh;
mod slack_accounts;
mod slack_disconnect;
mod slack_errors;
mod slack_event_delivery;
mod slack_events;
mod slack_exchange;
mod slack_refresh;
mod slack_revoke;
mod slack_rotation;
mod slack_tokens;
mod slack_verify;
mod slack_webhook;
mod teams_activities;
mod tls;
mod vault;
