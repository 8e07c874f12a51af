//! `cargo xtask release`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use xshell::{Shell, cmd};

use crate::{bench, metadata::Metadata, packages};

/// The release, with its code laid out in the order in which a server runs it.
///
/// Builds the release, has it mint for a quarter of a minute to see what of it is run, and has BOLT
/// (of LLVM, 19 or newer) put that side by side: a mint goes through code from all over the program,
/// of which a processor keeps little near. What comes of it is `target/release/tieline`, which
/// mints up to half as many URLs again (docs/PERFORMANCE.md) and is a quarter larger. BOLT and wrk
/// are installed where they are missing if that can be done (as root on Debian or Ubuntu). Needs
/// Linux on x86-64; elsewhere, `cargo build --release` makes the same program in the usual layout.
#[derive(Args)]
pub(crate) struct Release {
    /// Without the sandbox
    #[arg(long)]
    no_default_features: bool,
}

impl Release {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let features = self.no_default_features.then_some("--no-default-features");
        let program = build(sh, features)?;
        println!("{}", program.display());
        Ok(())
    }
}

/// Builds it, with these features; answers where it is.
pub(crate) fn build(sh: &Shell, features: Option<&str>) -> anyhow::Result<PathBuf> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "code is laid out on Linux and x86-64 alone: run `cargo build --release`"
    );
    let bolt = Bolt::find(sh)?;
    eprintln!("release: building");
    // BOLT moves code, and has to know what refers to it, and its names.
    cmd!(
        sh,
        "cargo rustc --quiet --release --locked --package tieline --bin tieline {features...} --
         -C strip=none -C link-arg=-Wl,--emit-relocs"
    )
    .run()
    .context("the release does not build")?;
    let target = Metadata::read(sh)?.target_directory;
    let program = target.join("release/tieline");
    let folder = sh.create_dir(target.join("release-layout"))?;
    let layout = bolt.lay_out(&program, &folder);
    layout.context("its code could not be laid out; `cargo build --release` leaves it as it is")?;
    fs::rename(folder.join(LAID_OUT), &program)?;
    Ok(program)
}

/// LLVM's program that moves code about in other programs.
struct Bolt<'a> {
    sh: &'a Shell,
    /// Its file: it looks for what it needs beside that, and an older one follows no link.
    program: PathBuf,
}

/// What Debian and Ubuntu call it: any newer one will do.
const PACKAGE: &str = "bolt-19";
const VERSIONS: &[&str] = &["", "-22", "-21", "-20", "-19"];

const INSTRUMENTED: &str = "tieline-instrumented";
const LAID_OUT: &str = "tieline-laid-out";

/// What was run is moved to the end, blocks that follow one another side by side, those that were
/// not run apart; what was never run stays where it is, which keeps the program small.
const LAYOUT: &[&str] = &[
    "--lite",
    "--reorder-functions=cdsort",
    "--reorder-blocks=ext-tsp",
    "--split-functions",
    "--split-eh",
    "--no-huge-pages",
    "--remove-symtab",
];

impl<'a> Bolt<'a> {
    /// Installs it where it is missing.
    fn find(sh: &'a Shell) -> anyhow::Result<Self> {
        let named = || {
            let mut names = VERSIONS.iter().map(|version| format!("llvm-bolt{version}"));
            names.find_map(|name| packages::find(sh, &name))
        };
        if named().is_none() {
            packages::install(sh, &[PACKAGE]).context("`llvm-bolt` is missing")?;
        }
        let program = named().context("there is still no `llvm-bolt`")?;
        Ok(Self { sh, program })
    }

    fn lay_out(&self, program: &Path, folder: &Path) -> anyhow::Result<()> {
        let (instrumented, laid_out) = (folder.join(INSTRUMENTED), folder.join(LAID_OUT));
        let profile = folder.join("profile");
        self.sh.remove_path(&profile)?;
        eprintln!("release: seeing what of it is run");
        let watch = format!("--instrumentation-file={}", profile.display());
        self.make(&instrumented, program, &["--instrument", &watch])?;
        bench::exercise(self.sh, &instrumented)?;
        eprintln!("release: laying it out");
        let profile = format!("--data={}", profile.display());
        self.make(&laid_out, program, &[&[profile.as_str()], LAYOUT].concat())
    }

    /// Makes another program of one.
    fn make(&self, other: &Path, program: &Path, options: &[&str]) -> anyhow::Result<()> {
        let bolt = &self.program;
        let command = cmd!(self.sh, "{bolt} {program} -o {other} {options...}");
        let told = command.quiet().ignore_status().output()?;
        let complaint = String::from_utf8_lossy(&told.stderr);
        let last = complaint.lines().next_back().unwrap_or_default();
        let bolt = bolt.display();
        ensure!(
            told.status.success(),
            "`{bolt}` ended with {}: {last}",
            told.status
        );
        Ok(())
    }
}
