//! Scopes as replies carry them.

use serde::Deserialize;

/// Granted scopes: a string separated by blanks (RFC 6749 section 3.3) or commas, or an array;
/// each once, in their order.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(from = "Raw")]
pub struct Scopes(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Text(String),
    List(Vec<String>),
}

impl From<Raw> for Scopes {
    fn from(raw: Raw) -> Self {
        match raw {
            Raw::Text(text) => Self::of([&*text]),
            Raw::List(texts) => Self::of(texts.iter().map(String::as_str)),
        }
    }
}

impl Scopes {
    /// The scopes in these texts.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut scopes: Vec<String> = Vec::new();
        for scope in texts.into_iter().flat_map(|text| text.split([',', ' '])) {
            if !scope.is_empty() && !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        Self(scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C30
    #[test]
    fn separators_do_not_matter() {
        for json in [
            r#""chat:write,users:read""#,
            r#""chat:write users:read""#,
            r#"" chat:write, users:read,,chat:write ""#,
            r#"["chat:write","users:read"]"#,
            r#"["chat:write users:read"]"#,
        ] {
            let Scopes(scopes) = serde_json::from_str(json).unwrap();
            assert_eq!(scopes, ["chat:write", "users:read"], "{json}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        for json in ["1", "{}", "[1]", "null"] {
            assert!(serde_json::from_str::<Scopes>(json).is_err(), "{json}");
        }
    }
}
