//! `tieline sealing-keys retire`.

use anyhow::bail;
use tieline_adapter_crypto::{KeyFile, KeyPart};
use tieline_domain::{
    ports::Clock,
    sealed::KeyId,
    usecase::{StillNeeded, still_needed},
};

use crate::{config::Settings, keys, system::SystemClock};

pub(super) async fn run(
    settings: &Settings,
    part: KeyPart,
    id: &KeyId,
    at_once: bool,
) -> anyhow::Result<()> {
    let path = super::file(settings)?;
    let retired = keys::change(&path, async |file| {
        check_file(file, part, id)?;
        if part == KeyPart::Storage {
            check_database(settings, id, at_once).await?;
        }
        Ok(file.remove(part, id).then_some(()))
    });
    if retired.await?.is_none() {
        bail!("{id} is the last key of its part, which cannot do without");
    }
    println!("{id} is no longer in {}.", path.display());
    eprintln!("Where other nodes have files of their own, take it out there, too.");
    Ok(())
}

fn check_file(file: &KeyFile, part: KeyPart, id: &KeyId) -> anyhow::Result<()> {
    if file.find(part, id).is_none() {
        bail!("there is no {part} key {:?}", id.as_str());
    }
    let first = file.keys(part).first();
    if part == KeyPart::State && first.is_some_and(|first| first.id == *id) {
        bail!(
            "{id} is the state key that seals: have another one take its place, with `tieline \
             sealing-keys add state` and `tieline sealing-keys rotate state`"
        );
    }
    Ok(())
}

async fn check_database(settings: &Settings, id: &KeyId, at_once: bool) -> anyhow::Result<()> {
    let (database, sealer) = super::opened(settings).await?;
    let needed = still_needed(&database.stores(), &sealer, id, SystemClock.now()).await;
    database.close().await;
    match needed? {
        None => Ok(()),
        Some(StillNeeded::Settling(_)) if at_once => Ok(()),
        Some(StillNeeded::Seals) => bail!(
            "{id} is the key that seals: have another one take its place, with `tieline \
             sealing-keys add storage` and `tieline sealing-keys rotate storage`"
        ),
        Some(StillNeeded::Opens(uses)) => {
            let columns = uses
                .iter()
                .map(|(column, count)| format!("{count} {}", column.as_str()));
            bail!(
                "{id} is needed for {} stored values ({}): run `tieline sealing-keys rotate \
                 storage` first",
                uses.values().sum::<u64>(),
                columns.collect::<Vec<_>>().join(", ")
            )
        }
        Some(StillNeeded::Settling(until)) => bail!(
            "a server may have sealed with {id} until a moment ago: try again after {until:.0}, or \
             say --at-once if no server ran since the rotation"
        ),
    }
}
