//! The hops that a header tells of.

use std::net::{IpAddr, Ipv6Addr};

/// What is told of a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    Address(IpAddr),
    /// Something that is no address.
    Unknown,
}

/// The hops of a line of `X-Forwarded-For`.
pub(super) fn x_forwarded_for(line: &str) -> Vec<Hop> {
    let told = line.split(',').map(str::trim).filter(|it| !it.is_empty());
    told.map(node).collect()
}

/// The hops of a line of `Forwarded` (RFC 7239): lists of pairs, whose values may be quoted. Of a
/// line in which a quotation does not end nothing is known, for who began it may have been a client
/// that wanted to swallow what the proxy wrote behind it.
pub(super) fn forwarded(line: &str) -> Vec<Hop> {
    let Some(elements) = split(line, ',') else {
        return vec![Hop::Unknown];
    };
    let told = elements.into_iter().filter(|it| !it.trim().is_empty());
    told.map(|element| {
        let pairs = split(element, ';').unwrap_or_default();
        let mut pairs = pairs.into_iter().filter_map(|pair| pair.split_once('='));
        let named = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
        named.map_or(Hop::Unknown, |(_, value)| node(unquoted(value.trim())))
    })
    .collect()
}

/// Splits at a separator that is not within quotes; nothing where a quotation does not end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if character == separator && !is_quoted => {
                parts.push(&text[from..at]);
                from = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    (!is_quoted).then_some(parts)
}

/// What stands within quotes. An address needs no escapes, so what has some is none.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.unwrap_or(value)
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]:80`.
fn node(text: &str) -> Hop {
    let address = if let Some(rest) = text.strip_prefix('[') {
        let address = rest.split_once(']').filter(|(_, port)| is_port(port));
        address.and_then(|(address, _)| address.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
    } else if text.matches(':').count() == 1 {
        let address = text.split_once(':');
        address.and_then(|(address, _)| address.parse().ok())
    } else {
        text.parse().ok()
    };
    address.map_or(Hop::Unknown, Hop::Address)
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.starts_with(':')
}
