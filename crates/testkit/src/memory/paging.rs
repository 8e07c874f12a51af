//! Lists of rows in memory.

use tieline_domain::{
    api_key::ApiKey,
    attempt::ConnectAttempt,
    audit::AuditEvent,
    connection::ChannelConnection,
    context::Context,
    endpoint::ChannelEndpoint,
    environment::{Environment, Organization},
    integration::Integration,
    page::{From, Order, Page, PageRequest, Position},
    revocation::Revocation,
    subscriber::Subscriber,
};

/// A row with a place in a list.
pub(super) trait Listed: Clone {
    fn position(&self) -> Position;
}

macro_rules! listed {
    ($($row:ty,)*) => {$(
        impl Listed for $row {
            fn position(&self) -> Position {
                Position {
                    created_at: self.created_at,
                    id: self.id.0,
                }
            }
        }
    )*};
}

listed! {
    ApiKey,
    ChannelConnection,
    ChannelEndpoint,
    ConnectAttempt,
    Context,
    Environment,
    Integration,
    Organization,
    Revocation,
    Subscriber,
}

impl Listed for AuditEvent {
    fn position(&self) -> Position {
        Position {
            created_at: self.entry.at,
            id: self.entry.id,
        }
    }
}

/// All of these rows, oldest first.
pub(super) fn oldest_first<'a, T: Listed + 'a>(rows: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable_by_key(|row| key(row.position()));
    rows.into_iter().cloned().collect()
}

/// The page of these rows that a request asks for.
pub(super) fn page<'a, T: Listed + 'a>(
    rows: impl Iterator<Item = &'a T>,
    request: &PageRequest,
) -> Page<T> {
    let mut rows: Vec<_> = rows.collect();
    let total = request.total.unwrap_or(rows.len() as u64);
    rows.sort_unstable_by_key(|row| key(row.position()));
    if request.order == Order::Descending {
        rows.reverse();
    }
    match request.from {
        From::Start => {}
        From::After(border) => rows.retain(|row| follows(request.order, row.position(), border)),
        From::Before(border) => {
            rows.retain(|row| follows(request.order, border, row.position()));
            rows.reverse();
        }
    }
    let read = rows.into_iter().take(request.limit as usize + 1);
    Page::of(read.cloned().collect(), request, total, T::position)
}

fn follows(order: Order, one: Position, other: Position) -> bool {
    match order {
        Order::Ascending => key(one) > key(other),
        Order::Descending => key(one) < key(other),
    }
}

fn key(position: Position) -> impl Ord {
    (position.created_at, position.id)
}
