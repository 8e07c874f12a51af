//! Databases of a task's own on a Postgres server.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use xshell::{Shell, cmd};

use super::psql;

/// An empty database that is removed when this is dropped.
pub(crate) struct Database<'a> {
    sh: &'a Shell,
    psql: PathBuf,
    server: &'a str,
    name: String,
    url: String,
}

impl<'a> Database<'a> {
    /// Makes one on this server, for what `word` says.
    pub(crate) fn make(sh: &'a Shell, server: &'a str, word: &str) -> anyhow::Result<Self> {
        let name = format!("tieline_{word}_{}", std::process::id());
        let url = with_database(server, &name)?;
        let psql = psql(sh)?;
        let database = Self {
            sh,
            psql,
            server,
            name,
            url,
        };
        let name = &database.name;
        database.ask(server, &format!("CREATE DATABASE {name}"))?;
        Ok(database)
    }

    /// Runs these statements in it; answers what they give.
    pub(crate) fn execute(&self, sql: &str) -> anyhow::Result<String> {
        self.ask(&self.url, sql)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn ask(&self, url: &str, sql: &str) -> anyhow::Result<String> {
        let psql = &self.psql;
        let options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"];
        let run = cmd!(self.sh, "{psql} {options...} --set ON_ERROR_STOP=1 {url}");
        // The command is not quoted: the URL in it may hold a password.
        run.quiet()
            .stdin(sql)
            .read()
            .map_err(|_| anyhow!("psql failed: what it said stands above"))
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _left_behind = self.ask(self.server, &sql);
    }
}

/// The URL of another database on the same server.
fn with_database(server: &str, name: &str) -> anyhow::Result<String> {
    let (address, parameters) = match server.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (server, String::new()),
    };
    let (scheme, rest) = address
        .split_once("://")
        .context("the server's URL is none")?;
    let place = rest.split('/').next().unwrap_or_default();
    Ok(format!("{scheme}://{place}/{name}{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_is_on_the_same_server() {
        for (server, expected) in [
            ("postgres://host", "postgres://host/new"),
            (
                "postgres://a:b@host:5433/old",
                "postgres://a:b@host:5433/new",
            ),
            (
                "postgresql://host/old?sslmode=require",
                "postgresql://host/new?sslmode=require",
            ),
        ] {
            assert_eq!(with_database(server, "new").unwrap(), expected);
        }
    }
}
