//! What the server tells of itself.

use jiff::Timestamp;
use tieline_domain::ports::StoreError;

use super::access::Server;
use crate::error::unavailable;

/// What the server tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgExamination {
    /// Its version, such as `17.2`.
    pub version: String,
    /// How many connections it takes from everybody together.
    pub max_connections: i32,
    /// What time it is there.
    pub now: Timestamp,
}

/// Not checked at compile time: it asks for nothing that is ours.
const QUESTION: &str = "SELECT current_setting('server_version'),
                               current_setting('max_connections')::integer,
                               (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

pub(super) async fn examine(server: &Server) -> Result<PgExamination, StoreError> {
    let mut session = server.session().await.map_err(unavailable)?;
    let (version, max_connections, now) = sqlx::query_as::<_, (String, i32, i64)>(QUESTION)
        .fetch_one(&mut session)
        .await
        .map_err(unavailable)?;
    Ok(PgExamination {
        version,
        max_connections,
        now: Timestamp::from_microsecond(now)
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?,
    })
}
