//! Partial changes: what a request leaves out stays, what it sets to null goes.

/// A change of one optional field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The request did not name it: it stays as it is.
    #[default]
    Keep,
    /// The request said null: it goes.
    Clear,
    /// The request gave a value.
    Set(T),
}

impl<T> Patch<T> {
    /// The field after the change.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}
