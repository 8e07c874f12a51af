//! `tieline sealing-keys rotate`.

use anyhow::{Context, bail};
use clap::{Args, value_parser};
use tieline_adapter_crypto::{KeyEntry, KeyFile, KeyPart, KeyRingSealer};
use tieline_domain::{
    ports::{Clock, Stores},
    sealed::KeyId,
    usecase::{RotateError, RotateSealingKey, Rotation, RotationStep},
};

use crate::{config::Settings, keys, system::SystemClock};

/// How many values that do not open are told of one by one.
const TOLD: u32 = 10;

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The part: storage or state
    part: KeyPart,
    /// The key that is to seal, by its id as `list` shows it; without it, the newest one
    #[arg(long, value_name = "ID")]
    to: Option<KeyId>,
    /// How many stored values are sealed anew, and committed, at a time
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 200,
        value_parser = value_parser!(u32).range(1..=10_000)
    )]
    batch: u32,
}

impl Rotate {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        match self.part {
            KeyPart::Storage => self.rotate_storage(settings).await,
            KeyPart::State => self.rotate_state(settings).await,
        }
    }

    async fn rotate_storage(&self, settings: &Settings) -> anyhow::Result<()> {
        let Some(file) = keys::read(settings)? else {
            bail!(
                "the key file {} is not there",
                settings.sealing_keys_path().display()
            );
        };
        let to = self.target(&file)?;
        let (database, sealer) = super::opened(settings).await?;
        let rotated = self.rotate(&database.stores(), &sealer, &to).await;
        database.close().await;
        tell(&to, rotated?)
    }

    async fn rotate(
        &self,
        stores: &Stores,
        sealer: &KeyRingSealer,
        to: &KeyId,
    ) -> anyhow::Result<Rotation> {
        let mut closed = 0;
        let mut tell = |step| tell_step(to, &step, &mut closed);
        let rotation = RotateSealingKey {
            stores,
            keys: sealer,
            to,
            batch: self.batch,
            now: SystemClock.now(),
            tell: &mut tell,
        };
        match rotation.run().await {
            Ok(rotated) => Ok(rotated),
            Err(RotateError::WrongKeys(error)) => Err(keys::told(&error)),
            Err(error) => Err(error)
                .context("the rotation stopped; run it again, what is sealed anew stays so"),
        }
    }

    async fn rotate_state(&self, settings: &Settings) -> anyhow::Result<()> {
        let path = super::file(settings)?;
        let first = keys::change(&path, async |file| {
            let to = self.target(file)?;
            if !file.promote(KeyPart::State, &to) {
                bail!("there is no state key {:?}", to.as_str());
            }
            Ok(Some(to))
        });
        if let Some(first) = first.await? {
            println!(
                "{first} is the first of the state keys in {}.",
                path.display()
            );
            eprintln!("Give the file to every node, and start each anew: then it seals.");
        }
        Ok(())
    }

    /// The key that is named, else the newest.
    fn target(&self, file: &KeyFile) -> anyhow::Result<KeyId> {
        if let Some(to) = &self.to {
            return Ok(to.clone());
        }
        let keys = file.keys(self.part);
        let newest = keys.iter().max_by_key(|key| key.made);
        let is_newest = |key: &&KeyEntry| Some(key.made) == newest.map(|newest| newest.made);
        match keys.iter().filter(is_newest).collect::<Vec<_>>()[..] {
            [newest] => Ok(newest.id.clone()),
            _ => bail!("the key file does not say which key is the newest: name one with --to"),
        }
    }
}

fn tell_step(to: &KeyId, step: &RotationStep, closed: &mut u32) {
    match step {
        RotationStep::Chosen => eprintln!("{to} seals from now on"),
        RotationStep::Resealed {
            column,
            seen,
            of,
            resealed,
        } => {
            let column = column.as_str();
            let of = of.max(seen);
            eprintln!("{column}: {seen} of {of} seen, {resealed} just sealed anew");
        }
        RotationStep::Closed { place, error } => {
            *closed += 1;
            if *closed <= TOLD {
                eprintln!(
                    "{} of {} in the environment {}: {error}",
                    place.column.as_str(),
                    place.row,
                    place.environment_id
                );
            }
        }
    }
}

fn tell(to: &KeyId, rotated: Rotation) -> anyhow::Result<()> {
    let Rotation {
        resealed,
        closed,
        left,
    } = rotated;
    println!("{to} seals. Sealed anew: {resealed} values.");
    if left > 0 {
        bail!(
            "{left} values were sealed with another key meanwhile, by a server that had not looked \
             yet or by another rotation: run this again in a minute"
        );
    }
    if closed > 0 {
        bail!("{closed} values do not open, and were left as they are; the first are named above");
    }
    Ok(())
}
