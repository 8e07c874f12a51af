//! Slack's rule for redirect URLs.

use url::Url;

/// The URL to send the browser to: the one asked for, if it equals a
/// registered one or lies in a sub-directory of it, and has no fragment; the
/// first registered one if none is asked for ("Installing with OAuth").
pub(crate) fn resolve(asked: Option<&str>, registered: &[String]) -> Option<Url> {
    let Some(asked) = asked else {
        return registered.first().and_then(|first| Url::parse(first).ok());
    };
    let asked = Url::parse(asked).ok()?;
    let allowed = asked.fragment().is_none()
        && registered
            .iter()
            .filter_map(|registered| Url::parse(registered).ok())
            .any(|registered| same_site(&asked, &registered) && is_below(&asked, &registered));
    allowed.then_some(asked)
}

fn same_site(asked: &Url, registered: &Url) -> bool {
    let site = |url: &Url| {
        let port = url.port_or_known_default();
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            port,
        )
    };
    let no_user = asked.username().is_empty() && asked.password().is_none();
    no_user && site(asked) == site(registered)
}

fn is_below(asked: &Url, registered: &Url) -> bool {
    let directory = registered.path().trim_end_matches('/');
    match asked.path().strip_prefix(directory) {
        Some("") => true,
        Some(rest) => rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(asked: &str) -> bool {
        resolve(Some(asked), &["https://app.test/callback".to_owned()]).is_some()
    }

    #[test]
    fn a_registered_url_and_its_sub_directories_are_allowed() {
        assert!(allowed("https://app.test/callback"));
        assert!(allowed("https://app.test/callback/slack"));
        assert!(allowed("https://app.test/callback?x=1"));
    }

    #[test]
    fn other_hosts_ports_schemes_and_directories_are_refused() {
        for asked in [
            "https://app.test/callbacks",
            "https://app.test/callback/../other",
            "https://app.test/callback/%2e%2e/other",
            "https://app.test:8443/callback",
            "http://app.test/callback",
            "https://app.test.evil.test/callback",
            "https://app.test@evil.test/callback",
            "https://me@app.test/callback",
            "https://app.test/callback#",
            "callback",
        ] {
            assert!(!allowed(asked), "{asked}");
        }
    }
}
