//! Request parameters.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Parameters of a query or a form, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Of a query or a form body.
    pub(crate) fn of_form(encoded: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Of a flat JSON object, which Slack takes in place of a form.
    pub(crate) fn of_json(body: &[u8]) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let pair = |(name, value)| match value {
            Value::String(value) => Some((name, value)),
            _ => None,
        };
        object
            .into_iter()
            .map(pair)
            .collect::<Option<_>>()
            .map(Self)
    }

    /// The value; one that is empty counts as omitted (RFC 6749, section 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// A parameter that occurs twice, which RFC 6749 (sections 3.1 and 3.2)
    /// forbids.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        let repeated = self.0.iter().find(|(name, _)| !seen.insert(name))?;
        Some(&repeated.0)
    }

    /// Those of these names that have a value, to be carried through a page.
    pub(crate) fn keep(&self, names: &[&str]) -> Vec<(String, String)> {
        let kept = |name: &&str| Some(((*name).to_owned(), self.get(name)?.to_owned()));
        names.iter().filter_map(kept).collect()
    }
}
