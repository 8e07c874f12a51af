//! The sealing keys: where they are, who reads them, and whether they open what is stored.

use std::path::Path;

use secrecy::ExposeSecret;
use tieline_adapter_crypto::{KeyRing, KeyRingError, KeyRingSealer};

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
    let Some(ring) = read(settings, sealed.is_some(), findings) else {
        return false;
    };
    let Some(database) = database.filter(|_| sealed.is_some()) else {
        return false;
    };
    let checks = &*database.stores.key_checks;
    match keys::check(&KeyRingSealer::new(&ring), checks).await {
        Ok(()) => {
            findings.push(Finding::good(WHAT, "Its keys open the database's secrets."));
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
fn read(settings: &Settings, is_needed: bool, findings: &mut Vec<Finding>) -> Option<KeyRing> {
    if let Some(text) = &settings.sealing_keys {
        let ring = KeyRing::parse(text.expose_secret());
        return told("The setting sealing_keys", ring, findings);
    }
    let path = settings.sealing_keys_path();
    let shown = path.display().to_string();
    if !path.exists() {
        findings.push(missing(&shown, is_needed));
        return None;
    }
    findings.extend(exposure(&path));
    told(&shown, KeyRing::read(&path), findings)
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

fn told(
    place: &str,
    ring: Result<KeyRing, KeyRingError>,
    findings: &mut Vec<Finding>,
) -> Option<KeyRing> {
    match ring {
        Ok(ring) => {
            let (storage, state) = (ring.storage_ids().count(), ring.state_ids().count());
            let told = format!("{place} has {storage} for what is stored, {state} for states.");
            findings.push(Finding::good(WHAT, told));
            Some(ring)
        }
        Err(error) => {
            let mend = "Restore it from its copy. It is TOML with [[storage]] and [[state]] \
                tables, each with an id and a key of 32 bytes in base64.";
            findings.push(Finding::bad(WHAT, format!("{place}: {error}."), mend));
            None
        }
    }
}
