//! Query strings: each parameter read by name, problems gathered by name.

use std::str::FromStr;

use axum::{extract::FromRequestParts, http::request::Parts};
use url::form_urlencoded;

use crate::error::ApiError;

/// The parameters of a query, and what is wrong with those that were read.
#[derive(Debug, Default)]
pub(crate) struct QueryString {
    pairs: Vec<(String, String)>,
    problems: Vec<(String, String)>,
}

impl QueryString {
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        Self {
            pairs,
            problems: Vec::new(),
        }
    }

    /// Every value of a parameter, empty ones left out.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self
            .pairs
            .iter()
            .filter(|(key, value)| key == name && !value.is_empty());
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a parameter that may stand there once.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let values = self.all(name);
        let (first, repeated) = (values.first().map(ToString::to_string), values.len() > 1);
        if repeated {
            self.problem(name, "may be given once");
        }
        first
    }

    /// The same, read as something else.
    pub(crate) fn read<T: FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|error| self.problem(name, &format!("{error}")))
            .ok()
    }

    /// The query, in an order of its own, without the parameters of these names.
    pub(crate) fn without(&self, names: &[&str]) -> String {
        let mut pairs: Vec<_> = self
            .pairs
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()))
            .collect();
        pairs.sort();
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    }

    pub(crate) fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push((name.to_owned(), problem.to_owned()));
    }

    /// Refuses the query if anything that was read of it was wrong.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid_fields(self.problems))
        }
    }
}

impl<S: Sync> FromRequestParts<S> for QueryString {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}
