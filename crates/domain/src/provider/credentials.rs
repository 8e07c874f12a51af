//! The credentials that an integration of a provider has.

use url::{Host, Url};
use uuid::Uuid;

use crate::{
    integration::{Credentials, split_scopes},
    text::{check_printable, listed, sanitize},
};

/// One credential of an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialField {
    /// Its name on the wire, such as `clientId`.
    pub name: &'static str,
    /// Whether the flow cannot do without.
    pub required: bool,
    /// What it looks like.
    pub format: CredentialFormat,
    /// What it is, and where at the provider it is found.
    pub description: &'static str,
}

/// What a credential looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFormat {
    /// 1 to 4,096 printable characters.
    Text,
    /// A GUID.
    Guid,
    /// `true` or `false`.
    Flag,
    /// Where a browser may be sent: `https`, or `http` on loopback; no user-info, no fragment.
    ReturnUrl,
    /// Scopes out of these, separated by commas or blanks.
    Scopes(&'static [&'static str]),
}

/// What is wrong with a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialProblem {
    /// The credential's name.
    pub name: String,
    /// What is wrong, as a sentence without its subject.
    pub problem: String,
}

pub(super) fn check(fields: &[CredentialField], given: &Credentials) -> Vec<CredentialProblem> {
    let missing = fields
        .iter()
        .filter(|field| field.required && given.get(field.name).is_none())
        .map(|field| (field.name.to_owned(), "is required".to_owned()));
    let unknown = given
        .names()
        .filter(|name| fields.iter().all(|f| f.name != *name))
        .map(|name| {
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            (
                name.to_owned(),
                format!(
                    "is not a credential of this provider; it has {}",
                    listed(&names)
                ),
            )
        });
    let malformed = fields.iter().filter_map(|field| {
        let problem = field.format.problem(given.get(field.name)?)?;
        Some((field.name.to_owned(), problem))
    });
    missing
        .chain(unknown)
        .chain(malformed)
        .map(|(name, problem)| CredentialProblem { name, problem })
        .collect()
}

impl CredentialFormat {
    fn problem(self, value: &str) -> Option<String> {
        match self {
            Self::Text => check_printable(value, 4096).err().map(|e| e.to_string()),
            Self::Guid => (value.len() != 36 || Uuid::try_parse(value).is_err())
                .then(|| "must be a GUID, such as 9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2".to_owned()),
            Self::Flag => {
                (!["true", "false"].contains(&value)).then(|| "must be true or false".to_owned())
            }
            Self::ReturnUrl => return_url_problem(value).map(str::to_owned),
            Self::Scopes(known) => scopes_problem(value, known),
        }
    }
}

fn scopes_problem(value: &str, known: &[&str]) -> Option<String> {
    let mut scopes = split_scopes(value).peekable();
    if scopes.peek().is_none() {
        return Some("must name at least one scope".to_owned());
    }
    let unknown: Vec<String> = scopes
        .filter(|scope| !known.contains(scope))
        .map(|scope| format!("{:?}", sanitize(scope, 64)))
        .collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "has {}, which this provider does not know",
            listed(&unknown)
        )
    })
}

fn return_url_problem(value: &str) -> Option<&'static str> {
    const RULE: &str = "must be an absolute https URL (http only on loopback), \
        without user name, password or fragment";
    // The URL standard mends back-slashes and control characters silently; we do not.
    let mendable = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    let Ok(url) = Url::parse(value) else {
        return Some(RULE);
    };
    let scheme_fits = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    };
    let fits = scheme_fits
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && !value.contains(mendable)
        && value.len() <= 2000;
    (!fits).then_some(RULE)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_some_that_the_provider_knows() {
        let problem =
            |value| CredentialFormat::Scopes(&["chat:write", "users:read"]).problem(value);
        for fit in [
            "chat:write",
            "chat:write,users:read",
            " users:read  chat:write ",
        ] {
            assert_eq!(problem(fit), None, "{fit}");
        }
        for (unfit, told) in [
            ("", "must name at least one scope"),
            (" , ", "must name at least one scope"),
            (
                "chat:write,admin;x",
                r#"has "admin;x", which this provider does not know"#,
            ),
        ] {
            assert_eq!(problem(unfit).as_deref(), Some(told), "{unfit}");
        }
    }

    #[test]
    fn a_return_url_is_https_or_http_on_loopback() {
        for fit in [
            "https://app.example/done",
            "https://app.example:8443/done?x=1",
            "http://localhost:3000/done",
            "http://127.0.0.1/done",
            "http://[::1]:8080/",
        ] {
            assert_eq!(return_url_problem(fit), None, "{fit}");
        }
        for unfit in [
            "http://app.example/",
            "//evil.test",
            "https:\\\\evil.test",
            "https://ok.test@evil.test",
            "https://u:p@ok.test",
            "https://ok.test/#fragment",
            "javascript:alert(1)",
            "https://ok.test/\r\nX: 1",
            "ftp://ok.test/",
            "/relative",
            "",
        ] {
            assert!(return_url_problem(unfit).is_some(), "{unfit}");
        }
    }
}
