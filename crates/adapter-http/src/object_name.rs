//! The parameter of a path: the name of an object.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

/// The name that a path ends with: one text, or two for what has a type and an id. Where it is not
/// UTF-8, it is the empty name, which nothing has.
#[derive(Debug)]
pub(crate) struct ObjectName<T = String>(pub(crate) T);

impl<S, T> FromRequestParts<S> for ObjectName<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Default + Send,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let name = Path::<T>::from_request_parts(parts, state).await;
        Ok(Self(name.map(|Path(name)| name).unwrap_or_default()))
    }
}
