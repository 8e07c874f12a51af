//! A started sandbox, and a browser of sorts.

mod entra;
mod form;
mod receiver;
mod slack;

use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tieline_sandbox::{EntraApp, Sandbox, SandboxConfig, SandboxControl, SlackApp};
use url::Url;

pub(crate) use entra::{SignIn, VERIFIER, challenge};
pub(crate) use form::Form;
pub(crate) use receiver::{Received, Receiver};
pub(crate) use slack::{text, user_token};

pub(crate) const SLACK: (&str, &str) = ("1111.2222", "slack-secret");
pub(crate) const ROTATING: (&str, &str) = ("3333.4444", "rotating-secret");
pub(crate) const ENTRA: (&str, &str) = ("0d9c4f5e-6a71-4b28-93c5-e1f7a2804b36", "entra-secret");
pub(crate) const CALLBACK: &str = "https://app.test/callback";

/// The fictional cast.
pub(crate) const BAKERY: &str = "T0HARBOUR1";
pub(crate) const RAIL: &str = "T0MERIDOP3";
pub(crate) const RAIL_GROUP: &str = "E0MERIDIAN";
pub(crate) const FENNEL: &str = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";
pub(crate) const LARKSPUR: &str = "c84de7b1-20f9-4a36-8be5-f1957a0463d2";
pub(crate) const NOOR_ADMIN: &str = "a1e0c7d4-52b9-4f6e-8c13-0d97be64f2a1";
pub(crate) const JONAS: &str = "a2b7f930-1c48-4d05-b6ea-73c5128d04f2";
pub(crate) const SELMA_ADMIN: &str = "b1d9e2a6-7f30-4c81-95d4-e8b06a1c57f1";

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) control: SandboxControl,
    pub(crate) http: Client,
}

pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

impl Bench {
    pub(crate) async fn start() -> Self {
        let slack = |(id, secret): (&str, &str), rotation| SlackApp {
            client_id: id.to_owned(),
            client_secret: secret.to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            rotation,
        };
        let sandbox = Sandbox::start(SandboxConfig {
            slack_apps: vec![slack(SLACK, false), slack(ROTATING, true)],
            entra_apps: vec![EntraApp {
                client_id: ENTRA.0.to_owned(),
                client_secret: ENTRA.1.to_owned(),
                redirect_uris: vec![CALLBACK.to_owned()],
            }],
            ..SandboxConfig::default()
        })
        .await
        .expect("a loopback port is free");
        let control = sandbox.control();
        Self {
            sandbox,
            control,
            http: client(),
        }
    }

    pub(crate) fn url(&self, path: &str, query: Pairs<'_>) -> Url {
        let mut url = self.sandbox.url().join(path).expect("a path");
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(crate) async fn get(&self, path: &str, query: Pairs<'_>) -> Response {
        send(self.http.get(self.url(path, query))).await
    }

    /// A control over HTTP: its name and its parameters.
    pub(crate) async fn command(&self, name: &str, parameters: &Value) -> Response {
        let url = self.url(&format!("control/{name}"), &[]);
        send(self.http.post(url).body(parameters.to_string())).await
    }

    pub(crate) async fn post(&self, path: &str, form: Pairs<'_>) -> Response {
        send(self.http.post(self.url(path, &[])).form(form)).await
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("the sandbox answers")
}

pub(crate) async fn json(response: Response) -> Value {
    let text = response.text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

/// Where the browser is sent; its query parameters are looked up with `param`.
pub(crate) fn location(response: &Response) -> Url {
    assert_eq!(response.status(), 303, "a redirect after the form");
    let location = response.headers()[LOCATION].to_str().expect("text");
    Url::parse(location).expect("a URL")
}

pub(crate) fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// An error page, which never redirects.
pub(crate) async fn refused_with(response: Response, code: &str) {
    assert_eq!(response.status(), 400);
    assert!(response.headers().get(LOCATION).is_none());
    let page = response.text().await.expect("a page");
    assert!(page.contains(&format!(">{code}<")), "{page}");
}

#[expect(clippy::disallowed_methods, reason = "a browser is no client of ours")]
fn client() -> Client {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}
