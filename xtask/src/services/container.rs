//! Servers in containers.

use xshell::{Shell, cmd};

use super::{
    data_folder,
    keeper::{Server, Start, free_port},
};

/// A container engine that runs here.
pub(super) struct Engine(&'static str);

/// An image, and how its server is run.
pub(super) struct Image<'a> {
    pub(super) name: &'a str,
    /// Variables of the container, each `NAME=value`.
    pub(super) variables: &'a [&'a str],
    /// The port on which the server listens inside.
    pub(super) port: u16,
    /// The server's own arguments.
    pub(super) arguments: &'a [&'a str],
    /// What it prints until it serves, in this order.
    pub(super) signs: &'a [&'a str],
}

impl Engine {
    /// The first that answers.
    pub(super) fn find(sh: &Shell) -> Option<Self> {
        let answers = |engine: &&str| {
            let info = cmd!(sh, "{engine} info").quiet();
            info.ignore_stdout().ignore_stderr().run().is_ok()
        };
        ["docker", "podman"].into_iter().find(answers).map(Self)
    }

    /// Runs a container of an image, which is fetched if need be.
    pub(super) fn start(
        &self,
        sh: &Shell,
        image: &Image<'_>,
        url: impl FnOnce(u16) -> String,
    ) -> anyhow::Result<Server> {
        let (engine, name) = (self.0, image.name);
        cmd!(sh, "{engine} pull --quiet {name}")
            .quiet()
            .ignore_stdout()
            .run()?;
        let port = free_port()?;
        let data = data_folder(sh, &format!("{engine}-{port}"))?;
        Server::start(Start {
            command: self.command(image, port),
            signal: "INT",
            data,
            signs: image.signs,
            url: url(port),
        })
    }

    /// The container is gone once it has ended; an interrupt reaches the server in it.
    fn command(&self, image: &Image<'_>, port: u16) -> Vec<String> {
        let published = format!("127.0.0.1:{port}:{}", image.port);
        let run = [self.0, "run", "--rm", "--publish", &published];
        let variables = image.variables.iter().flat_map(|it| ["--env", it]);
        let words = run.into_iter().chain(variables).chain([image.name]);
        let words = words.chain(image.arguments.iter().copied());
        words.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_published_on_the_loopback_address_alone() {
        let image = Image {
            name: "redis:7",
            variables: &["A=b"],
            port: 6379,
            arguments: &["redis-server"],
            signs: &[],
        };
        let command = Engine("podman").command(&image, 4000).join(" ");
        assert_eq!(
            command,
            "podman run --rm --publish 127.0.0.1:4000:6379 --env A=b redis:7 redis-server"
        );
    }
}
