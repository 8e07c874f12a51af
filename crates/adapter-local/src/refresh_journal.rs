//! [`RefreshJournal`] in a folder of this node's.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tieline_domain::{
    connection::{ConnectionIdentifier, SealedCredential},
    id::{ConnectionId, EnvironmentId},
    ports::{JournalEntry, RefreshJournal, StoreError},
    sealed::Sealed,
};

/// What the name of an entry's file ends with.
const ENDING: &str = "json";

/// The same while it is being written.
const UNFINISHED: &str = "new";

/// Keeps each entry in a file of its own, written to the disk before it has its name.
#[derive(Clone, Debug)]
pub struct FileRefreshJournal {
    folder: Arc<PathBuf>,
}

/// An entry as it stands in its file.
#[derive(Serialize, Deserialize)]
struct Line {
    environment_id: EnvironmentId,
    identifier: String,
    connection_id: ConnectionId,
    generation: u64,
    replaces: String,
    kind: String,
    access_token: String,
    refresh_token: Option<String>,
    scopes: Vec<String>,
    /// Microseconds since the epoch.
    expires_at: Option<i64>,
}

impl FileRefreshJournal {
    /// A journal in this folder, which is made if it is not there, for its owner only. What a process
    /// that ended had written, and not given its name, is an entry if it is whole.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        let mut making = fs::DirBuilder::new();
        making.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
        making.create(&folder)?;
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == UNFINISHED) && is_whole(&path) {
                // Another process may have named it meanwhile.
                let _ = fs::rename(&path, path.with_extension(ENDING));
            }
        }
        Ok(Self {
            folder: Arc::new(folder),
        })
    }

    fn path(&self, entry: &JournalEntry) -> PathBuf {
        let (id, generation) = (entry.connection_id, entry.generation);
        let kind = entry.credential.kind.as_str();
        let name = format!("{id}-{generation}-{kind}.{ENDING}");
        self.folder.join(name)
    }

    /// Does what may wait for the disk, away from the threads that wait for nothing.
    async fn at_the_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let journal = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&journal)).await;
        done.map_err(|error| StoreError::Unavailable(error.into()))?
            .map_err(|error| StoreError::Unavailable(error.into()))
    }
}

#[async_trait]
impl RefreshJournal for FileRefreshJournal {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        let (path, line) = (self.path(entry), Line::from(entry));
        self.at_the_disk(move |journal| {
            let unfinished = path.with_extension(UNFINISHED);
            let mut file = for_its_owner().open(&unfinished)?;
            serde_json::to_writer(&mut file, &line)?;
            file.flush()?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            sync_folder(&journal.folder)
        })
        .await
    }

    async fn list(&self) -> Result<Vec<JournalEntry>, StoreError> {
        self.at_the_disk(|journal| {
            let mut entries = Vec::new();
            for file in fs::read_dir(&*journal.folder)? {
                let path = file?.path();
                if path.extension().is_some_and(|ending| ending == ENDING) {
                    entries.extend(read(&path)?);
                }
            }
            Ok(entries)
        })
        .await
    }

    async fn remove(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        let path = self.path(entry);
        self.at_the_disk(move |journal| {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            sync_folder(&journal.folder)
        })
        .await
    }
}

/// The entry in a file; none where somebody removed it meanwhile, or where it is no entry: what
/// nobody can read must not hide the others.
fn read(path: &Path) -> io::Result<Option<JournalEntry>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let entry = parse(&text);
    if entry.is_none() {
        tracing::error!(file = %path.display(), "this file is no entry of the journal; it stays where it is");
    }
    Ok(entry)
}

fn parse(text: &[u8]) -> Option<JournalEntry> {
    let line = serde_json::from_slice::<Line>(text).ok()?;
    JournalEntry::try_from(line).ok()
}

fn is_whole(path: &Path) -> bool {
    fs::read(path).is_ok_and(|text| parse(&text).is_some())
}

fn for_its_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A name is as durable as its folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

impl From<&JournalEntry> for Line {
    fn from(entry: &JournalEntry) -> Self {
        Self {
            environment_id: entry.environment_id,
            identifier: entry.identifier.as_str().to_owned(),
            connection_id: entry.connection_id,
            generation: entry.generation,
            replaces: STANDARD.encode(entry.replaces),
            kind: entry.credential.kind.as_str().to_owned(),
            access_token: encode(&entry.credential.access_token),
            refresh_token: entry.credential.refresh_token.as_ref().map(encode),
            scopes: entry.credential.scopes.clone(),
            expires_at: entry.credential.expires_at.map(Timestamp::as_microsecond),
        }
    }
}

impl TryFrom<Line> for JournalEntry {
    type Error = ();

    fn try_from(line: Line) -> Result<Self, ()> {
        let expires_at = line.expires_at.map(Timestamp::from_microsecond);
        Ok(Self {
            environment_id: line.environment_id,
            identifier: ConnectionIdentifier::parse(line.identifier).map_err(|_| ())?,
            connection_id: line.connection_id,
            generation: line.generation,
            replaces: STANDARD
                .decode(line.replaces)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(())?,
            credential: SealedCredential {
                kind: line.kind.parse().map_err(|_| ())?,
                access_token: decode(&line.access_token)?,
                refresh_token: line.refresh_token.as_deref().map(decode).transpose()?,
                scopes: line.scopes,
                expires_at: expires_at.transpose().map_err(|_| ())?,
            },
        })
    }
}

fn encode(sealed: &Sealed) -> String {
    STANDARD.encode(&sealed.0)
}

fn decode(text: &str) -> Result<Sealed, ()> {
    STANDARD.decode(text).map(Sealed).map_err(|_| ())
}
