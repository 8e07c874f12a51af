//! JSON in which no object names a member twice: what two readers could read differently is
//! refused.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

/// Objects with more members are left to [`check`], which takes no longer for each of many.
const FEW: usize = 32;

/// Whether it is plain at a glance that no object of this JSON, which has been found good, names a
/// member twice. Where it is not plain, [`check`] tells.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // The names in all objects that are open; and of each object or array, where its own begin.
    let (mut names, mut open) = (Vec::<&[u8]>::with_capacity(FEW), Vec::with_capacity(8));
    let (mut at, mut is_name) = (0, false);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' => {
                open.push(Some(names.len()));
                is_name = true;
            }
            b'[' => {
                open.push(None);
                is_name = false;
            }
            b'}' | b']' => names.truncate(open.pop().flatten().unwrap_or(names.len())),
            b',' => is_name = matches!(open.last(), Some(Some(_))),
            b':' => is_name = false,
            b'"' => {
                let Some(text) = string(&bytes[at..]) else {
                    return false;
                };
                at += text.len() + 1;
                if let (true, Some(Some(own))) = (is_name, open.last()) {
                    let own = &names[*own..];
                    if own.len() == FEW || own.contains(&text) || text.contains(&b'\\') {
                        return false;
                    }
                    names.push(text);
                }
            }
            _ => {}
        }
    }
    true
}

/// A string up to its closing quote, with its escapes as they are written.
fn string(bytes: &[u8]) -> Option<&[u8]> {
    let mut end = 0;
    loop {
        end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
        if bytes[end] == b'"' {
            return Some(&bytes[..end]);
        }
        end += 2;
    }
}

/// Reads JSON and keeps nothing of it; refuses an object with a member named twice.
pub(super) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Unique>(text).map(|_| ())
}

struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

/// A member's name, borrowed unless something in it was escaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(Name(name)) = members.next_key()? {
            if names.contains(&name) {
                let name = tieline_domain::text::sanitize(&name, 64);
                return Err(A::Error::custom(format!(
                    "the member {name:?} stands there twice"
                )));
            }
            names.insert(name);
            members.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        assert!(check(r#"{"a":1,"b":{"a":1}}"#).is_ok());
        assert!(check(r#"{"a":1,"a":1}"#).is_err());
        assert!(check(r#"[{"b":{"a":1,"a":2}}]"#).is_err());
        assert!(check(r#"{"a":1,"\u0061":1}"#).is_err());
    }

    #[test]
    fn what_is_plain_is_good() {
        for text in [
            "{}",
            "[]",
            r#""a""#,
            r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}"#,
            r#"{"a":{"b":1},"b":2}"#,
            r#"{"a":["a","a"],"b":"a"}"#,
            r#"{"a":"\"b\":1,","b":"{","c":"\\"}"#,
            r#" { "a" : "," , "b" : [ ] } "#,
        ] {
            assert!(is_plain(text) && check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_good_is_not_plain() {
        let many = |last: &str| {
            let names = (0..FEW).map(|number| format!("\"{number}\":0,"));
            format!("{{{}\"{last}\":0}}", names.collect::<String>())
        };
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":{"c":1,"d":[],"c":1}}"#,
            r#"{"a":{"b":1},"a":2}"#,
            r#"{"a":[{"b":1}],"a":2}"#,
            r#"[{"b":{"a":1,"a":2}}]"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"a\"":1,"a\"":1}"#,
            r#"{"a":"\"","a":1}"#,
            r#"{"a":"\\","a":1}"#,
            r#"{ "a" : "," , "a" : 1 }"#,
            &many("0"),
        ] {
            assert!(!is_plain(text) && check(text).is_err(), "{text}");
        }
        // These are good, and it takes a closer look to see it.
        for text in [r#"{"\u0061":1}"#, &many("another")] {
            assert!(!is_plain(text) && check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn depth_is_an_error_and_no_overflow() {
        let deep = "[".repeat(1_000_000);
        assert!(check(&deep).is_err());
    }
}
