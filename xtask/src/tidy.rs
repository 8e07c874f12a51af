mod manifest;
mod text;

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use clap::Args;
use xshell::{Shell, cmd};

use crate::metadata::{Metadata, Package};

/// Checks what no compiler checks: manifests, file names, sizes, words that do not belong.
///
/// Every member inherits the lints, takes its dependencies from the workspace, and is there where
/// the image is built; no mod.rs, no Rust file over 600 lines, no lint switched off without a word,
/// no package registry and no path of somebody's machine in any file under version control (or about
/// to be: whatever `.gitignore` does not exclude).
#[derive(Args)]
pub(crate) struct Tidy {}

impl Tidy {
    #[expect(clippy::unused_self, reason = "every task runs the same way")]
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        check(sh)
    }
}

const IMAGE_CONTEXT: &str = "deploy/Dockerfile.dockerignore";

pub(crate) fn check(sh: &Shell) -> anyhow::Result<()> {
    let packages = Metadata::read(sh)?.packages;
    let mut faults = manifest_faults(sh, &packages)?;
    faults.extend(image_faults(sh, &packages)?);
    for path in files(sh)? {
        // What is not UTF-8 is no text: an image, say.
        if let Ok(content) = String::from_utf8(sh.read_binary_file(&path)?) {
            faults.extend(text::faults(&path, &content));
        }
    }
    if faults.is_empty() {
        println!("everything is tidy");
        return Ok(());
    }
    for fault in &faults {
        println!("{fault}");
    }
    bail!("{} things are not tidy", faults.len())
}

fn manifest_faults(sh: &Shell, packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let root = sh.current_dir();
    let mut faults = Vec::new();
    for package in packages {
        let path = package
            .manifest_path
            .strip_prefix(&root)
            .unwrap_or(&package.manifest_path);
        let manifest = sh.read_file(path)?;
        let manifest =
            toml::from_str(&manifest).with_context(|| format!("{} is not TOML", path.display()))?;
        faults.extend(manifest::faults(&path.display().to_string(), &manifest));
    }
    Ok(faults)
}

/// The image is built of what its `.dockerignore` lets through, and cargo builds nothing where a
/// member is missing.
fn image_faults(sh: &Shell, packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let root = sh.current_dir();
    let let_through = sh.read_file(IMAGE_CONTEXT)?;
    let let_through: Vec<_> = let_through
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    let folders = packages.iter().filter_map(|package| {
        let path = package.manifest_path.strip_prefix(&root).ok()?;
        path.iter().next()?.to_str()
    });
    let missing: BTreeSet<_> = folders
        .filter(|folder| !let_through.contains(folder))
        .collect();
    let told =
        |folder| format!("{IMAGE_CONTEXT} leaves out {folder}, of which cargo needs a member");
    Ok(missing.into_iter().map(told).collect())
}

/// The files under version control, and those that would be with the next `git add`.
fn files(sh: &Shell) -> anyhow::Result<Vec<String>> {
    let listed = cmd!(sh, "git ls-files --cached --others --exclude-standard -z")
        .quiet()
        .read()?;
    let is_file = |path: &&str| sh.current_dir().join(path).is_file();
    let mut files: Vec<String> = listed
        .split_terminator('\0')
        .filter(is_file)
        .map(str::to_owned)
        .collect();
    files.dedup();
    Ok(files)
}
