//! The sealing keys: where they come from, and that they are the right ones.

use std::{io::Write, path::Path};

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use tieline_adapter_crypto::{KeyRing, KeyRingSealer, new_key_file};
use tieline_domain::{
    ports::{KeyCheckStore, OpenError},
    usecase::check_keys,
};

use crate::config::Settings;

/// The key ring of the settings. Makes a key file where there is none, but only for a database
/// that nothing was sealed for.
pub(crate) async fn load(
    settings: &Settings,
    checks: &dyn KeyCheckStore,
) -> anyhow::Result<KeyRing> {
    if let Some(text) = &settings.sealing_keys {
        return Ok(KeyRing::parse(text.expose_secret())?);
    }
    let path = settings.sealing_keys_path();
    if !path.exists() {
        if checks.find().await?.is_some() {
            bail!(
                "the key file {} is missing, but the database holds secrets sealed with it: \
                 restore the file, or name it with sealing_keys_path",
                path.display()
            );
        }
        make(&path).with_context(|| format!("the key file {} cannot be made", path.display()))?;
    }
    KeyRing::read(&path).with_context(|| format!("the key file is {}", path.display()))
}

/// Refuses to go on with keys that do not open what the database holds.
pub(crate) async fn check(
    sealer: &KeyRingSealer,
    checks: &dyn KeyCheckStore,
) -> anyhow::Result<()> {
    match check_keys(sealer, checks).await? {
        Ok(()) => Ok(()),
        Err(OpenError::UnknownKey(id)) => bail!(
            "the database's secrets were sealed with the key {id:?}, which the key file does not \
             have: add it, or start with the key file that belongs to this database"
        ),
        Err(OpenError::Refused) => bail!(
            "the sealing keys are not the ones that this database was sealed with: start with the \
             key file that belongs to it"
        ),
    }
}

fn make(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_private(path, new_key_file().as_bytes())
}

/// Writes a file that only its owner may read, and that must not be there yet.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
