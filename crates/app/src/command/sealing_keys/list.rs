//! `tieline sealing-keys list`.

use std::collections::BTreeMap;

use anyhow::bail;
use tieline_adapter_crypto::{KeyEntry, KeyFile, KeyPart};
use tieline_domain::{
    ports::Stores,
    sealed::{KeyId, SealedColumn},
    usecase::count_uses,
};

use crate::{config::Settings, keys};

/// How many values of each column a key sealed.
type Uses = BTreeMap<SealedColumn, u64>;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let Some(file) = keys::read(settings)? else {
        bail!(
            "the key file {} is not there",
            settings.sealing_keys_path().display()
        );
    };
    let database = super::database(settings).await?;
    let listed = list(&file, &database.stores()).await;
    database.close().await;
    listed
}

async fn list(file: &KeyFile, stores: &Stores) -> anyhow::Result<()> {
    let values = &*stores.sealed_values;
    let check = stores.key_checks.find().await?;
    let sealing = check.and_then(|check| check.key_id());
    // Before the keys: what is written meanwhile is missing here rather than there.
    let mut others = count_uses(values, None).await?;
    for key in file.keys(KeyPart::Storage) {
        let uses = count_uses(values, Some(&key.id)).await?;
        let seals = sealing.as_ref() == Some(&key.id);
        println!("{}", line(KeyPart::Storage, key, seals, Some(&uses)));
        for (column, count) in uses {
            println!("  {count:>9}  {}", column.as_str());
            let rest = others.entry(column).or_default();
            *rest = rest.saturating_sub(count);
        }
    }
    for (index, key) in file.keys(KeyPart::State).iter().enumerate() {
        println!("{}", line(KeyPart::State, key, index == 0, None));
    }
    missing(file, sealing.as_ref(), &others);
    Ok(())
}

fn line(part: KeyPart, key: &KeyEntry, seals: bool, uses: Option<&Uses>) -> String {
    let state = if seals { "seals" } else { "opens" };
    let made = key.made.map_or("made at a time unknown".to_owned(), |at| {
        format!("made {at:.0}")
    });
    let kept = if key.is_wrapped() { "wrapped" } else { "plain" };
    let id = &key.id;
    let uses = uses.map(|uses| format!("  sealed values: {}", uses.values().sum::<u64>()));
    format!(
        "{part:8} {id:8} {state}  {made}  {kept}{}",
        uses.unwrap_or_default()
    )
}

/// What keys are needed that are not there.
fn missing(file: &KeyFile, sealing: Option<&KeyId>, others: &Uses) {
    if let Some(id) = sealing.filter(|id| file.find(KeyPart::Storage, id).is_none()) {
        println!("The database is sealed with the key {id}, which is not in the key file.");
    }
    let count: u64 = others.values().sum();
    if count > 0 {
        println!("Sealed with keys that are not in the key file: {count} values.");
    }
    for (column, count) in others.iter().filter(|(_, count)| **count > 0) {
        println!("  {count:>9}  {}", column.as_str());
    }
}
