//! Where a request comes from: the address on which limits count. What a client says of itself
//! counts for nothing, what a trusted proxy says of its client does.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use ipnet::IpNet;

mod hops;
#[cfg(test)]
mod tests;

use hops::Hop;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word counts, and the header in which they give it. By default there are none,
/// and the address is the one at the other end of the connection.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

/// The one header that proxies tell their client's address in. There is no looking at the other
/// one as well: a proxy passes on unseen what it does not write itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`, as of RFC 7239.
    Forwarded,
}

/// A text that does not name networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be networks such as 10.0.0.0/8, or addresses, separated by commas")]
pub struct InvalidNetworks;

/// Whose requests are counted together: one address of IPv4, or the network of 64 bits that an
/// address of IPv6 is out of, since whoever has one has all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl TrustedProxies {
    /// The proxies in these networks, which are separated by commas.
    pub fn in_networks(text: &str, header: ForwardedHeader) -> Result<Self, InvalidNetworks> {
        let named = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let networks: Option<Vec<IpNet>> = named.map(network).collect();
        let networks = networks.ok_or(InvalidNetworks)?;
        Ok(Self { networks, header })
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Whether every address counts as a proxy's, so that clients say themselves who they are.
    #[must_use]
    pub fn trusts_everybody(&self) -> bool {
        self.networks
            .iter()
            .any(|network| network.prefix_len() == 0)
    }

    /// Where a request comes from. Where nobody noted the other end of the connection, all come
    /// from the same place.
    pub(crate) fn origin(&self, parts: &Parts) -> Origin {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Origin::of(self.client(peer, &parts.headers))
    }

    /// The address that is nearest to us and no trusted proxy's. From the other end of the
    /// connection it goes back, hop by hop, as long as it is a trusted proxy that says where it had
    /// the request from.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        for hop in self.hops(headers).into_iter().rev() {
            // A proxy that names no address keeps its own.
            let Hop::Address(address) = hop else { break };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    /// All hops that are told, the nearest last.
    fn hops(&self, headers: &HeaderMap) -> Vec<Hop> {
        let (name, read): (_, fn(&str) -> Vec<Hop>) = match self.header {
            ForwardedHeader::XForwardedFor => (X_FORWARDED_FOR, hops::x_forwarded_for),
            ForwardedHeader::Forwarded => (header::FORWARDED, hops::forwarded),
        };
        let lines = headers.get_all(name).iter();
        // What is no text is a client's; what a proxy wrote behind it counts all the same.
        let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()));
        lines.flat_map(|line| read(&line)).collect()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// A network, or the one address that is named.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().ok();
    network.or_else(|| {
        let address: IpAddr = text.parse().ok()?;
        Some(address.to_canonical().into())
    })
}

impl Origin {
    fn of(client: IpAddr) -> Self {
        Self(match client {
            IpAddr::V4(_) => client,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
