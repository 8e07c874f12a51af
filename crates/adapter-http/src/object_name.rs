//! The parameter of a path: the name of an object.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

/// The name that a path ends with. Where it is not UTF-8, it is the empty name, which nothing has.
#[derive(Debug)]
pub(crate) struct ObjectName(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for ObjectName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(name.map(|Path(name)| name).unwrap_or_default()))
    }
}
