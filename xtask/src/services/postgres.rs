//! Postgres.

use std::path::{Path, PathBuf};

use anyhow::Context;
use xshell::{Shell, cmd};

use super::{
    Kind,
    container::{Engine, Image},
    data_folder,
    keeper::{Server, Start, free_port},
    programs,
};

pub(super) const KIND: Kind = Kind {
    name: "Postgres",
    variable: "TIELINE_TEST_POSTGRES_URL",
    package: "postgresql",
    start: |sh| start(sh, &FORGETFUL),
    start_in: |sh, engine| start_in(sh, engine, &FORGETFUL),
};

/// The same with every commit on the disk before it is answered, for measuring.
pub(super) const DURABLE: Kind = Kind {
    start: |sh| start(sh, &[]),
    start_in: |sh, engine| start_in(sh, engine, &[]),
    ..KIND
};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Connections are for many tests at once.
const SETTINGS: [&str; 2] = ["max_connections=300", "lc_messages=C"];

/// A power cut may take all of it.
const FORGETFUL: [&str; 2] = ["fsync=off", "full_page_writes=off"];

/// What it prints when it serves.
const SIGN: &str = "database system is ready to accept connections";

/// The client with which a task talks to Postgres.
pub(crate) fn psql(sh: &Shell) -> anyhow::Result<PathBuf> {
    program(sh, "psql").context("there is no `psql` here: Debian has it in postgresql-client")
}

fn program(sh: &Shell, name: &str) -> Option<PathBuf> {
    programs::find(sh, name, &programs::versioned(Path::new(VERSIONS), "bin"))
}

fn start(sh: &Shell, more: &[&str]) -> anyhow::Result<Option<Server>> {
    let (Some(initdb), Some(postgres)) = (program(sh, "initdb"), program(sh, "postgres")) else {
        return Ok(None);
    };
    let port = free_port()?;
    let name = format!("postgres-{port}");
    let account = Account::find(sh)?;
    let data = account.folder(sh, data_folder(sh, &name)?, &name)?;
    make(sh, &account, &initdb, &data)?;
    Server::start(Start {
        command: account.command(&serve(&postgres, &data, port, more)),
        signal: "INT",
        data,
        signs: &[SIGN],
        url: url(port),
    })
    .map(Some)
}

/// Fills the folder with an empty database, without waiting for the disk.
fn make(sh: &Shell, account: &Account, initdb: &Path, data: &Path) -> anyhow::Result<()> {
    let options = [
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-locale",
    ];
    let mut words = vec![initdb.display().to_string()];
    words.extend(options.map(str::to_owned));
    words.extend(["--no-sync".to_owned(), data.display().to_string()]);
    let command = account.command(&words);
    Ok(cmd!(sh, "env {command...}").quiet().ignore_stdout().run()?)
}

fn serve(postgres: &Path, data: &Path, port: u16, more: &[&str]) -> Vec<String> {
    // Only over the network of this machine: a socket's path is soon too long.
    let place = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
    let mut words = vec![postgres.display().to_string()];
    words.extend(["-D".to_owned(), data.display().to_string()]);
    words.extend(["-p".to_owned(), port.to_string()]);
    words.extend(
        place
            .iter()
            .chain(&SETTINGS)
            .chain(more)
            .flat_map(|setting| set(setting)),
    );
    words
}

fn set(setting: &str) -> [String; 2] {
    ["-c".to_owned(), setting.to_owned()]
}

fn start_in(sh: &Shell, engine: &Engine, more: &[&str]) -> anyhow::Result<Server> {
    let mut command = vec!["postgres"];
    let settings = SETTINGS.iter().chain(more);
    command.extend(settings.flat_map(|setting| ["-c", setting]));
    let image = Image {
        name: "postgres:17",
        variables: &["POSTGRES_HOST_AUTH_METHOD=trust"],
        port: 5432,
        arguments: &command,
        // While it makes its database it serves for a moment, to nobody else.
        signs: &["init process complete", SIGN],
    };
    engine.start(sh, &image, url)
}

fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// Who runs the server: it refuses to run as root.
enum Account {
    Own,
    Other { user: &'static str, group: String },
}

impl Account {
    fn find(sh: &Shell) -> anyhow::Result<Self> {
        if !programs::is_root(sh) {
            return Ok(Self::Own);
        }
        let other = ["postgres", "nobody"]
            .into_iter()
            .find(|name| programs::is_user(sh, name));
        let user = other.context("there is neither a user `postgres` nor a user `nobody`")?;
        let group = cmd!(sh, "id -g {user}").quiet().read()?;
        Ok(Self::Other { user, group })
    }

    /// The command as it is to be run.
    fn command(&self, words: &[String]) -> Vec<String> {
        let Self::Other { user, group } = self else {
            return words.to_vec();
        };
        let switch = [
            "setpriv",
            "--reuid",
            user,
            "--regid",
            group,
            "--init-groups",
            "--",
        ];
        let switch = switch.map(str::to_owned);
        switch.iter().chain(words).cloned().collect()
    }

    /// The folder, if whoever runs the server can enter it; else one among temporary files.
    fn folder(&self, sh: &Shell, folder: PathBuf, name: &str) -> anyhow::Result<PathBuf> {
        let Self::Other { user, .. } = self else {
            return Ok(folder);
        };
        cmd!(sh, "chown {user} {folder}").quiet().run()?;
        let path = folder.display().to_string();
        let enter = self.command(&["test", "-w", &path].map(str::to_owned));
        if cmd!(sh, "env {enter...}")
            .quiet()
            .ignore_stderr()
            .run()
            .is_ok()
        {
            return Ok(folder);
        }
        sh.remove_path(&folder)?;
        let folder = sh.create_dir(std::env::temp_dir().join(format!("tieline-{name}")))?;
        cmd!(sh, "chown {user} {folder}").quiet().run()?;
        Ok(folder)
    }
}
