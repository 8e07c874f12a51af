//! The sealing keys: where they come from, and that they are the right ones.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, zeroize::Zeroizing};
use tieline_adapter_crypto::{KeyFile, KeyRing, PlainKeys};
use tieline_domain::{
    ports::{Clock, KeyCheckStore, KeyWrapper, OpenError, SealingKeys},
    usecase::check_keys,
};
use tieline_providers::{Egress, EgressPolicy, VaultKeyWrapper};

use crate::{config::Settings, system::SystemClock};

mod file;

pub(crate) use file::{change, write_private};

/// The keys that the settings lead to.
pub(crate) struct Keys {
    /// The keys.
    pub(crate) ring: KeyRing,
    /// The key file that is still to be made, and its content.
    unwritten: Option<(PathBuf, Zeroizing<String>)>,
}

/// The keys of the settings. Where there is no key file, fresh ones; nothing is written yet.
pub(crate) async fn load(settings: &Settings) -> anyhow::Result<Keys> {
    let wrapper = wrapper(settings)?;
    if let Some(file) = read(settings)? {
        let ring = open(settings, &file, &*wrapper).await?;
        let unwritten = None;
        return Ok(Keys { ring, unwritten });
    }
    let path = settings.sealing_keys_path();
    let file = KeyFile::generate(&*wrapper, SystemClock.now()).await;
    let file = file.with_context(|| {
        let path = path.display();
        format!("the key file {path} is not there, and cannot be made")
    })?;
    let ring = open(settings, &file, &*wrapper).await?;
    let unwritten = Some((path, file.render()));
    Ok(Keys { ring, unwritten })
}

impl Keys {
    /// Makes the key file if there is none, but only for a database that nothing was sealed for.
    pub(crate) async fn keep(&self, checks: &dyn KeyCheckStore) -> anyhow::Result<()> {
        let Some((path, text)) = &self.unwritten else {
            return Ok(());
        };
        if checks.find().await?.is_some() {
            bail!(
                "the key file {} is missing, but the database holds secrets sealed with it: \
                 restore the file, or name it with sealing_keys_path",
                path.display()
            );
        }
        make(path, text)
    }
}

/// The key file of the settings, or the text that stands for it; nothing where there is no file.
pub(crate) fn read(settings: &Settings) -> anyhow::Result<Option<KeyFile>> {
    if let Some(text) = &settings.sealing_keys {
        return Ok(Some(KeyFile::parse(text.expose_secret())?));
    }
    let path = settings.sealing_keys_path();
    let told = || format!("the key file is {}", path.display());
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text.context("it cannot be read").with_context(told)?,
    };
    let file = KeyFile::parse(&Zeroizing::new(text));
    file.map(Some).with_context(told)
}

/// The keys of a key file.
pub(crate) async fn open(
    settings: &Settings,
    file: &KeyFile,
    wrapper: &dyn KeyWrapper,
) -> anyhow::Result<KeyRing> {
    let ring = KeyRing::open(file, wrapper).await;
    ring.with_context(|| match &settings.sealing_keys {
        Some(_) => "the key file is the setting sealing_keys".to_owned(),
        None => format!("the key file is {}", settings.sealing_keys_path().display()),
    })
}

/// Whoever wraps keys for the key file.
pub(crate) fn wrapper(settings: &Settings) -> anyhow::Result<Box<dyn KeyWrapper>> {
    let Some(key) = &settings.sealing_keys_kms else {
        return Ok(Box::new(PlainKeys));
    };
    let key = key.parse().context("setting sealing_keys_kms")?;
    // Where it is the operator says, and nobody else.
    let egress = Egress::new(EgressPolicy {
        allow_private_addresses: true,
        ..EgressPolicy::default()
    })?;
    let token = settings.sealing_keys_kms_token.clone();
    Ok(Box::new(VaultKeyWrapper::new(egress, key, token)))
}

/// Makes a key file with fresh keys; there must be none.
pub(crate) async fn generate(settings: &Settings, path: &Path) -> anyhow::Result<()> {
    let wrapper = wrapper(settings)?;
    let file = KeyFile::generate(&*wrapper, SystemClock.now()).await?;
    make(path, &file.render())
}

/// Refuses to go on with keys that do not open what the database holds; seals with the one that it
/// names.
pub(crate) async fn check(
    keys: &dyn SealingKeys,
    checks: &dyn KeyCheckStore,
) -> anyhow::Result<()> {
    check_keys(keys, checks)
        .await?
        .map_err(|error| told(&error))
}

/// What is wrong with keys that do not open the key check.
pub(crate) fn told(error: &OpenError) -> anyhow::Error {
    match error {
        OpenError::UnknownKey(id) => anyhow::anyhow!(
            "the database's secrets were sealed with the key {id:?}, which the key file does not \
             have: add it, or start with the key file that belongs to this database"
        ),
        OpenError::Refused => anyhow::anyhow!(
            "the sealing keys are not the ones that this database was sealed with: start with the \
             key file that belongs to it"
        ),
    }
}

fn make(path: &Path, text: &str) -> anyhow::Result<()> {
    let told = || format!("the key file {} cannot be made", path.display());
    if let Some(folder) = path.parent() {
        file::make_private_folder(folder).with_context(told)?;
    }
    write_private(path, text.as_bytes()).with_context(told)
}
