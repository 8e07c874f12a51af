//! The sealing keys: where they are, who reads them, and whether they open what is stored.

use std::path::Path;

use tieline_adapter_crypto::{KeyFile, KeyPart, KeyRing, KeyRingSealer};
use tieline_domain::ports::SealingKeys;

use super::{
    Finding,
    database::Examined,
    files::{Readers, readers},
};
use crate::{config::Settings, keys};

const WHAT: &str = "key file";

/// Looks at the keys; answers whether the database's secrets open with them. Makes nothing.
pub(super) async fn check(
    settings: &Settings,
    database: Option<&Examined>,
    findings: &mut Vec<Finding>,
) -> bool {
    let sealed = match database {
        Some(database) => database.stores.key_checks.find().await.ok().flatten(),
        None => None,
    };
    let Some(ring) = read(settings, sealed.is_some(), findings).await else {
        return false;
    };
    let Some(database) = database.filter(|_| sealed.is_some()) else {
        return false;
    };
    let (sealer, checks) = (KeyRingSealer::new(&ring), &*database.stores.key_checks);
    match keys::check(&sealer, checks).await {
        Ok(()) => {
            let id = sealer.sealing();
            let told = format!("Its keys open the database's secrets; {id} seals them.");
            findings.push(Finding::good(WHAT, told));
            true
        }
        Err(error) => {
            let mend = "Put the key file that belongs to this database in its place, from where \
                its copy is kept. Do not make a new one: what is sealed would stay closed.";
            findings.push(Finding::bad(WHAT, format!("{error:#}."), mend));
            false
        }
    }
}

/// Reads the keys from where the settings say.
async fn read(
    settings: &Settings,
    is_needed: bool,
    findings: &mut Vec<Finding>,
) -> Option<KeyRing> {
    let path = settings.sealing_keys_path();
    let place = match settings.sealing_keys {
        Some(_) => "The setting sealing_keys".to_owned(),
        None => path.display().to_string(),
    };
    let file = match keys::read(settings) {
        Ok(Some(file)) => file,
        Ok(None) => {
            findings.push(missing(&place, is_needed));
            return None;
        }
        Err(error) => {
            findings.push(unreadable(&place, &error));
            return None;
        }
    };
    if settings.sealing_keys.is_none() {
        findings.extend(exposure(&path));
    }
    match open(settings, &file).await {
        Ok(ring) => {
            findings.push(good(&place, &file));
            findings.extend(plain(settings, &file));
            Some(ring)
        }
        Err(error) => {
            findings.push(unreadable(&place, &error));
            None
        }
    }
}

async fn open(settings: &Settings, file: &KeyFile) -> anyhow::Result<KeyRing> {
    keys::open(settings, file, &*keys::wrapper(settings)?).await
}

fn missing(path: &str, is_needed: bool) -> Finding {
    if is_needed {
        let told = format!("{path} is not there, and the database holds secrets sealed with it.");
        let mend = "Restore it from its copy, or name its place with sealing_keys_path. A new one \
            opens nothing of what is stored.";
        return Finding::bad(WHAT, told, mend);
    }
    let told = format!("{path} is not there yet.");
    let mend = "The first `tieline serve` makes it. Keep a copy of it then, apart from the \
        database's backups. Many nodes need one and the same: make it once and hand it to all.";
    Finding::warning(WHAT, told, mend)
}

fn exposure(path: &Path) -> Option<Finding> {
    let shown = path.display();
    let mend = format!(
        "chmod 600 {shown}. If somebody else may have read it, take its keys for known: with them \
         and the database one has every token."
    );
    match readers(path)? {
        Readers::Few => None,
        Readers::Group => {
            let told = format!("The group of {shown} can read it.");
            Some(Finding::warning(WHAT, told, mend))
        }
        Readers::All => {
            let told = format!("Everybody on this machine can read {shown}.");
            Some(Finding::bad(WHAT, told, mend))
        }
    }
}

fn good(place: &str, file: &KeyFile) -> Finding {
    let count = |part| file.keys(part).len();
    let (storage, state) = (count(KeyPart::Storage), count(KeyPart::State));
    let told = format!("{place} has {storage} for what is stored, {state} for states.");
    Finding::good(WHAT, told)
}

/// Keys that lie there as they are, though somebody would wrap them.
fn plain(settings: &Settings, file: &KeyFile) -> Option<Finding> {
    let all = KeyPart::ALL.into_iter().flat_map(|part| file.keys(part));
    let plain = all.filter(|key| !key.is_wrapped()).count();
    let told = format!("{plain} of its keys lie there as they are, not wrapped.");
    let mend = "tieline sealing-keys wrap";
    (plain > 0 && settings.sealing_keys_kms.is_some()).then(|| Finding::warning(WHAT, told, mend))
}

fn unreadable(place: &str, error: &anyhow::Error) -> Finding {
    let mend = "Restore it from its copy. It is TOML with [[storage]] and [[state]] tables, each \
        with an id and a key of 32 bytes in base64.";
    Finding::bad(WHAT, format!("{place}: {}.", error.root_cause()), mend)
}
