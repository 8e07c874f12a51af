//! The journal outlives its process, and shows nothing to others.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tieline_adapter_local::FileRefreshJournal;
use tieline_domain::{
    connection::{ConnectionIdentifier, CredentialKind, SealedCredential},
    id::{ConnectionId, EnvironmentId},
    ports::{JournalEntry, RefreshJournal},
};
use tieline_testkit::fixtures::{self, NOON, sealed, uuid};

fn entry(kind: CredentialKind) -> JournalEntry {
    JournalEntry {
        environment_id: EnvironmentId(uuid()),
        identifier: ConnectionIdentifier::parse("c1").unwrap(),
        connection_id: ConnectionId(uuid()),
        generation: 7,
        replaces: [9; 32],
        credential: SealedCredential {
            kind,
            refresh_token: Some(sealed("rt")),
            expires_at: Some(NOON),
            ..fixtures::bot_credential("at")
        },
    }
}

/// As a process would find it after a crash.
async fn found(folder: &Path) -> Vec<JournalEntry> {
    let journal = FileRefreshJournal::open(folder).unwrap();
    journal.list().await.unwrap()
}

#[tokio::test]
async fn an_entry_is_there_after_a_restart_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileRefreshJournal::open(folder.path()).unwrap();
    let entry = entry(CredentialKind::Bot);
    journal.append(&entry).await.unwrap();
    journal.append(&entry).await.unwrap();
    assert_eq!(found(folder.path()).await, std::slice::from_ref(&entry));
    journal.remove(&entry).await.unwrap();
    journal.remove(&entry).await.unwrap();
    assert!(found(folder.path()).await.is_empty());
}

/// A crash between the last byte and the name takes nothing.
#[tokio::test]
async fn what_was_written_to_its_end_and_not_named_is_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileRefreshJournal::open(folder.path()).unwrap();
    let entry = entry(CredentialKind::Bot);
    journal.append(&entry).await.unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let named = file.unwrap().path();
        fs::rename(&named, named.with_extension("new")).unwrap();
    }
    assert_eq!(found(folder.path()).await, std::slice::from_ref(&entry));
    journal.remove(&entry).await.unwrap();
    assert!(found(folder.path()).await.is_empty());
}

#[tokio::test]
async fn both_credentials_of_a_connection_have_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileRefreshJournal::open(folder.path()).unwrap();
    let bot = entry(CredentialKind::Bot);
    let user = JournalEntry {
        credential: entry(CredentialKind::User).credential,
        ..bot.clone()
    };
    journal.append(&bot).await.unwrap();
    journal.append(&user).await.unwrap();
    journal.remove(&user).await.unwrap();
    assert_eq!(found(folder.path()).await, [bot]);
}

/// A crash in the middle of writing leaves a file without its name; another may be damaged.
#[tokio::test]
async fn what_nobody_can_read_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileRefreshJournal::open(folder.path()).unwrap();
    let entry = entry(CredentialKind::Bot);
    journal.append(&entry).await.unwrap();
    fs::write(folder.path().join("half.new"), "{").unwrap();
    fs::write(folder.path().join("damaged.json"), "{}").unwrap();
    assert_eq!(found(folder.path()).await, [entry]);
}

#[tokio::test]
async fn it_is_for_its_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("journal");
    let journal = FileRefreshJournal::open(&folder).unwrap();
    journal.append(&entry(CredentialKind::Bot)).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

/// A place that is no folder is said to be none, at the start.
#[test]
fn a_file_is_no_place_for_a_journal() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(FileRefreshJournal::open(file.path()).is_err());
}
