//! Slack's flow, step by step.

use reqwest::Response;
use serde_json::Value;

use super::{Bench, CALLBACK, Form, Pairs, json, location, param, send};

impl Bench {
    /// The consent page for the app; `extra` adds to the query.
    pub(crate) async fn slack_page(&self, client_id: &str, extra: Pairs<'_>) -> Form {
        Form::read(self.slack_authorize(client_id, extra).await).await
    }

    pub(crate) async fn slack_authorize(&self, client_id: &str, extra: Pairs<'_>) -> Response {
        let mut query = vec![("client_id", client_id)];
        if extra.iter().all(|(name, _)| *name != "redirect_uri") {
            query.push(("redirect_uri", CALLBACK));
        }
        query.extend(extra);
        self.get("slack/oauth/v2/authorize", &query).await
    }

    /// A code for these scopes, with everything else as preselected.
    pub(crate) async fn slack_code(&self, client_id: &str, extra: Pairs<'_>) -> String {
        let response = self.slack_page(client_id, extra).await.allow(self).await;
        param(&location(&response), "code").expect("a code")
    }

    /// Calls `oauth.v2.access` with credentials in the body.
    pub(crate) async fn slack_access(&self, app: (&str, &str), form: Pairs<'_>) -> Value {
        let mut fields = vec![("client_id", app.0), ("client_secret", app.1)];
        fields.extend(form);
        let response = self.post("slack/api/oauth.v2.access", &fields).await;
        assert_eq!(response.status(), 200, "Slack tells failure by ok");
        json(response).await
    }

    pub(crate) async fn slack_exchange(&self, app: (&str, &str), code: &str) -> Value {
        self.slack_access(app, &[("code", code), ("redirect_uri", CALLBACK)])
            .await
    }

    /// The whole flow.
    pub(crate) async fn slack_install(&self, app: (&str, &str), extra: Pairs<'_>) -> Value {
        let code = self.slack_code(app.0, extra).await;
        let reply = self.slack_exchange(app, &code).await;
        assert_eq!(reply["ok"], true, "{reply}");
        reply
    }

    /// Spends a refresh token.
    pub(crate) async fn slack_refresh(&self, app: (&str, &str), token: &str) -> Value {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.slack_access(app, &form).await
    }

    pub(crate) async fn slack_method(&self, method: &str, token: &str, form: Pairs<'_>) -> Value {
        let url = self.url(&format!("slack/api/{method}"), &[]);
        json(send(self.http.post(url).bearer_auth(token).form(form)).await).await
    }

    /// The error of `auth.test`, or `ok`.
    pub(crate) async fn slack_standing(&self, token: &str) -> String {
        let reply = self.slack_method("auth.test", token, &[]).await;
        reply["error"].as_str().unwrap_or("ok").to_owned()
    }
}

/// A text of a reply.
pub(crate) fn text<'a>(reply: &'a Value, name: &str) -> &'a str {
    reply[name].as_str().expect("a text")
}

/// The person's token of an install.
pub(crate) fn user_token(reply: &Value) -> &str {
    text(&reply["authed_user"], "access_token")
}
