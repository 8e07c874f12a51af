use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use xshell::{Shell, cmd};

use crate::services::{Database, Services};

/// The crate whose queries are checked while it is compiled.
const CRATE: &str = "tieline-adapter-postgres";
const MIGRATIONS: &str = "crates/adapter-postgres/migrations";

/// What Postgres says of each query, as the compiler finds it where there is no database.
const DATA: &str = "crates/adapter-postgres/.sqlx";

/// Writes what Postgres says of the queries of its adapter, so that they are checked without it.
///
/// The compiler checks each query of crates/adapter-postgres against a file in its folder `.sqlx`:
/// run this after a change of a query or of a migration. It makes a database of the migrations on
/// a throw-away server (or on the one that `TIELINE_TEST_POSTGRES_URL` names), compiles the crate
/// against it, and removes it again. Needs `psql`, which comes with the server.
#[derive(Args, Default)]
pub(crate) struct Sqlx {
    /// Write nothing, and fail if a file is not what it would be
    #[arg(long)]
    pub(crate) check: bool,
}

impl Sqlx {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let found = describe(sh)?;
        let stored = files(sh, Path::new(DATA))?;
        if found == stored {
            println!("{DATA} is current: {} queries", found.len());
            return Ok(());
        }
        if self.check {
            bail!("{DATA} is not what queries and migrations say: run `cargo xtask sqlx`");
        }
        sh.remove_path(DATA)?;
        for (name, content) in &found {
            sh.write_file(Path::new(DATA).join(name), content)?;
        }
        println!("{DATA} is written: {} queries", found.len());
        Ok(())
    }
}

/// Compiles the crate against a database of its migrations; answers what it says of each query.
fn describe(sh: &Shell) -> anyhow::Result<BTreeMap<String, String>> {
    let services = Services::postgres(sh)?;
    let (_, server) = services.variables().next().context("there is no server")?;
    let database = Database::make(sh, server, "queries")?;
    let mut migrations = sh.read_dir(MIGRATIONS)?;
    migrations.sort();
    for migration in migrations {
        database.execute(&sh.read_file(migration)?)?;
    }
    let folder = sh.current_dir().join("target/sqlx");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;
    // Compiles anew whatever has been compiled: this word has never been there.
    let word = format!("queries=\"{}\"", database.name());
    cmd!(
        sh,
        "cargo rustc --quiet --package {CRATE} --lib -- --cfg {word}"
    )
    .env("DATABASE_URL", database.url())
    .env("SQLX_OFFLINE", "false")
    .env("SQLX_OFFLINE_DIR", &folder)
    .run()
    .context("a query does not fit the tables")?;
    files(sh, &folder)
}

/// The files of a folder and their contents; none where there is no folder.
fn files(sh: &Shell, folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    if !sh.path_exists(folder) {
        return Ok(BTreeMap::new());
    }
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().display().to_string();
        Ok((name, sh.read_file(path)?))
    };
    sh.read_dir(folder)?.into_iter().map(named).collect()
}
