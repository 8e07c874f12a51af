//! Redis, or Valkey.

use xshell::Shell;

use super::{
    Kind,
    container::{Engine, Image},
    data_folder,
    keeper::{Server, Start, free_port},
    programs,
};

pub(super) const KIND: Kind = Kind {
    name: "Redis",
    variable: "TIELINE_TEST_REDIS_URL",
    package: "redis-server",
    start,
    start_in,
};

/// Keeps nothing: a server that may be gone at any moment is what the program has to live with.
const SETTINGS: [&str; 4] = ["--save", "", "--appendonly", "no"];

/// What it prints when it serves.
const SIGN: &str = "Ready to accept connections";

fn start(sh: &Shell) -> anyhow::Result<Option<Server>> {
    let names = ["redis-server", "valkey-server"];
    let found = names.iter().find_map(|name| programs::find(sh, name, &[]));
    let Some(program) = found else {
        return Ok(None);
    };
    let port = free_port()?;
    let data = data_folder(sh, &format!("redis-{port}"))?;
    let (program, folder) = (program.display().to_string(), data.display().to_string());
    let port_text = port.to_string();
    let own = [
        "--bind",
        "127.0.0.1",
        "--port",
        &port_text,
        "--dir",
        &folder,
    ];
    let words = [program.as_str()].into_iter().chain(own).chain(SETTINGS);
    Server::start(Start {
        command: words.map(str::to_owned).collect(),
        signal: "TERM",
        data,
        signs: &[SIGN],
        url: url(port),
    })
    .map(Some)
}

fn start_in(sh: &Shell, engine: &Engine) -> anyhow::Result<Server> {
    let command = ["redis-server"].into_iter().chain(SETTINGS);
    let image = Image {
        name: "redis:7",
        variables: &[],
        port: 6379,
        arguments: &command.collect::<Vec<_>>(),
        signs: &[SIGN],
    };
    engine.start(sh, &image, url)
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
