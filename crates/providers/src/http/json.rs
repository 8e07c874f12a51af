//! JSON from strangers.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::EgressError;

/// A JSON object. A derived `Deserialize` alone would take an array as well, member by member.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<Self::Value, M::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

/// Reads a JSON object (RFC 8259): UTF-8 without a byte order mark, at most 128 levels deep, each
/// member that we know named once.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, EgressError> {
    let text = std::str::from_utf8(body).map_err(|_| EgressError::Unreadable)?;
    match serde_json::from_str(text) {
        Ok(Object(value)) => Ok(value),
        // The error's text quotes the body; its place does not.
        Err(error) => {
            tracing::debug!(
                column = error.column(),
                line = error.line(),
                "unreadable JSON"
            );
            Err(EgressError::Unreadable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Reply {
        token: Option<String>,
    }

    fn refused(body: impl AsRef<[u8]>) -> bool {
        read::<Reply>(body.as_ref()) == Err(EgressError::Unreadable)
    }

    /// C35
    #[test]
    fn unknown_members_are_ignored() {
        let read = read(br#"{"token":"t","more":{"x":[1,2]},"more":null}"#);
        assert_eq!(
            read,
            Ok(Reply {
                token: Some("t".to_owned())
            })
        );
    }

    /// C11
    #[test]
    fn anything_but_an_object_is_refused() {
        for body in [
            "", "null", "[]", r#"["t"]"#, r#""x""#, "1", "{}{}", "{", "<html>",
        ] {
            assert!(refused(body), "{body}");
        }
    }

    /// C15
    #[test]
    fn a_known_member_named_twice_is_refused() {
        assert!(refused(r#"{"token":"a","token":"b"}"#));
        assert!(refused(r#"{"token":"a","tok\u0065n":"a"}"#));
    }

    /// C33
    #[test]
    fn other_encodings_than_plain_utf_8_are_refused() {
        let utf_16: Vec<u8> =
            r#"{"token":"t"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(refused(utf_16));
        assert!(refused("\u{feff}{\"token\":\"t\"}"));
        assert!(refused(b"{\"token\":\"\xff\"}"));
        assert!(refused(b"{\"unknown\":\"\xff\"}"));
    }

    /// C14: what we do not know is skipped, however deep; what we read may be 128 levels deep.
    #[test]
    fn a_deep_nest_is_no_stack_overflow() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(refused(&deep));
        assert!(refused(format!("{{\"token\":{deep}}}")));
        assert!(refused("{\"token\":".repeat(100_000)));
        assert!(!refused(format!("{{\"unknown\":{deep}}}")));
    }
}
