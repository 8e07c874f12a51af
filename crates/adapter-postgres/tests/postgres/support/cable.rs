//! A cable to the server, which a test can pull out.

use std::{
    io::{self, copy},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::relay;

/// Relays whatever either side says, as long as it is plugged in. Pulled out, it cuts all
/// connections, and keeps those who come meanwhile waiting for the first word.
#[derive(Clone)]
pub(crate) struct Cable {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_out: bool,
    /// Both ends of each connection.
    ends: Vec<TcpStream>,
}

impl Cable {
    /// A cable, plugged in, to what listens there.
    pub(crate) fn to(address: (String, u16)) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let port = relay::listen({
            let state = Arc::clone(&state);
            move |client| serve(&client, &address, &state)
        });
        Self { port, state }
    }

    /// Where the near end is, `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn pull_out(&self) {
        let mut state = lock(&self.state);
        state.is_out = true;
        cut(&mut state);
    }

    pub(crate) fn plug_in(&self) {
        let mut state = lock(&self.state);
        state.is_out = false;
        // Those who came meanwhile have to come again.
        cut(&mut state);
    }
}

fn serve(client: &TcpStream, address: &(String, u16), state: &Mutex<State>) -> io::Result<()> {
    let server = {
        let mut state = lock(state);
        state.ends.push(client.try_clone()?);
        if state.is_out {
            return Ok(());
        }
        let server = TcpStream::connect(address)?;
        server.set_nodelay(true)?;
        state.ends.push(server.try_clone()?);
        server
    };
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        // Whoever hangs up here is heard of there.
        let _ = copy(&mut from_client, &mut to_server);
        to_server.shutdown(Shutdown::Both)
    });
    let copied = copy(&mut &server, &mut &*client);
    client.shutdown(Shutdown::Both)?;
    copied.map(drop)
}

fn cut(state: &mut State) {
    for end in state.ends.drain(..) {
        // It may have hung up before.
        let _ = end.shutdown(Shutdown::Both);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
