//! Whatever a client writes into its headers, it comes from where it comes from.

use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const SECOND_PROXY: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2));
const HEADERS: [ForwardedHeader; 2] = [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded];

fn proxies(header: ForwardedHeader) -> TrustedProxies {
    TrustedProxies::in_networks("10.0.0.0/8, fd00::/8", header).unwrap()
}

fn name(header: ForwardedHeader) -> HeaderName {
    match header {
        ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    }
}

/// A hop as a proxy writes it.
fn written(header: ForwardedHeader, address: IpAddr) -> String {
    match (header, address) {
        (ForwardedHeader::XForwardedFor, _) => address.to_string(),
        (ForwardedHeader::Forwarded, IpAddr::V4(_)) => format!("for={address};proto=https"),
        (ForwardedHeader::Forwarded, IpAddr::V6(_)) => {
            format!("proto=https;For=\"[{address}]:4711\"")
        }
    }
}

/// What a proxy sends on: the client's headers, and behind them where it had them from, in a line
/// of its own or at the end of the client's last one.
fn passed_on(
    header: ForwardedHeader,
    mut headers: HeaderMap,
    from: IpAddr,
    in_line: bool,
) -> HeaderMap {
    let (name, own) = (name(header), written(header, from));
    let mut lines: Vec<Vec<u8>> = headers
        .get_all(&name)
        .iter()
        .map(|line| line.as_bytes().to_vec())
        .collect();
    match lines.last_mut().filter(|_| in_line) {
        Some(last) => last.extend_from_slice(format!(", {own}").as_bytes()),
        None => lines.push(own.into_bytes()),
    }
    headers.remove(&name);
    for line in lines {
        headers.append(&name, HeaderValue::from_bytes(&line).unwrap());
    }
    headers
}

fn read(header: ForwardedHeader, line: &str) -> Vec<Option<IpAddr>> {
    let hops = match header {
        ForwardedHeader::XForwardedFor => hops::x_forwarded_for(line),
        ForwardedHeader::Forwarded => hops::forwarded(line),
    };
    let address = |hop| match hop {
        Hop::Address(address) => Some(address),
        Hop::Unknown => None,
    };
    hops.into_iter().map(address).collect()
}

#[test]
fn a_hop_is_read_in_every_form_that_proxies_write() {
    let v4 = Some("192.0.2.43".parse().unwrap());
    let v6 = Some("2001:db8::17".parse().unwrap());
    for (line, expected) in [
        ("192.0.2.43", vec![v4]),
        (" 192.0.2.43 ,,2001:db8::17,", vec![v4, v6]),
        (
            "192.0.2.43:80, [2001:db8::17]:80, [2001:db8::17]",
            vec![v4, v6, v6],
        ),
        ("unknown, 192.0.2.43.1, 1, [::1, localhost", vec![None; 5]),
        ("", vec![]),
    ] {
        assert_eq!(
            read(ForwardedHeader::XForwardedFor, line),
            expected,
            "{line}"
        );
    }
    for (line, expected) in [
        ("for=192.0.2.43;proto=http;by=203.0.113.43", vec![v4]),
        (
            "FOR=\"192.0.2.43:_port\", For=\"[2001:db8::17]:4711\"",
            vec![v4, v6],
        ),
        (
            "for=192.0.2.43, for=_hidden, by=192.0.2.43, for=unknown",
            vec![v4, None, None, None],
        ),
        (
            "host=\"a,b;for=1.2.3.4\\\", for=5.6.7.8\"; for=192.0.2.43",
            vec![v4],
        ),
        ("for=192.0.2.43, x=\", for=192.0.2.43", vec![None]),
        ("for=\"192\\.0.2.43\"", vec![None]),
        (" , ", vec![]),
    ] {
        assert_eq!(read(ForwardedHeader::Forwarded, line), expected, "{line}");
    }
}

#[test]
fn networks_are_read_or_refused() {
    let read = |text| TrustedProxies::in_networks(text, ForwardedHeader::default());
    for text in ["", " ", "10.0.0.0/8", "127.0.0.1, ::1,fd00::/8"] {
        assert!(read(text).is_ok(), "{text}");
    }
    for text in [
        "10.0.0.0/33",
        "10.0.0.0/8 127.0.0.1",
        "proxy",
        "*",
        "10.0.0/8",
    ] {
        assert_eq!(read(text).unwrap_err(), InvalidNetworks, "{text}");
    }
    let mapped = read("::ffff:10.0.0.1").unwrap();
    assert!(mapped.trusts(PROXY));
}

#[test]
fn whoever_has_a_network_of_64_bits_is_one() {
    let origin = |text: &str| Origin::of(text.parse().unwrap());
    assert_eq!(origin("2001:db8:1:2::1"), origin("2001:db8:1:2:ffff::9"));
    assert_ne!(origin("2001:db8:1:2::1"), origin("2001:db8:1:3::1"));
    assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
}

#[test]
fn an_address_of_version_4_is_the_same_in_both_forms() {
    let proxies = proxies(ForwardedHeader::XForwardedFor);
    let mapped = "::ffff:10.0.0.1".parse().unwrap();
    let headers = HeaderMap::from_iter([(
        X_FORWARDED_FOR,
        HeaderValue::from_static("::ffff:192.0.2.1"),
    )]);
    let client = proxies.client(mapped, &headers);
    assert_eq!(client, IpAddr::from([192, 0, 2, 1]));
}

/// A proxy that does not know its client answers for it.
#[test]
fn who_is_not_named_counts_as_the_proxy() {
    for header in HEADERS {
        let headers = HeaderMap::from_iter([(
            name(header),
            HeaderValue::from_static("for=198.51.100.9, unknown"),
        )]);
        assert_eq!(proxies(header).client(PROXY, &headers), PROXY);
        assert_eq!(proxies(header).client(PROXY, &HeaderMap::new()), PROXY);
    }
}

prop_compose! {
    fn outside()(address in any::<IpAddr>()) -> IpAddr {
        let address = address.to_canonical();
        let header = ForwardedHeader::default();
        if proxies(header).trusts(address) { IpAddr::from([192, 0, 2, 1]) } else { address }
    }
}

/// What a client might write: addresses, ours among them, and anything else.
fn forged_value() -> impl Strategy<Value = HeaderValue> {
    let piece = prop_oneof![
        any::<IpAddr>().prop_map(|it| it.to_string()),
        Just("10.0.0.1".to_owned()),
        Just("for=198.51.100.9".to_owned()),
        Just("for=\"[fd00::2]\"".to_owned()),
        Just("for=\"10.0.0.1".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        "[ -~]{0,12}",
        "[\u{80}-\u{ff}]{1,3}",
    ];
    let separator = prop_oneof![Just(","), Just(", "), Just(";"), Just("")];
    prop::collection::vec((piece, separator), 0..6).prop_map(|pieces| {
        let text: String = pieces.iter().flat_map(|(p, s)| [p.as_str(), s]).collect();
        HeaderValue::from_bytes(text.as_bytes()).unwrap()
    })
}

fn forged() -> impl Strategy<Value = HeaderMap> {
    let name = prop::sample::select(vec![
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "via",
        "host",
    ]);
    prop::collection::vec((name, forged_value()), 0..8).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    })
}

proptest! {
    #[test]
    fn without_a_trusted_proxy_no_header_counts(peer in outside(), headers in forged()) {
        for header in HEADERS {
            prop_assert_eq!(proxies(header).client(peer, &headers), peer);
            prop_assert_eq!(TrustedProxies::default().client(PROXY, &headers), PROXY);
        }
    }

    #[test]
    fn behind_proxies_a_client_comes_from_where_the_first_of_them_saw_it(
        client in outside(),
        headers in forged(),
        in_line in any::<[bool; 2]>(),
    ) {
        let header = ForwardedHeader::XForwardedFor;
        let headers = passed_on(header, headers, client, in_line[0]);
        prop_assert_eq!(proxies(header).client(PROXY, &headers), client);
        let headers = passed_on(header, headers, SECOND_PROXY, in_line[1]);
        prop_assert_eq!(proxies(header).client(PROXY, &headers), client);
    }

    /// With quotes a client can spoil the line that a proxy writes in, and then counts as the
    /// proxy; nobody else can it become.
    #[test]
    fn in_forwarded_a_client_may_hide_but_never_pretend(
        client in outside(),
        headers in forged(),
        in_line in any::<bool>(),
    ) {
        let header = ForwardedHeader::Forwarded;
        let alone = passed_on(header, headers.clone(), client, false);
        prop_assert_eq!(proxies(header).client(PROXY, &alone), client);
        let headers = passed_on(header, headers, client, in_line);
        let seen = proxies(header).client(PROXY, &headers);
        prop_assert!(seen == client || seen == PROXY, "{} {:?}", seen, headers);
    }
}
