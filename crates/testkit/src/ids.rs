//! Ids that count instead of being random.

use std::sync::atomic::{AtomicU64, Ordering};

use tieline_domain::ports::IdGenerator;
use uuid::Uuid;

/// Makes ids and texts that follow from a counter: the same in every run, and never twice the
/// same from one generator.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl SequentialIds {
    /// A generator that starts counting at `first`.
    #[must_use]
    pub fn from(first: u64) -> Self {
        Self(AtomicU64::new(first))
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

impl IdGenerator for SequentialIds {
    fn uuid(&self) -> Uuid {
        numbered_uuid(self.next())
    }

    fn random_text(&self, length: usize) -> String {
        const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut number = self.next();
        let mut text = vec![b'0'; length];
        for place in text.iter_mut().rev() {
            *place = LETTERS[usize::try_from(number % 36).unwrap()];
            number /= 36;
        }
        String::from_utf8(text).unwrap()
    }
}

/// A UUID of version 7 whose order is that of the numbers.
#[must_use]
pub fn numbered_uuid(number: u64) -> Uuid {
    // The timestamp stays; the number stands where the randomness would, below the variant bits.
    let timestamp = 0x019b_0000_0000_u128 << 80;
    let high = u128::from(number >> 62) << 64;
    let low = u128::from(number & (u64::MAX >> 2));
    Uuid::from_u128(timestamp | 0x7 << 76 | high | 0b10 << 62 | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_uuids_are_of_version_7_and_in_order() {
        let ids = SequentialIds::default();
        let (first, second) = (ids.uuid(), ids.uuid());
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
        assert_eq!(first.get_variant(), uuid::Variant::RFC4122);
        assert!(numbered_uuid(u64::MAX - 1) < numbered_uuid(u64::MAX));
    }

    #[test]
    fn texts_have_their_length_and_differ() {
        let ids = SequentialIds::from(35);
        assert_eq!(ids.random_text(4), "000z");
        assert_eq!(ids.random_text(4), "0010");
    }
}
