//! Names to addresses that may be called.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::address::is_public;

/// The system's resolver, of whose answers only the public addresses are kept. A connection is
/// made to what was vetted here and to nothing else, so a name cannot change its mind in between.
#[derive(Debug)]
pub(super) struct PublicResolver;

/// The system's resolver with all of its answers.
#[derive(Debug)]
pub(super) struct SystemResolver;

/// A name has addresses, none of them public.
#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
pub(super) struct NoPublicAddress;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let mut addresses = look_up(&name).await?;
            addresses.retain(|address| is_public(address.ip()));
            if addresses.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move { Ok(Box::new(look_up(&name).await?.into_iter()) as Addrs) })
    }
}

async fn look_up(name: &Name) -> std::io::Result<Vec<SocketAddr>> {
    // The connector puts the URL's port in the place of 0.
    Ok(lookup_host((name.as_str(), 0)).await?.collect())
}
