//! An answer, read to its end, and unpacked.

use std::io::Read;

use axum::{
    body::{Bytes, to_bytes},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use flate2::read::GzDecoder;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let mut body = to_bytes(body, usize::MAX).await.unwrap();
        if parts
            .headers
            .get("content-encoding")
            .is_some_and(|it| it == "gzip")
        {
            let mut plain = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
            body = plain.into();
        }
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The media type without its parameters.
    pub(crate) fn media_type(&self) -> Option<&str> {
        self.header("content-type")?.split(';').next()
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The reason code of an error.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }

    /// The fields that a 422 names.
    #[track_caller]
    pub(crate) fn fields(&self) -> Vec<String> {
        assert_eq!(self.refusal(), (422, "validation_failed".to_owned()));
        let errors = self.json()["errors"].as_object().unwrap().clone();
        errors.into_iter().map(|(name, _)| name).collect()
    }

    /// What each item of a list, or of a page, has under this name.
    pub(crate) fn each(&self, member: &str) -> Vec<Value> {
        let body = self.json();
        let items = body.as_array().or_else(|| body["data"].as_array());
        let named = items.unwrap().iter().map(|item| item[member].clone());
        named.collect()
    }

    /// Status and reason code of an error.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }

    #[track_caller]
    pub(crate) fn assert_is(&self, status: u16) {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
    }
}
