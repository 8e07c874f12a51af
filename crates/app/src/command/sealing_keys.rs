//! `tieline sealing-keys`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use tieline_adapter_crypto::{KeyPart, KeyRingSealer};
use tieline_domain::{ports::Clock, sealed::KeyId};

use crate::{config::Settings, keys, logging, system::SystemClock, wiring::Database};

mod list;
mod retire;
mod rotate;

use rotate::Rotate;

#[derive(Debug, Subcommand)]
pub(crate) enum SealingKeys {
    /// Make a key file with one fresh key in each part; there must be none yet
    ///
    /// For many nodes, which all need the same file. A single one makes its own when it first
    /// starts.
    New,
    /// Add a fresh key to the key file; it opens, and does not seal yet
    ///
    /// Give the file to every node then, and start each anew: a key has to be known everywhere
    /// before it seals.
    Add {
        /// The part: storage, for what lies in the database, or state, for what travels
        part: KeyPart,
    },
    /// Show the keys, which of them seals, and how many stored values need each
    List,
    /// Have another key seal, and seal anew what others sealed
    ///
    /// Of storage: servers go on meanwhile, and seal with the new key within seconds. The work is
    /// done in batches; stopped at any moment, it goes on when it is run again. Of state: the key
    /// comes first in the key file, and seals once the nodes have started with it.
    Rotate(Rotate),
    /// Wrap the keys of the key file anew, by the key management service of the settings
    ///
    /// Plain keys are wrapped for the first time, wrapped ones with the newest version of the key
    /// that wraps. The keys themselves stay the same: no node has to know.
    Wrap,
    /// Take a key out of the key file; refused while it seals, or a stored value needs it
    Retire {
        /// The part: storage or state
        part: KeyPart,
        /// The key's id, as `list` shows it
        id: KeyId,
        /// Not to wait until ten minutes after the rotation: no server ran since it began
        #[arg(long)]
        at_once: bool,
    },
}

impl SealingKeys {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        logging::start(settings)?;
        match self {
            Self::New => new(settings).await,
            Self::Add { part } => add(settings, part).await,
            Self::List => list::run(settings).await,
            Self::Rotate(rotate) => rotate.run(settings).await,
            Self::Wrap => wrap(settings).await,
            Self::Retire { part, id, at_once } => retire::run(settings, part, &id, at_once).await,
        }
    }
}

async fn new(settings: &Settings) -> anyhow::Result<()> {
    let path = file(settings)?;
    if path.exists() {
        bail!(
            "the key file {} is there already, and was left as it is",
            path.display()
        );
    }
    keys::generate(settings, &path).await?;
    println!("{} is made.", path.display());
    eprintln!("Keep a copy of it now, apart from the database and its backups.");
    Ok(())
}

async fn add(settings: &Settings, part: KeyPart) -> anyhow::Result<()> {
    let path = file(settings)?;
    let wrapper = keys::wrapper(settings)?;
    let added = keys::change(&path, async |file| {
        let added = file.add(part, &*wrapper, SystemClock.now()).await;
        added.map(Some).context("the new key cannot be wrapped")
    });
    let added = added.await?;
    println!("{}", added.as_ref().map(KeyId::as_str).unwrap_or_default());
    eprintln!(
        "It is in {}, and does not seal yet. Keep a copy of the file, give it to every node, and \
         start each anew; then run: tieline sealing-keys rotate {part}",
        path.display()
    );
    Ok(())
}

async fn wrap(settings: &Settings) -> anyhow::Result<()> {
    let path = file(settings)?;
    if settings.sealing_keys_kms.is_none() {
        bail!("the setting sealing_keys_kms says nothing of who is to wrap them");
    }
    let wrapper = keys::wrapper(settings)?;
    let wrapped = keys::change(&path, async |file| Ok(Some(file.wrap(&*wrapper).await?)));
    let wrapped = wrapped.await?.unwrap_or_default();
    println!("{wrapped} keys of {} are wrapped anew.", path.display());
    eprintln!("Keep a copy of the file, and destroy those in which keys lie as they are.");
    Ok(())
}

/// The key file, to be changed.
fn file(settings: &Settings) -> anyhow::Result<PathBuf> {
    if settings.sealing_keys.is_some() {
        bail!(
            "the keys come from the setting sealing_keys, where they cannot be changed: put its \
             text into a file, name that with sealing_keys_path, and hand its new text on"
        );
    }
    Ok(settings.sealing_keys_path())
}

/// The database, which has to be there with its tables, and the keys of the settings.
async fn opened(settings: &Settings) -> anyhow::Result<(Database, KeyRingSealer)> {
    let Some(file) = keys::read(settings)? else {
        bail!(
            "the key file {} is not there",
            settings.sealing_keys_path().display()
        );
    };
    let wrapper = keys::wrapper(settings)?;
    let ring = keys::open(settings, &file, &*wrapper).await?;
    Ok((database(settings).await?, KeyRingSealer::new(&ring)))
}

async fn database(settings: &Settings) -> anyhow::Result<Database> {
    let database = Database::open_existing(settings).await?;
    if !database.is_current().await? {
        bail!("the tables are not those of this version: run `tieline migrate` first");
    }
    Ok(database)
}
