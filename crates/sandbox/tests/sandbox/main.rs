//! The sandbox through real HTTP on loopback: strict, and broken on demand.

mod bots;
mod control;
mod entra_app_only;
mod entra_consent;
mod entra_sign_in;
mod entra_token;
mod faults;
mod graph;
mod id_tokens;
mod installed;
mod lost_replies;
mod rate_limits;
mod record;
mod slack_authorize;
mod slack_events;
mod slack_exchange;
mod slack_rotation;
mod slack_tokens;
mod support;
