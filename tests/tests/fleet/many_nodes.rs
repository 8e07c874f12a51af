mod broken_off;
mod commits;
mod copy;
mod flows;
mod keys;
mod outage;
mod redis;
mod rolling;
mod sealing_keys;
mod stolen;
mod together;

use tieline_sandbox::Endpoint;

/// Where Slack takes codes.
const EXCHANGE: Endpoint = Endpoint::SlackOauthV2Access;
