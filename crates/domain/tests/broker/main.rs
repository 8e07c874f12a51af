//! The use cases on storage in memory, with a mocked provider and a clock that a test moves. Each
//! test names its conformance cases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod administer;
mod api_keys;
mod audit_log;
mod bench;
mod callback_answer;
mod callback_duplicates;
mod callback_state;
mod callback_time;
mod callback_unavailable;
mod changes;
mod check_credentials;
mod connect_slack;
mod connect_teams;
mod copy;
mod delete_old;
mod disconnect;
mod events;
mod exchange_failures;
mod grants;
mod imports;
mod linking;
mod mint_contexts;
mod mint_identifier;
mod mint_owner;
mod mint_refusals;
mod mint_scopes;
mod mint_url;
mod outage;
mod properties;
mod provider;
mod reconnect;
mod return_url;
mod rotation;
mod sealing;
mod steps;
mod storage_failures;
mod strict;
mod sweep;
mod take_back;
mod upkeep;
mod verify_connection;
