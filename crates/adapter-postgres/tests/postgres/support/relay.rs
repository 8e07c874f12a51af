//! Stand-ins for what may be between the program and its server. They know the protocol as far as
//! its messages begin and end, and relay one exchange after the other.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use super::database::server_address;

/// The code of a client's first message that asks for TLS.
const TLS_REQUEST: [u8; 4] = 80_877_103_i32.to_be_bytes();

/// Listens on a free port, and gives each client to `serve` on a thread of its own.
pub(crate) fn listen(serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, serve) = (client.unwrap(), serve.clone());
            client.set_nodelay(true).unwrap();
            // A client that goes away is none of the test's business.
            thread::spawn(move || serve(client));
        }
    });
    port
}

/// Reads a client's first message; `true` if it asks for TLS.
pub(crate) fn read_first(client: &mut impl Read) -> io::Result<(Vec<u8>, bool)> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut message = length.to_vec();
    message.resize(u32::from_be_bytes(length) as usize, 0);
    client.read_exact(&mut message[4..])?;
    let asks = message[4..8] == TLS_REQUEST;
    Ok((message, asks))
}

/// Connects to the server with a client's first message, and answers what the server said to it.
pub(crate) fn log_in(startup: &[u8]) -> io::Result<(TcpStream, Vec<u8>)> {
    let mut server = TcpStream::connect(server_address())?;
    server.set_nodelay(true)?;
    server.write_all(startup)?;
    let mut said = Vec::new();
    loop {
        let message = read_message(&mut server)?;
        let asks_for_password = message[0] == b'R' && message[5..9] != [0; 4];
        assert!(!asks_for_password, "a relay of the tests knows no password");
        said.extend_from_slice(&message);
        if message[0] == b'Z' || message[0] == b'E' {
            return Ok((server, said));
        }
    }
}

/// Relays until the client goes away. Whenever no transaction is open, the next exchange goes to
/// the next of the servers.
pub(crate) fn relay(client: &mut (impl Read + Write), servers: &mut [TcpStream]) -> io::Result<()> {
    let mut exchanges = 0;
    loop {
        let server = &mut servers[exchanges % servers.len()];
        while !relay_one(client, server, b"SQX")? {}
        let mut last = Vec::new();
        while last.first() != Some(&b'Z') {
            last = read_message(server)?;
            client.write_all(&last)?;
        }
        client.flush()?;
        let is_idle = last.last() == Some(&b'I');
        exchanges += usize::from(is_idle);
    }
}

/// Relays a message; answers whether it is of these kinds.
fn relay_one(from: &mut impl Read, to: &mut impl Write, kinds: &[u8]) -> io::Result<bool> {
    let message = read_message(from)?;
    to.write_all(&message)?;
    Ok(kinds.contains(&message[0]))
}

fn read_message(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut message = vec![0; 5];
    from.read_exact(&mut message)?;
    let length = u32::from_be_bytes([message[1], message[2], message[3], message[4]]);
    message.resize(1 + length as usize, 0);
    from.read_exact(&mut message[5..])?;
    Ok(message)
}
