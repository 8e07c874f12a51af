//! The work by which it is seen what of a program is run.

use std::path::Path;

use anyhow::bail;
use xshell::Shell;

use super::{
    mint,
    mode::{Storage, TARGET_CONNECTIONS},
    subject::Subject,
    wrk::{Keys, Load, Wrk},
};

/// How long each kind of mint.
const SECONDS: u64 = 6;

/// Has a server mint on SQLite, without and with idempotency keys, and end as an operator ends it.
pub(crate) fn exercise(sh: &Shell, program: &Path) -> anyhow::Result<()> {
    let wrk = Wrk::find(sh)?;
    let subject = Subject::start(sh, program, Storage::Sqlite, None, None, 1)?;
    for keys in [Keys::None, Keys::New] {
        let load = Load {
            url: &mint::url(subject.process.port),
            body: mint::BODY,
            api_key: mint::API_KEY,
            keys,
            word: "exercise",
            connections: TARGET_CONNECTIONS,
            seconds: SECONDS,
        };
        if let Some(fault) = wrk.run(sh, &load)?.fault() {
            bail!("it does not mint as it should: {fault}");
        }
    }
    subject.end()
}
