//! Incoming webhooks.

use secrecy::SecretString;
use tieline_domain::{ports::ProviderError, provider::IncomingWebhook, reason::Reason};
use url::Url;

use super::wire::Webhook;
use crate::oauth2::{checked_id, checked_name};

/// Where Slack's own webhooks are: the public one, and the one for governments.
const HOSTS: &[&str] = &["hooks.slack.com", "hooks.slack-gov.com"];

/// Takes a webhook whose address is Slack's: whoever names another one would get all messages.
pub(super) fn read(webhook: Webhook, base: &Url) -> Result<IncomingWebhook, ProviderError> {
    if !is_slacks(&webhook.url, base) {
        return Err(Reason::WebhookRefused.into());
    }
    Ok(IncomingWebhook {
        url: SecretString::from(webhook.url),
        channel: webhook.channel.as_deref().and_then(checked_name),
        channel_id: webhook.channel_id.map(checked_id).transpose()?,
    })
}

fn is_slacks(text: &str, base: &Url) -> bool {
    // The URL standard mends blanks and back-slashes silently; we do not.
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let is_public = url.scheme() == "https"
        && url.port().is_none()
        && url.host_str().is_some_and(|host| HOSTS.contains(&host));
    is_plain
        && url.username().is_empty()
        && url.password().is_none()
        && (is_public || url.origin() == base.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C26
    #[test]
    fn a_webhook_is_at_slacks_own_hosts_or_where_slack_is_configured_to_be() {
        let base = Url::parse("http://127.0.0.1:4000/slack").unwrap();
        for own in [
            "https://hooks.slack.com/services/T0/B0/x",
            "https://hooks.slack-gov.com/services/T0/B0/x",
            "http://127.0.0.1:4000/slack/services/T0/B0/x",
        ] {
            assert!(is_slacks(own, &base), "{own}");
        }
        for foreign in [
            "http://hooks.slack.com/services/T0/B0/x",
            "https://hooks.slack.com:8443/services/T0/B0/x",
            "https://hooks.slack.com.evil.test/services",
            "https://hooks.slack.com@evil.test/services",
            "https://evil@hooks.slack.com/services",
            "https:\\\\hooks.slack.com/services",
            "https://hooks.slack.com/ser\nvices",
            "https://evil.test/services/T0/B0/x",
            "http://127.0.0.1:4001/slack/services",
            "//hooks.slack.com/services",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_slacks(foreign, &base), "{foreign}");
        }
    }
}
