//! Where contexts are kept.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::{
    context::{Context, ContextKey, MAX_PART},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{InsertError, StoreError},
};

/// How many letters a piece has at the most by which contexts are searched for.
pub const PIECE_LETTERS: usize = 3;

/// Which contexts to list; what is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextFilter {
    /// Those of exactly this type.
    pub kind: Option<String>,
    /// Those of exactly this id.
    pub id: Option<String>,
    /// Those whose type or id contains this text, letter by letter and in this case.
    pub search: Option<String>,
}

impl ContextFilter {
    /// The pieces of the text that is searched for, by which an index leads to those that may
    /// contain it: each [`PIECE_LETTERS`] letters that follow each other, or the whole text where
    /// it is shorter. None, if nothing is searched for, or within what has an id, which few share.
    #[must_use]
    pub fn pieces(&self) -> BTreeSet<&str> {
        let text = self.search.as_deref().unwrap_or_default();
        if text.is_empty() || self.id.is_some() {
            return BTreeSet::new();
        }
        let starts = text.char_indices().map(|(start, _)| start);
        // No context has more letters than these.
        let borders: Vec<usize> = starts.chain([text.len()]).take(MAX_PART + 1).collect();
        let letters = PIECE_LETTERS.min(borders.len() - 1);
        let pieces = borders.windows(letters + 1);
        pieces.map(|of| &text[of[0]..of[letters]]).collect()
    }
}

/// Keeps contexts.
#[async_trait]
pub trait ContextStore: Send + Sync {
    /// The environment's context of this key.
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError>;

    /// Adds a context; [`InsertError::Taken`] if its environment has one of that key.
    async fn insert(&self, context: &Context) -> Result<(), InsertError>;

    /// Adds those contexts that are not there yet, or, where one of them cannot be added, none;
    /// those that are there stay as they are.
    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError>;

    /// A page of the environment's contexts.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ContextFilter,
        page: &PageRequest,
    ) -> Result<Page<Context>, StoreError>;

    /// Replaces data, bridge URL and time of change of the context with this environment and key. Answers
    /// whether there is one.
    async fn update(&self, context: &Context) -> Result<bool, StoreError>;

    /// Deletes a context; what names its key stays as it is. Answers whether there was one.
    async fn delete(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<bool, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let filter = ContextFilter {
            search: Some(text.to_owned()),
            ..ContextFilter::default()
        };
        filter.pieces().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_text_is_searched_for_by_each_three_letters() {
        let within_an_id = ContextFilter {
            id: Some("acme".to_owned()),
            search: Some("cm".to_owned()),
            ..ContextFilter::default()
        };
        for filter in [ContextFilter::default(), within_an_id] {
            assert_eq!(filter.pieces(), BTreeSet::new());
        }
        let cases: [(&str, &[&str]); 7] = [
            ("", &[]),
            ("a", &["a"]),
            ("ac", &["ac"]),
            ("acm", &["acm"]),
            ("acme", &["acm", "cme"]),
            ("aaaa", &["aaa"]),
            ("ü🔎na", &["ü🔎n", "🔎na"]),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_pieces_of_a_text_that_is_longer_than_any_key_are_bounded() {
        let numbers: Vec<String> = (1_000..10_000).map(|number| number.to_string()).collect();
        assert!(pieces(&numbers.concat()).len() < MAX_PART);
    }
}
