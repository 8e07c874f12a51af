//! The names of sealing keys.

use crate::text::{InvalidText, checked_text};

/// The form of what a sealed value begins with.
const VERSION: u8 = 1;

/// How many characters a name has at the most.
const MAX_LENGTH: usize = 32;

checked_text! {
    /// The name of a sealing key: 1 to 32 ASCII letters and digits. It is no secret; every value
    /// names the key that opens it.
    KeyId, check
}

fn check(text: &str) -> Result<(), InvalidText> {
    let fits = (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits {
        return Ok(());
    }
    let rule = format!("must be 1 to {MAX_LENGTH} letters and digits");
    Err(InvalidText(rule))
}

impl KeyId {
    /// What every value begins with that this key sealed, and no other: a version, the length of
    /// the name, the name.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        let length = u8::try_from(self.0.len()).expect("a name has at most 32 characters");
        [&[VERSION, length], self.0.as_bytes()].concat()
    }

    /// Splits a sealed value into the name of its key and what follows the header.
    #[must_use]
    pub fn split(sealed: &[u8]) -> Option<(Self, &[u8])> {
        let [VERSION, length, ..] = *sealed else {
            return None;
        };
        let (header, rest) = sealed.split_at_checked(2 + usize::from(length))?;
        let name = std::str::from_utf8(&header[2..]).ok()?;
        Some((Self::parse(name).ok()?, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_letters_and_digits_only() {
        let longest = "x".repeat(32);
        for good in ["s1", "A", "0", &longest] {
            assert!(KeyId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "s-1", "s 1", "é", &format!("{longest}x")] {
            assert!(KeyId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_names_the_key_whose_header_it_begins_with() {
        let id = KeyId::parse("s1").unwrap();
        let sealed = [&id.header()[..], b"rest"].concat();
        assert_eq!(KeyId::split(&sealed), Some((id, &b"rest"[..])));
    }

    #[test]
    fn no_header_begins_with_anothers() {
        let [short, long] = ["s1", "s11"].map(|id| KeyId::parse(id).unwrap().header());
        assert!(!long.starts_with(&short));
    }

    #[test]
    fn anything_else_names_no_key() {
        for bytes in [
            &b""[..],
            b"\x01",
            b"\x01\x00",
            b"\x01\x02s",
            b"\x02\x02s1",
            b"\x01\x02s-",
        ] {
            assert_eq!(KeyId::split(bytes), None, "{bytes:?}");
        }
    }
}
