//! What is loaded, and how it is built.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use xshell::{Shell, cmd};

use crate::{metadata::Metadata, release};

/// How programs are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Build {
    /// As `cargo xtask release` makes them
    #[default]
    Release,
    /// As `cargo build --release` does
    Plain,
    /// As for the tests, beside which it takes no time; the figures say nothing
    Dev,
}

/// What is loaded.
pub(super) struct Programs {
    build: Build,
    pub(super) tieline: PathBuf,
    pub(super) floor: PathBuf,
    pub(super) callback_floor: PathBuf,
    pub(super) open_loop: PathBuf,
}

impl Build {
    /// Its profile in Cargo, and the folder where that leaves programs.
    fn places(self) -> (&'static str, &'static str) {
        match self {
            Self::Release | Self::Plain => ("release", "release"),
            Self::Dev => ("dev", "debug"),
        }
    }
}

impl Programs {
    /// Builds them, of the same libraries.
    pub(super) fn build(sh: &Shell, build: Build) -> anyhow::Result<Self> {
        let (profile, folder) = build.places();
        eprintln!("bench: building with the profile {profile}");
        let programs: &[&str] = match build {
            Build::Release => {
                release::build(sh, None)?;
                &["--examples"]
            }
            Build::Plain | Build::Dev => &["--bin", "tieline", "--examples"],
        };
        cmd!(
            sh,
            "cargo build --quiet --profile {profile} --package tieline {programs...}"
        )
        .run()
        .with_context(|| format!("with the profile {profile} it does not build"))?;
        let folder = Metadata::read(sh)?.target_directory.join(folder);
        Ok(Self {
            build,
            tieline: folder.join("tieline"),
            floor: folder.join("examples/floor"),
            callback_floor: folder.join("examples/callback_floor"),
            open_loop: folder.join("examples/open_loop"),
        })
    }

    /// The size of the release, if it is one.
    pub(super) fn release_bytes(&self) -> anyhow::Result<Option<u64>> {
        Ok(match self.build {
            Build::Release | Build::Plain => Some(fs::metadata(&self.tieline)?.len()),
            Build::Dev => None,
        })
    }
}
