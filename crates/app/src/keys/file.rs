//! Writing files that hold keys.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use secrecy::zeroize::Zeroizing;
use tieline_adapter_crypto::KeyFile;

/// Changes a key file: whoever reads it, at whatever moment, sees it before or after the change. Of
/// many who change it at once, one does so after the other. Where the `work` fails, or says that it
/// changed nothing, the file stays as it is.
pub(crate) async fn change<T>(
    path: &Path,
    work: impl AsyncFnOnce(&mut KeyFile) -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Option<T>> {
    let told = || format!("the key file is {}", path.display());
    // Behind a link lies the file that others read.
    let path = fs::canonicalize(path)
        .context("it cannot be found")
        .with_context(told)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let _turn = lock(folder)
        .context("its folder cannot be locked")
        .with_context(told)?;
    let text = fs::read_to_string(&path)
        .context("it cannot be read")
        .with_context(told)?;
    let mut file = KeyFile::parse(&Zeroizing::new(text)).with_context(told)?;
    let outcome = work(&mut file).await?;
    if outcome.is_some() {
        replace(&path, file.render().as_bytes())
            .context("it cannot be changed")
            .with_context(told)?;
    }
    Ok(outcome)
}

/// Writes a file that only its owner may read, and that must not be there yet.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes a folder that only its owner may enter, unless it is there.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// A turn that lasts until it is dropped: of a folder, since the file itself is replaced.
#[cfg(unix)]
fn lock(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    folder.lock()?;
    Ok(folder)
}

#[cfg(not(unix))]
fn lock(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Puts a new file in the place of another, with the same owner.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        // Somebody was killed before it took its place.
        _ => {}
    }
    write_private(&beside, content)?;
    let placed = keep_owner(path, &beside).and_then(|()| fs::rename(&beside, path));
    if placed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    placed?;
    #[cfg(unix)]
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()?;
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Whoever could read the old file for a good reason can read the new one: its owner, and the group
/// if the mode let it; nobody else, whatever the mode was.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let (old, own) = (fs::metadata(old)?, fs::metadata(new)?);
    if (old.uid(), old.gid()) != (own.uid(), own.gid()) {
        chown(new, Some(old.uid()), Some(old.gid()))?;
    }
    let mode = 0o600 | (old.mode() & 0o040);
    fs::set_permissions(new, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
