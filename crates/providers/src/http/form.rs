//! Forms.

use std::fmt;

use url::form_urlencoded::Serializer;

/// The body of a form, `application/x-www-form-urlencoded`, each value encoded once.
#[derive(Clone, Default)]
pub struct Form {
    names: Vec<&'static str>,
    body: String,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The form with one more field.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: &str) -> Self {
        self.body = Serializer::new(self.body).append_pair(name, value).finish();
        self.names.push(name);
        self
    }

    pub(super) fn body(&self) -> String {
        self.body.clone()
    }
}

/// The names only: the values are secrets.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C39
    #[test]
    fn values_are_percent_encoded_once_and_read_back_the_same() {
        let fields = [
            ("client_id", "a:b+c%d"),
            ("client_secret", "é &="),
            ("code", "%41"),
        ];
        let form = fields
            .iter()
            .fold(Form::new(), |form, (name, value)| form.field(name, value));
        assert_eq!(
            form.body(),
            "client_id=a%3Ab%2Bc%25d&client_secret=%C3%A9+%26%3D&code=%2541"
        );
        let body = form.body();
        let read: Vec<_> = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        let sent = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, sent);
    }

    #[test]
    fn a_form_shows_its_names_only() {
        assert_eq!(
            format!("{:?}", Form::new().field("code", "hush")),
            r#"{"code"}"#
        );
    }
}
