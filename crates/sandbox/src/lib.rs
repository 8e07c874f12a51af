//! A stand-in for Slack, for Microsoft Entra with Microsoft Graph, and for the
//! side of the Bot Framework that tells a bot things, on one loopback port.
//!
//! It is strict where the real providers are strict: codes work once and live
//! ten minutes, refresh tokens of Slack work once, redirect URIs are matched by
//! each provider's own rule, client secrets and PKCE are checked, tokens expire,
//! rotate and can be revoked. It shows real consent pages, which a browser or a
//! test's HTTP client can submit, keeps a record of every request, sends signed
//! events, and misbehaves on demand ([`Fault`]).
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use tieline_sandbox::{Endpoint, Fault, Sandbox, SandboxConfig};
//!
//! let sandbox = Sandbox::start(SandboxConfig::default()).await?;
//! let control = sandbox.control();
//! control.fault_once(Endpoint::SlackOauthV2Access, Fault::LoseReply);
//! control.enable_slack_rotation("1111.2222");
//! assert_eq!(control.count(Endpoint::SlackOauthV2Access), 0);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Where apps are installed is shown at `/installed`, with a button that removes
//! them as an administrator would.
//!
//! The names of the form fields on the pages are a promise; see [`SlackForm`],
//! [`EntraForm`] and [`RemovalForm`].
//!
//! # The controls
//!
//! A test in the same process has them as methods of [`SandboxControl`], which
//! say more about each. Over HTTP a method that changes something is
//! `POST /control/{its name}`, with a JSON object of its parameters as the body,
//! and with none where it has none. The answer is 204, or what the method
//! answers as JSON; a control that is misspelt is a 422 that says so. A request
//! with an `Origin` is refused: the controls are not for web pages.
//!
//! ```console
//! $ curl -X POST localhost:3101/control/advance -d '{"seconds": 43200}'
//! $ curl -X POST localhost:3101/control/roll_keys
//! ```
//!
//! ## Time
//!
//! Everything that expires or is signed goes by the sandbox's own clock.
//!
//! | control | parameters | does |
//! | --- | --- | --- |
//! | `advance` | `seconds` | moves the clock |
//! | `set_time` | `now` (RFC 3339) | sets it |
//!
//! ## Faults
//!
//! In process there are [`fault`](SandboxControl::fault),
//! [`fault_once`](SandboxControl::fault_once) and
//! [`fault_times`](SandboxControl::fault_times). Over HTTP all three are
//! `POST /control/faults` with `application/json`; with `once` or `times` the
//! fault is for so many requests, else it stands:
//!
//! ```json
//! {"endpoint": "slack_oauth_v2_access", "times": 2, "fault": "lose_reply"}
//! {"endpoint": "graph_me", "fault": {"rate_limited": {"retry_after": {"seconds": 30}}}}
//! ```
//!
//! Names of endpoints and faults are those of [`Endpoint`] and [`Fault`] in
//! snake case: `{"status": {"status": 503, "body": "busy"}}`,
//! `{"status_after": {"status": 500, "body": ""}}`,
//! `{"reply": {"status": 200, "headers": [["content-type", "text/html"]], "body": ""}}`,
//! `{"delay": {"milliseconds": 500}}`, `"hang"`, `"lose_reply"`, `"disconnect"`,
//! `"hold"`, `"hold_reply"`, `{"cut": {"after_bytes": 10}}`,
//! `{"drip": {"body": "{}", "every_milliseconds": 100}}`, `"endless"`,
//! `{"redirect": {"to": "https://elsewhere.test/"}}`,
//! `{"rate_limited": {"retry_after": …}}` with `{"seconds": 30}`, `{"date": 30}`
//! or `"missing"`, `{"slack_reply_patch": {"patch": {"team": null}}}`,
//! `{"id_token": {"fault": "wrong_key"}}`.
//!
//! | control | parameters | does |
//! | --- | --- | --- |
//! | `clear_faults` (also `DELETE /control/faults`) | | ends all faults, lets everything held go on |
//! | `release` | `endpoint` | lets go on what `hold` or `hold_reply` holds there |
//! | `limit_rate` | `endpoint`, `calls`, `seconds` | a budget for each app: 429 beyond so many calls in so many seconds |
//! | `clear_rate_limits` | | ends all budgets |
//!
//! ## Slack
//!
//! | control | parameters | does |
//! | --- | --- | --- |
//! | `register_slack_app` | `client_id`, `client_secret`, `redirect_uris`, `rotation` (or none: off) | adds or replaces an app |
//! | `enable_slack_rotation` | `client_id` | what is granted from now on expires after twelve hours; long-lived tokens can be exchanged |
//! | `set_slack_refresh_grace` | `seconds` | for how long a spent refresh token works; at first not at all |
//! | `enable_slack_pkce` | `client_id` | lets the app use PKCE |
//! | `slack_untick` | `scopes` | whoever installs unticks these |
//! | `uninstall_slack_app` | `client_id`, `owner` (`T…` or `E…`) | an administrator removes the app; two events |
//! | `revoke_slack_tokens` | `client_id`, `owner` | ends the authorizations, not the installation; `tokens_revoked` |
//! | `allow_slack_uninstall` | `client_id`, `by`: `anybody`, `users`, `nobody` | whose token `apps.uninstall` takes; others meet `no_permission` |
//! | `set_slack_events` | `client_id`, `url`, `signing_secret`, `order` (or none): `uninstalled_first`, `tokens_revoked_first` | where the app receives events ([`SlackEvents`]) |
//! | `stop_slack_events` | `client_id` | no more events |
//! | `send_slack_event` | `client_id`, `owner`, `kind`, and any of `event_id`, `event_time`, `signed_at`, `flaw` | sends one now ([`SlackEvent`]); answers `{"delivery": id}` |
//!
//! A `kind` is `"app_uninstalled"`, `"url_verification"` (without `owner`),
//! `{"tokens_revoked": {"oauth": ["U…"], "bot": ["U…"]}}` or
//! `{"other": {"type": "message"}}`. A `flaw` is one of [`EventFlaw`]: `"forged"`,
//! `"body_rewritten"`, `"body_replaced"`, `"other_version"`,
//! `"not_hexadecimal"`, `"truncated"`, `"no_signature"`, `"no_timestamp"`,
//! `{"old_by": 301}`, `{"ahead_by": 301}`, `{"timestamp": "1e20"}`.
//!
//! ## Entra
//!
//! | control | parameters | does |
//! | --- | --- | --- |
//! | `register_entra_app` | `client_id`, `client_secret`, `redirect_uris` | adds or replaces an app |
//! | `set_entra_home` | `client_id`, `tenant` | where it is known without consent, and gets tokens without `roles` |
//! | `give_admin_consent` | `client_id`, `tenant` | consents |
//! | `withdraw_admin_consent` | `client_id`, `tenant` | takes it back: AADSTS700016 |
//! | `delay_consent_replication` | `requests` | so many app-only requests still meet AADSTS700016 |
//! | `set_entra_roles` | `roles` | the permissions in app-only tokens |
//! | `set_entra_roles_in` | `client_id`, `tenant`, `roles` | those of one app in one tenant; none: a token without `roles` |
//! | `disable_entra_app` | `client_id`, `tenant` | AADSTS7000112 |
//! | `enable_entra_app` | `client_id`, `tenant` | ends that |
//! | `expire_entra_secret` | `client_id` | AADSTS7000222, until it is registered anew |
//! | `revoke_entra_sign_ins` | `user` | its refresh tokens meet AADSTS50173 |
//! | `roll_keys` | | a new signing key for id tokens; old ones stay published |
//! | `retire_old_keys` | | only the present one stays published |
//! | `bind_keys_to_tenant` | `tenant` (or null) | the keys are for one tenant's issuer |
//!
//! ## Bot Framework
//!
//! | control | parameters | does |
//! | --- | --- | --- |
//! | `register_bot` | `app_id`, `messaging_url` | where a bot receives activities ([`Bot`]) |
//! | `send_bot_activity` | `app_id`, `tenant`, `kind`, and any of `scope`, `id`, `happened_at`, `signed_at`, `service_url`, `flaw` | sends one now ([`BotActivity`]); answers `{"delivery": id}` |
//! | `roll_bot_keys` | | a new signing key; old ones stay published |
//! | `retire_old_bot_keys` | | only the present one stays published for Teams |
//!
//! A `kind` is `{"installation_update": {"action": …}}` with `add`, `remove`,
//! `add_upgrade` or `remove_upgrade`, `{"members_added": {"members": []}}`,
//! `{"members_removed": {"members": []}}` (an empty list is the bot itself) or
//! `{"other": {"type": "message"}}`. A `scope` is `"first_person"`,
//! `{"person": "object id"}` or `{"team": {"id": "19:…", "name": "…"}}`. A `flaw`
//! is one of [`ActivityFlaw`]: `"no_token"`, `"wrong_audience"`,
//! `"wrong_issuer"`, `{"expired_by": 301}`, `{"not_yet_valid_by": 301}`,
//! `"unknown_key"`, `"wrong_key"`, `"key_not_endorsed"`, `"alg_none"`,
//! `"other_service_url"`, `"no_service_url"`.
//!
//! ## Deliveries
//!
//! Events and activities leave in the background, for loopback addresses alone
//! and over plain HTTP. The sandbox never tries again by itself.
//!
//! | control | parameters | does |
//! | --- | --- | --- |
//! | `redeliver` | `delivery`, `reason` | sends an event of Slack once more, as a retry; answers `{"delivery": id}` |
//!
//! ## What there is to see
//!
//! | `GET /control/…` | in process | answers |
//! | --- | --- | --- |
//! | `requests`, or with `?endpoint=…` | [`requests`](SandboxControl::requests), [`requests_of`](SandboxControl::requests_of) | what was asked, by whose token, and what became of it |
//! | `counts` | [`count`](SandboxControl::count) | how many requests each endpoint has seen |
//! | `tokens?endpoint=…` | [`calls_by_token`](SandboxControl::calls_by_token) | how often each token or code came there, by [`TokenMark`] |
//! | `live_slack_tokens?client_id=…&owner=…` | [`live_slack_tokens`](SandboxControl::live_slack_tokens) | the tokens of an installation that are good |
//! | `deliveries` | [`deliveries`](SandboxControl::deliveries) | what was sent, and how it was answered |
//! | `wait_for_deliveries` | [`wait_for_deliveries`](SandboxControl::wait_for_deliveries) | the same, once nothing is on its way |
//! | `wait_for_requests?endpoint=…&requests=…` | [`wait_for_requests`](SandboxControl::wait_for_requests) | 204, once there were so many |
//! | `wait_for_held?endpoint=…&requests=…` | [`wait_for_held`](SandboxControl::wait_for_held) | 204, once so many are held |
//! | `consent?client_id=…&tenant=…` | [`has_admin_consent`](SandboxControl::has_admin_consent) | whether there is consent |
//! | `time` | [`now`](SandboxControl::now) | the time by the sandbox's clock |
//!
//! In process there are besides [`mark_of`](SandboxControl::mark_of), which
//! tells what a token is, and
//! [`wait_for_delivery`](SandboxControl::wait_for_delivery) for one delivery.

mod botframework;
mod clock;
mod config;
mod control;
mod control_api;
mod delivery;
mod directory;
mod endpoint;
mod entra;
mod fault;
mod graph;
mod http;
mod index;
mod installed;
mod keys;
mod page;
mod random;
mod record;
mod server;
mod slack;
mod world;

pub use botframework::{
    ActivityFlaw, Bot, BotActivity, BotActivityKind, BotScope, InstallationAction,
};
pub use config::{EntraApp, SandboxConfig, SlackApp};
pub use control::SandboxControl;
pub use delivery::{Delivery, DeliveryState, Letter};
pub use directory::{Channel, Organization, Person, Tenant, TenantUser, Workspace};
pub use endpoint::Endpoint;
pub use entra::EntraForm;
pub use fault::{Fault, IdTokenFault, RateLimit, RetryAfter};
pub use installed::RemovalForm;
pub use record::{RecordedOutcome, RecordedRequest, TokenKind, TokenMark};
pub use server::Sandbox;
pub use slack::{
    EventFlaw, EventOrder, SlackEvent, SlackEventKind, SlackEvents, SlackForm, Uninstallers,
};
