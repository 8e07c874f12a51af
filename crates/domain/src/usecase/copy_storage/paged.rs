//! The kinds that come in pages.

use super::{
    AT_ONCE, CopyError, CopyStep, CopyStorage, Moved, differs, not_inserted, not_recorded,
};
use crate::{
    id::EnvironmentId,
    page::{From, Order, Page, PageRequest, Position},
    ports::{
        AttemptFilter, Claim, ConnectionFilter, ContextFilter, EndpointFilter, StoreError, Stores,
        SubscriberFilter,
    },
};

/// A kind that comes in pages.
pub(super) trait Paged: Sync {
    type Row: PartialEq + Send + Sync;
    const KIND: Moved;

    fn position(row: &Self::Row) -> Position;

    fn list(
        &self,
        stores: &Stores,
        page: &PageRequest,
    ) -> impl Future<Output = Result<Page<Self::Row>, StoreError>> + Send;

    fn insert(
        &self,
        stores: &Stores,
        row: &Self::Row,
    ) -> impl Future<Output = Result<(), CopyError>> + Send;
}

/// Copies page by page, oldest first, each in a transaction. So what a copy that stopped left
/// behind is the beginning of the list, and is passed over.
pub(super) async fn copy<P: Paged>(
    copier: &mut CopyStorage<'_>,
    rows: &P,
) -> Result<(), CopyError> {
    let mut page = beginning();
    loop {
        let here = rows.list(copier.from, &page).await?;
        let there = rows.list(copier.to, &page).await?;
        let known: Vec<Position> = there.items.iter().map(P::position).collect();
        let missing = |row: &&P::Row| !known.contains(&P::position(row));
        let mut written = 0;
        if here.items.len() > there.items.len() {
            let transaction = copier.transactions.begin().await?;
            for row in here.items.iter().filter(missing) {
                rows.insert(transaction.stores(), row).await?;
                written += 1;
            }
            transaction.commit().await?;
        }
        (copier.tell)(CopyStep::Copied {
            kind: P::KIND,
            seen: here.items.len() as u64,
            written,
        });
        let Some(next) = here.next else { return Ok(()) };
        page.from = From::After(next);
    }
}

/// Compares page by page.
pub(super) async fn verify<P: Paged>(
    copier: &mut CopyStorage<'_>,
    rows: &P,
) -> Result<(), CopyError> {
    let mut page = beginning();
    loop {
        let here = rows.list(copier.from, &page).await?;
        let there = rows.list(copier.to, &page).await?;
        let differing = here.items.iter().zip(&there.items).find(|(a, b)| a != b);
        if let Some((row, _)) = differing {
            let id = P::position(row).id;
            return Err(differs(P::KIND, format!("{id} is another there")));
        }
        if here.items.len() != there.items.len() || here.next != there.next {
            let what = "there are more on one side than on the other";
            return Err(differs(P::KIND, what));
        }
        (copier.tell)(CopyStep::Verified {
            kind: P::KIND,
            rows: here.items.len() as u64,
        });
        let Some(next) = here.next else { return Ok(()) };
        page.from = From::After(next);
    }
}

fn beginning() -> PageRequest {
    PageRequest {
        limit: AT_ONCE,
        from: From::Start,
        order: Order::Ascending,
        total: None,
    }
}

macro_rules! paged {
    ($($name:ident: $row:path, $store:ident, [$($filter:ident)?],
        |$in:ident, $one:ident| $insert:expr;)*) => {$(
        pub(super) struct $name(pub(super) EnvironmentId);

        impl Paged for $name {
            type Row = $row;
            const KIND: Moved = Moved::$name;

            fn position(row: &$row) -> Position {
                Position { created_at: row.created_at, id: row.id.0 }
            }

            async fn list(
                &self,
                stores: &Stores,
                page: &PageRequest,
            ) -> Result<Page<$row>, StoreError> {
                stores.$store.list(self.0, $(&$filter::default(),)? page).await
            }

            async fn insert(&self, $in: &Stores, $one: &$row) -> Result<(), CopyError> {
                $insert
            }
        }
    )*};
}

paged! {
    Subscribers: crate::subscriber::Subscriber, subscribers, [SubscriberFilter], |stores, row| {
        let inserted = stores.subscribers.insert(row).await;
        inserted.map_err(|error| not_inserted(Self::KIND, row.subscriber_id.as_str(), error))
    };
    Contexts: crate::context::Context, contexts, [ContextFilter], |stores, row| {
        let inserted = stores.contexts.insert(row).await;
        inserted.map_err(|error| not_inserted(Self::KIND, &row.key.to_string(), error))
    };
    Connections: crate::connection::ChannelConnection, connections, [ConnectionFilter], |stores, row| {
        let inserted = stores.connections.insert(row).await;
        inserted.map_err(|error| not_recorded(Self::KIND, row.identifier.as_str(), error))
    };
    Endpoints: crate::endpoint::ChannelEndpoint, endpoints, [EndpointFilter], |stores, row| {
        let inserted = stores.endpoints.insert(row).await;
        inserted.map_err(|error| not_recorded(Self::KIND, &row.identifier, error))
    };
    Attempts: crate::attempt::ConnectAttempt, attempts, [AttemptFilter], |stores, row| {
        match stores.attempts.claim(row).await? {
            Claim::Won => Ok(()),
            Claim::Lost(_) => Err(differs(Self::KIND, format!("{} is there already", row.id))),
        }
    };
    Revocations: crate::revocation::Revocation, revocations, [], |stores, row| {
        Ok(stores.revocations.insert(row).await?)
    };
}
