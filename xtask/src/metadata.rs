//! What `cargo metadata` tells of the workspace, as far as a task looks at it.

use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;
use xshell::{Shell, cmd};

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// The members only: it is read with `--no-deps`.
    pub(crate) packages: Vec<Package>,
    /// Where cargo builds.
    #[serde(default)]
    pub(crate) target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) manifest_path: PathBuf,
    #[serde(default)]
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) kind: Option<Kind>,
    #[serde(default)]
    pub(crate) optional: bool,
}

/// `cargo metadata` leaves the kind of a normal dependency empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

impl Metadata {
    pub(crate) fn read(sh: &Shell) -> anyhow::Result<Self> {
        let json = cmd!(sh, "cargo metadata --format-version 1 --no-deps")
            .quiet()
            .read()?;
        serde_json::from_str(&json).context("`cargo metadata` printed something unexpected")
    }

    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }
}

impl Dependency {
    pub(crate) fn is_dev(&self) -> bool {
        self.kind == Some(Kind::Dev)
    }

    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            None => "dependency",
            Some(Kind::Dev) => "dev-dependency",
            Some(Kind::Build) => "build-dependency",
        }
    }
}
