//! The fields of a body: turned into the domain's types, problems gathered by name.

use tieline_domain::{
    context::{ContextKey, MAX_CONTEXTS, NamedContext},
    text::{InvalidText, sanitize},
};

use crate::{
    context_body::{ContextValue, ContextWithData, ContextsBody},
    error::ApiError,
};

/// What is wrong with the fields of a body, gathered.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn add(&mut self, field: impl Into<String>, problem: &impl ToString) {
        self.0.push((field.into(), problem.to_string()));
    }

    /// A field that may be absent.
    pub(crate) fn check<T>(
        &mut self,
        field: &str,
        value: Option<String>,
        parse: impl Fn(String) -> Result<T, InvalidText>,
    ) -> Option<T> {
        let parsed = parse(value?);
        parsed.map_err(|problem| self.add(field, &problem)).ok()
    }

    /// A text of 1 to `most` characters, none of them a control character.
    pub(crate) fn length(&mut self, field: &str, text: &str, most: usize) {
        let count = text.chars().count();
        if count == 0 || count > most || text.contains(char::is_control) {
            let rule =
                format!("must have 1 to {most} characters, none of them a control character");
            self.add(field, &rule);
        }
    }

    /// A text of up to `most` characters, none of them a control character.
    pub(crate) fn at_most(&mut self, field: &str, text: &str, most: usize) {
        if text.chars().count() > most || text.contains(char::is_control) {
            let rule =
                format!("must have at most {most} characters, none of them a control character");
            self.add(field, &rule);
        }
    }

    /// What was gathered, so far.
    pub(crate) fn refuse(self) -> Result<(), ApiError> {
        self.finish(())
    }

    pub(crate) fn identifier(&mut self, identifier: String) -> String {
        self.length("integrationIdentifier", &identifier, 128);
        identifier
    }

    pub(crate) fn context_hash(&mut self, hash: Option<&str>) {
        if hash.is_some_and(|hash| hash.chars().count() > 128) {
            self.add("contextHash", &"must have at most 128 characters");
        }
    }

    pub(crate) fn scopes(
        &mut self,
        field: &str,
        scopes: Option<Vec<String>>,
    ) -> Option<Vec<String>> {
        if scopes.as_ref().is_some_and(|scopes| scopes.len() > 100) {
            self.add(field, &"must name at most 100 scopes");
        }
        scopes
    }

    pub(crate) fn contexts(&mut self, contexts: Option<ContextsBody>) -> Vec<NamedContext> {
        let Some(contexts) = contexts else {
            return Vec::new();
        };
        if !(1..=MAX_CONTEXTS).contains(&contexts.len()) {
            self.add("context", &format!("must have 1 to {MAX_CONTEXTS} entries"));
        }
        contexts
            .into_iter()
            .filter_map(|(kind, value)| self.context(&kind, value))
            .collect()
    }

    fn context(&mut self, kind: &str, value: ContextValue) -> Option<NamedContext> {
        let (id, data) = match value {
            ContextValue::Id(id) => (id, None),
            ContextValue::WithData(ContextWithData { id, data }) => (id, data),
        };
        let key = ContextKey::new(kind, id)
            .map_err(|problem| self.add(format!("context.{}", sanitize(kind, 100)), &problem))
            .ok()?;
        Some(NamedContext { key, data })
    }

    pub(crate) fn finish<T>(self, value: T) -> Result<T, ApiError> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(ApiError::invalid_fields(self.0))
        }
    }
}
