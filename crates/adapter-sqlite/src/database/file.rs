//! The file itself: where it is, who may read it, whose it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use sqlx::{ConnectOptions, Connection, error::DatabaseError, sqlite::SqliteConnectOptions};
use tieline_domain::ports::StoreError;

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenDatabaseError {
    /// The URL has another form.
    #[error("the database URL must have the form sqlite://path, to a file")]
    InvalidUrl,
    /// Neither is the file there, nor can it be made.
    #[error("the database file {} cannot be made", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is not a database of Tieline; it was left as it is", path.display())]
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// The file is there but does not open.
    #[error("the database file {} cannot be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Marks our files; the first migration writes it.
const APPLICATION_ID: i64 = 0x5449_454c;

/// SQLite's code for a file that is no database.
const NOT_A_DATABASE: &str = "26";

#[derive(Clone, Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
}

impl DatabaseFile {
    /// Finds the file, or makes it.
    pub(super) fn prepare(url: &str) -> Result<Self, OpenDatabaseError> {
        let path = path_of(url).ok_or(OpenDatabaseError::InvalidUrl)?;
        let created = create_if_missing(&path).and_then(|()| Identity::of(&path));
        match created {
            Ok(identity) => Ok(Self { path, identity }),
            Err(source) => Err(OpenDatabaseError::Create { path, source }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn open_error(&self, error: sqlx::Error) -> OpenDatabaseError {
        let path = self.path.clone();
        match error.as_database_error().and_then(DatabaseError::code) {
            Some(code) if code == NOT_A_DATABASE => OpenDatabaseError::ForeignFile { path },
            _ => OpenDatabaseError::Open {
                path,
                source: Box::new(error),
            },
        }
    }

    /// Checks that the file is ours, or empty and about to become it, over a connection that
    /// changes nothing: switching a stranger's file to another journal would.
    pub(super) async fn check_owner(
        &self,
        options: &SqliteConnectOptions,
    ) -> Result<(), OpenDatabaseError> {
        let (application, tables) = owner_marks(options)
            .await
            .map_err(|error| self.open_error(error))?;
        let is_new = application == 0 && tables == 0;
        if application == APPLICATION_ID || is_new {
            return Ok(());
        }
        Err(OpenDatabaseError::ForeignFile {
            path: self.path.clone(),
        })
    }

    /// Checks that the path still leads to the file that was opened. A file that was removed or
    /// replaced stays readable and writable to us, and all that is written is lost.
    pub(super) fn check_place(&self) -> Result<(), StoreError> {
        let found = Identity::of(&self.path).map_err(|e| StoreError::Unavailable(Box::new(e)))?;
        if found == self.identity {
            return Ok(());
        }
        Err(StoreError::Unavailable(
            "the database file was replaced while it was in use".into(),
        ))
    }
}

async fn owner_marks(options: &SqliteConnectOptions) -> Result<(i64, i64), sqlx::Error> {
    let mut connection = options.connect().await?;
    let marks = sqlx::query_as(
        "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(marks)
}

pub(super) fn path_of(url: &str) -> Option<PathBuf> {
    let options = url
        .starts_with("sqlite://")
        .then(|| SqliteConnectOptions::from_str(url).ok())??;
    let path = options.get_filename();
    let is_file = !path.as_os_str().is_empty()
        && !path.starts_with(":memory:")
        && !url.contains("mode=memory");
    is_file.then(|| path.to_owned())
}

#[cfg(unix)]
fn create_if_missing(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    // SQLite gives the log beside it the same mode.
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}

#[cfg(not(unix))]
fn create_if_missing(path: &Path) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map(drop)
}

/// What tells two files apart that had the same path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;

        let metadata = fs::metadata(path)?;
        Ok(Self(metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        // An open file cannot be removed there.
        fs::metadata(path).map(|_| Self(0, 0))
    }
}
