//! The product's back end: it calls the API.

use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{AUTHORIZATION, HeaderMap},
};
use serde_json::Value;
use url::Url;

use crate::{BOOTSTRAP_KEY, Server, http_client, until};

/// Where connect URLs are minted.
const MINT_PATH: &str = "/v1/integrations/channel-connections/oauth";

/// A caller with a key.
#[derive(Clone, Debug)]
pub struct Api {
    base: Url,
    key: String,
    /// Whoever sends the requests.
    pub http: Client,
}

/// An answer of the API.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

/// A connect URL.
#[derive(Clone, Debug)]
pub struct Minted {
    /// Where the person begins.
    pub url: Url,
    /// The id that the connect attempt will have.
    pub attempt: String,
}

impl Api {
    /// A caller with the first environment's admin key.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        Self {
            base: server.url("/"),
            key: BOOTSTRAP_KEY.to_owned(),
            http: http_client(),
        }
    }

    /// The same with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.trim().to_owned(),
            ..self.clone()
        }
    }

    /// A request for a connect URL, still without a body.
    pub fn mint_request(&self) -> RequestBuilder {
        self.request(Method::POST, MINT_PATH)
    }

    /// Asks for a connect URL.
    pub async fn mint(&self, body: &Value) -> Reply {
        Reply::of(self.mint_request().json(body)).await
    }

    /// Asks for a connect URL and gets it.
    pub async fn minted(&self, body: &Value) -> Minted {
        self.mint(body).await.minted()
    }

    /// A request with the key, still without a body.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        request.header(AUTHORIZATION, format!("ApiKey {}", self.key))
    }

    /// Reads a resource.
    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    /// Makes, changes or deletes a resource.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(method, path).json(body)).await
    }

    /// Makes a resource.
    pub async fn made(&self, path: &str, body: &Value) -> Value {
        let reply = self.send(Method::POST, path, body).await;
        assert_eq!(reply.status, 201, "{path}: {}", reply.text);
        reply.json()
    }

    /// Deletes a resource; answers the status.
    pub async fn deleted(&self, path: &str) -> u16 {
        Reply::of(self.request(Method::DELETE, path)).await.status
    }

    /// A URL that links a person.
    pub async fn link(&self, body: &Value) -> Minted {
        let path = "/v1/integrations/channel-endpoints/oauth";
        self.send(Method::POST, path, body).await.minted()
    }

    /// Reads a resource that is there.
    pub async fn read(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// The items of a list's first page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let mut page = self.read(path).await;
        match page["data"].take() {
            Value::Array(items) => items,
            other => panic!("no list: {other}"),
        }
    }

    /// The connect attempt of this id.
    pub async fn attempt(&self, id: &str) -> Value {
        self.read(&format!("/v1/connect-attempts/{id}")).await
    }

    /// The connect attempt of this id, once it has ended.
    pub async fn ended_attempt(&self, id: &str) -> Value {
        until("the attempt ends", async || {
            let reply = self.get(&format!("/v1/connect-attempts/{id}")).await;
            let ended = ["completed", "denied", "failed"];
            (reply.status == 200)
                .then(|| reply.json())
                .filter(|attempt| ended.iter().any(|it| attempt["status"] == *it))
        })
        .await
    }

    /// All connections, newest first.
    pub async fn connections(&self) -> Vec<Value> {
        self.list("/v1/channel-connections?limit=100").await
    }

    /// All endpoints, newest first.
    pub async fn endpoints(&self) -> Vec<Value> {
        self.list("/v1/channel-endpoints?limit=100").await
    }

    /// The only connection there is.
    pub async fn only_connection(&self) -> Value {
        only(self.connections().await)
    }

    /// The only endpoint there is.
    pub async fn only_endpoint(&self) -> Value {
        only(self.endpoints().await)
    }

    /// An address of the API.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        self.base.join(path).expect("a path")
    }
}

impl Reply {
    /// The answer to this request.
    pub async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.expect("the server answers")).await
    }

    /// The answer to this request, if there is one.
    pub async fn to(request: RequestBuilder) -> Option<Self> {
        Some(Self::read(request.send().await.ok()?).await)
    }

    async fn read(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a body"),
        }
    }

    /// The body as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The URL that was minted.
    #[must_use]
    #[track_caller]
    pub fn minted(&self) -> Minted {
        assert_eq!(self.status, 201, "{}", self.text);
        let url = self.json()["url"].as_str().expect("a url").parse();
        let attempt = self
            .header("connect-attempt-id")
            .expect("it names the attempt");
        Minted {
            url: url.expect("a URL"),
            attempt: attempt.to_owned(),
        }
    }

    /// Checks that this is the error of this status, code and text, in the one shape of all
    /// errors.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str, message: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        let of_body = (&body["statusCode"], &body["code"], &body["message"]);
        assert_eq!(of_body, (&status.into(), &code.into(), &message.into()));
        for name in ["timestamp", "path", "error", "requestId"] {
            assert!(body[name].is_string(), "{name}: {body}");
        }
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    /// Checks that this is a 422 that says something of this field.
    #[track_caller]
    pub fn refused_field(&self, field: &str) {
        assert_eq!(self.status, 422, "{}", self.text);
        let body = self.json();
        assert_eq!(body["code"], "validation_failed", "{body}");
        let problem = body["errors"][field]["messages"][0].as_str();
        let problem = problem.unwrap_or_else(|| panic!("no word of {field}: {body}"));
        let told = body["message"].as_str().unwrap_or_default();
        assert!(told.contains(&format!("{field} {problem}")), "{body}");
    }
}

/// The names of an attempt's steps.
#[must_use]
pub fn step_names(attempt: &Value) -> Vec<&str> {
    let steps = attempt["steps"].as_array().into_iter().flatten();
    steps.filter_map(|step| step["name"].as_str()).collect()
}

#[track_caller]
fn only(mut items: Vec<Value>) -> Value {
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}
