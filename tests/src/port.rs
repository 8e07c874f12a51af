//! Ports for servers whose address must be known before they start: it is part of the OAuth
//! callback.

use std::{
    net::{Ipv4Addr, TcpListener},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below the range from which systems give ports to outgoing connections.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// How many ports of a process lie beside each other, so that two of them rarely meet.
const STRIDE: u32 = 400;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A loopback port that nobody listens at just now, and that no other test is given.
#[must_use]
pub fn free_port() -> u16 {
    (0..COUNT)
        .map(|_| candidate())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a port of twenty thousand is free")
}

fn candidate() -> u16 {
    let home = u16::try_from(process::id() * STRIDE % u32::from(COUNT)).unwrap_or_default();
    let offset = NEXT.fetch_add(1, Ordering::Relaxed);
    FIRST + home.wrapping_add(offset) % COUNT
}
