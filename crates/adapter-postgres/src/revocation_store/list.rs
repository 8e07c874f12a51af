//! Listing revocations.

use tieline_domain::{
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::StoreError,
    revocation::Revocation,
};

use super::row::RevocationRow;
use crate::{
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    page: &PageRequest,
) -> Result<Page<Revocation>, StoreError> {
    let position = |revocation: &Revocation| Position {
        created_at: revocation.created_at,
        id: revocation.id.0,
    };
    let mut session = access.reader().await?;
    let rows = rows(&mut session, environment, Window::of(page)).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let revocations = rows
        .map(Revocation::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let counted = counted!(
        ["FROM revocations WHERE environment_id = $1 LIMIT $2"],
        environment.0,
        COUNTED
    );
    let known = page.known_total(revocations.len());
    let total = total(known, counted.fetch_one(&mut session)).await?;
    Ok(Page::of(revocations, page, total, position))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    window: Window,
) -> Result<Vec<RevocationRow>, sqlx::Error> {
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        let upwards = select!(
            ["WHERE environment_id = $1 AND (created_at, id) > ($2, $3)
                 ORDER BY created_at, id LIMIT $4"],
            environment.0,
            created_at,
            id,
            limit
        );
        upwards.fetch_all(session).await
    } else {
        let downwards = select!(
            ["WHERE environment_id = $1 AND (created_at, id) < ($2, $3)
                 ORDER BY created_at DESC, id DESC LIMIT $4"],
            environment.0,
            created_at,
            id,
            limit
        );
        downwards.fetch_all(session).await
    }
}
