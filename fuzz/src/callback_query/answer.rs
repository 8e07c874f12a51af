//! What a browser gets.

use http_body_util::BodyExt;
use hyper::{HeaderMap, Response, body::Body};
use tieline_domain::reason::Reason;
use url::Url;

use super::world::IDENTIFIER;

/// What a browser gets.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    pub(super) async fn read<B: Body<Error: std::fmt::Debug>>(response: Response<B>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let location = head.headers.get("location");
        Self {
            status: head.status.as_u16(),
            location: location.map(|it| it.to_str().unwrap().to_owned()),
            headers: head.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }

    /// The page without its reference, which is another one each time.
    pub(super) fn page(&self) -> String {
        let (before, rest) = self.body.split_once("Reference <code>").unwrap();
        let (reference, after) = rest.split_once("</code>").unwrap();
        let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        assert!(reference.bytes().all(is_ours), "{reference}");
        format!("{before}{after}")
    }

    /// Neither kept, nor framed, nor told to where it leads.
    pub(super) fn assert_kept_from_others(&self) {
        for (name, expected) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(self.headers[name], expected);
        }
        let policy = self.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }

    /// To a page of ours, to the sign-in, or to the product with nothing but what we have to say.
    pub(super) fn assert_leads_home(&self) {
        let location = self.location.as_deref().unwrap();
        if let Some(id) = location.strip_prefix("../../../../connect/") {
            assert!(id.parse::<uuid::Uuid>().is_ok(), "{location}");
            return;
        }
        let url = Url::parse(location).unwrap();
        match (url.host_str(), url.path()) {
            (Some("entra.test"), "/organizations/oauth2/v2.0/authorize") => {}
            (Some("app.test"), "/done") => {
                for (name, value) in url.query_pairs() {
                    match &*name {
                        "status" => assert!(["completed", "denied", "failed"].contains(&&*value)),
                        "code" => assert!(Reason::from_code(&value).is_some()),
                        "connectionIdentifier" => assert_eq!(value, IDENTIFIER),
                        _ => panic!("{location}"),
                    }
                }
            }
            _ => panic!("{location}"),
        }
    }
}
