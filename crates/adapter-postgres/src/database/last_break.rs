//! When a connection last broke.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Connection, Error, PgConnection};

/// For how long an idle connection is believed to be alive, if no other was found broken meanwhile.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// For how long after a break a connection may be put back of which nobody has seen yet that it
/// broke as well.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Codes with which a connection ends: the server stops or starts, or a pooler lost the way to it.
const ENDS: [&str; 2] = ["57P", "08"];

/// When a connection to the server was last found broken: whatever broke it may have broken all
/// that were there.
#[derive(Debug, Default)]
pub(crate) struct LastBreak(Mutex<Option<Instant>>);

impl LastBreak {
    /// Looks whether a connection broke with this error.
    #[expect(
        clippy::disallowed_methods,
        reason = "by the clock by which the pool knows for how long a connection was idle"
    )]
    pub(super) fn look_at(&self, error: &Error) {
        if is_break(error) {
            *self.lock() = Some(Instant::now());
        }
    }

    /// Makes sure of a connection that was idle, where there is a doubt.
    pub(super) async fn check_alive(
        &self,
        connection: &mut PgConnection,
        idle: Duration,
    ) -> Result<bool, Error> {
        if idle > TRUSTED_IDLE || self.was_within(idle + AFTERMATH) {
            let answered = connection.ping().await;
            answered.inspect_err(|error| self.look_at(error))?;
        }
        Ok(true)
    }

    /// Whether it is as long ago, or less.
    fn was_within(&self, time: Duration) -> bool {
        self.lock().is_some_and(|last| last.elapsed() <= time)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_break(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => true,
        Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            ENDS.iter().any(|end| code.starts_with(end))
        }
        _ => false,
    }
}
