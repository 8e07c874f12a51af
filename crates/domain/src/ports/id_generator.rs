//! Identity and randomness, as a parameter.

use uuid::Uuid;

/// Makes ids and other text that nobody can guess, from a cryptographic source.
pub trait IdGenerator: Send + Sync {
    /// A UUID, version 7 (RFC 9562 section 5.7): rows made later sort later.
    fn uuid(&self) -> Uuid;

    /// `length` random characters out of `a–z 0–9`.
    fn random_text(&self, length: usize) -> String;
}
