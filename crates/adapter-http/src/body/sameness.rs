//! Whether two JSON texts say the same.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

/// Integers up to this are exact in a double, so that `1.0` and `1` are the same number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Bytes that are the same for two texts exactly when the texts mean the same: whatever the order
/// of members, the blanks between them, and the notation of numbers and strings. The text must
/// have been read before, and found good.
pub(super) fn meaning(text: &str) -> Vec<u8> {
    let mut written = Vec::with_capacity(2 * text.len());
    let mut reader = serde_json::Deserializer::from_str(text);
    // What was found good is read to its end.
    let _read = Write(&mut written).deserialize(&mut reader);
    written
}

/// Writes a value so that where it ends can be told from its bytes alone.
struct Write<'a>(&'a mut Vec<u8>);

impl Write<'_> {
    fn put(self, kind: u8, bytes: &[u8]) {
        self.0.push(kind);
        self.0.extend_from_slice(bytes);
    }
}

impl<'de> DeserializeSeed<'de> for Write<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Write<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(b'n', &[]);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(b'b', &[value.into()]);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(b'i', &i128::from(value).to_be_bytes());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(b'i', &i128::from(value).to_be_bytes());
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if value.fract() == 0.0 && value.abs() < EXACT {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is an integer that fits"
            )]
            return self.visit_i64(value as i64);
        }
        self.put(b'd', &value.to_bits().to_be_bytes());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.push(b's');
        self.0.extend_from_slice(&value.len().to_be_bytes());
        self.0.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        while items.next_element_seed(Write(self.0))?.is_some() {}
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.0.push(b'{');
        let start = self.0.len();
        let mut ends = Vec::new();
        while members.next_key_seed(Write(self.0))?.is_some() {
            members.next_value_seed(Write(self.0))?;
            ends.push(self.0.len() - start);
        }
        sort(self.0, start, &ends);
        self.0.push(b'}');
        Ok(())
    }
}

/// Puts the pieces from `start` on, which end there, in the order of their bytes.
fn sort(written: &mut Vec<u8>, start: usize, ends: &[usize]) {
    let unsorted = written[start..].to_vec();
    let starts = std::iter::once(&0).chain(ends);
    let pieces = starts.zip(ends).map(|(start, end)| &unsorted[*start..*end]);
    let mut pieces: Vec<&[u8]> = pieces.collect();
    pieces.sort_unstable();
    written.truncate(start);
    for piece in pieces {
        written.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn notation_makes_no_difference() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[true,null]}"#,
                " { \"b\" : [ true , null ] ,\n\"a\" : 1 } ",
            ),
            (r#"{"a":{"c":1,"b":2}}"#, r#"{"a":{"b":2,"c":1}}"#),
            (r#"{"a":1.0,"b":-0.0,"c":1e2}"#, r#"{"a":1,"b":0,"c":100}"#),
            (r#"{"\u0061":"\u00e9\/"}"#, r#"{"a":"é/"}"#),
        ] {
            assert_eq!(meaning(one), meaning(other), "{one} {other}");
        }
    }

    #[test]
    fn whatever_means_something_else_is_told_apart() {
        let texts = [
            "{}",
            "[]",
            "null",
            "\"\"",
            "0",
            "false",
            "true",
            "1",
            "-1",
            "1.5",
            "1e300",
            "18446744073709551615",
            "9007199254740993",
            "9007199254740992.0",
            r#"[["a"]]"#,
            r#"["a","b"]"#,
            r#"["ab"]"#,
            r#"[["a"],"b"]"#,
            r#"[["a","b"]]"#,
            r#"{"a":"b"}"#,
            r#"{"b":"a"}"#,
            r#"["a",{}]"#,
            r#"{"a":{}}"#,
            r#"{"a":{},"b":1}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":null}"#,
            r#"{"a":[]}"#,
            r#"{"":""}"#,
            r#""1""#,
            r#""null""#,
        ];
        let mut meanings: Vec<_> = texts.iter().map(|text| meaning(text)).collect();
        meanings.sort();
        meanings.dedup();
        assert_eq!(meanings.len(), texts.len());
    }

    #[test]
    fn the_order_of_members_makes_no_difference_at_any_depth() {
        let forward = r#"{"z":[{"b":1,"a":{"y":2,"x":"{"}}],"aa":3,"a":4}"#;
        let back = r#"{"a":4,"aa":3,"z":[{"a":{"x":"{","y":2},"b":1}]}"#;
        assert_eq!(meaning(forward), meaning(back));
        assert_ne!(
            meaning(forward),
            meaning(&back.replace("\"y\":2", "\"y\":3"))
        );
    }
}
