//! A database that is a file.

use std::path::{Path, PathBuf};

use tieline_adapter_sqlite::SqliteDatabase;

use super::{
    Examined, Finding, Tables, WHAT,
    files::{Readers, free_bytes, mebibytes, readers},
    tables, writable,
};

/// Below this a disk is as good as full.
const LITTLE: u64 = 64 << 20;

/// Below this it is worth a word.
const SCARCE: u64 = 1 << 30;

pub(super) async fn check(url: &str, findings: &mut Vec<Finding>) -> Option<Examined> {
    let (path, database) = match open(url).await {
        Ok(opened) => opened,
        Err(finding) => {
            findings.push(finding);
            return None;
        }
    };
    let state = database.migration_state().await.map(|state| Tables {
        applied: state.applied,
        pending: state.pending.iter().map(|it| it.version).collect(),
        is_newer: state.is_newer,
    });
    let (is_current, tables) = tables(state);
    let mend = "Look for a disk that is full or mounted read-only, a file or folder that belongs \
        to another user, and another process that holds the file.";
    findings.extend([tables, writable(&database.transactions(), mend).await]);
    findings.extend(place(&path));
    Some(Examined {
        stores: database.stores(),
        is_current,
        clock: None,
    })
}

/// Opens the file, if it is there: a doctor makes none.
async fn open(url: &str) -> Result<(PathBuf, SqliteDatabase), Finding> {
    let mend = "Set database_url to sqlite:// and the path of a file, or to postgres://… for a \
        server; or take it out.";
    let no_path = |error| Finding::bad(WHAT, format!("setting database_url: {error}."), mend);
    let path = SqliteDatabase::path(url).map_err(no_path)?;
    if let Some(absence) = absence(&path) {
        return Err(absence);
    }
    let opened = SqliteDatabase::open(url).await;
    let database = opened.map_err(|error| unusable(&error.into()))?;
    Ok((path, database))
}

/// What there is to say of a file that is not there.
fn absence(path: &Path) -> Option<Finding> {
    let shown = path.display();
    match path.try_exists() {
        Ok(true) => None,
        Ok(false) => {
            let told = format!("The file {shown} is not there yet.");
            let mend = "For a new installation there is nothing to do: the first `tieline serve` \
                makes it. If there should be one, data_dir or database_url names another place; a \
                relative path begins at the working directory.";
            Some(Finding::warning(WHAT, told, mend))
        }
        Err(error) => {
            let told = format!("The file {shown} cannot be reached: {error}.");
            let mend = "Mend the path in database_url or data_dir, or let this user into its \
                folders.";
            Some(Finding::bad(WHAT, told, mend))
        }
    }
}

fn unusable(error: &anyhow::Error) -> Finding {
    let mend = "If the file is another program's, set database_url to a path of its own for \
        Tieline. If it is Tieline's, this user must be able to read and write it and its folder; \
        restore a damaged one from its backup.";
    Finding::bad(WHAT, format!("{error:#}."), mend)
}

/// The file's place: who reads it, and whether there is room.
fn place(path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let shown = path.display();
    if readers(path) == Some(Readers::All) {
        let told = format!("Everybody on this machine can read {shown}.");
        let mend = format!("chmod 600 {shown}*");
        found.push(Finding::warning(WHAT, told, mend));
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(free) = free_bytes(folder.unwrap_or(Path::new("."))) {
        let size = path.metadata().map(|file| file.len()).unwrap_or_default();
        found.push(room(&shown.to_string(), size, free));
    }
    found
}

fn room(path: &str, size: u64, free: u64) -> Finding {
    let what = "disk";
    let told = format!(
        "{path} has {}; {} are free beside it.",
        mebibytes(size),
        mebibytes(free)
    );
    let mend = "Make room: with a full disk nothing is connected any more. `VACUUM INTO` needs as \
        much again as the file has.";
    match free {
        ..LITTLE => Finding::bad(what, told, mend),
        LITTLE..SCARCE => Finding::warning(what, told, mend),
        _ if free < size => Finding::warning(what, told, mend),
        _ => Finding::good(what, told),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::State, *};

    #[test]
    fn a_disk_is_judged_by_what_is_free_on_it() {
        for (size, free, expected) in [
            (0, 0, State::Bad),
            (0, LITTLE - 1, State::Bad),
            (0, LITTLE, State::Warning),
            (SCARCE, SCARCE, State::Good),
            (SCARCE + 1, SCARCE, State::Warning),
        ] {
            assert_eq!(room("x", size, free).state, expected, "{size} {free}");
        }
    }
}
