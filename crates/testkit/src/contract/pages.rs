//! What holds for every list that comes in pages.

use jiff::Timestamp;
use tieline_domain::page::{COUNT_CAP, From, Order, Page, PageRequest};
use uuid::Uuid;

use crate::fixtures::seconds_later;

/// A page from the start, as clients ask for it first.
pub(super) fn first(limit: u32) -> PageRequest {
    PageRequest {
        limit,
        from: From::Start,
        order: Order::Descending,
        total: None,
    }
}

/// Times for rows, in ascending order, some of one instant.
pub(super) fn times() -> [Timestamp; 7] {
    [0, 1, 1, 1, 2, 3, 3].map(seconds_later)
}

/// Walks a list forth and back, in both orders and by pages of several sizes. `ids` are those of
/// all its rows, in ascending order of (time, id).
pub(super) async fn check_walks(ids: &[Uuid], list: impl AsyncFn(PageRequest) -> Page<Uuid>) {
    let reversed: Vec<Uuid> = ids.iter().rev().copied().collect();
    for (order, expected) in [(Order::Ascending, ids), (Order::Descending, &reversed)] {
        for limit in 1..=u32::try_from(ids.len()).unwrap() + 1 {
            let pages = walk_forth(order, limit, &list).await;
            let rows: Vec<Uuid> = pages.iter().flat_map(|page| page.items.clone()).collect();
            assert_eq!(rows, expected, "forth, {order:?}, by {limit}");
            for page in &pages {
                assert_eq!((page.total, page.total_capped), (ids.len() as u64, false));
            }
            walk_back(order, limit, &pages, &list).await;
        }
    }
    check_known_totals(&list).await;
}

/// What is known is not counted.
async fn check_known_totals(list: &impl AsyncFn(PageRequest) -> Page<Uuid>) {
    for (known, total, total_capped) in [
        (1_234, 1_234, false),
        (COUNT_CAP, COUNT_CAP, false),
        (COUNT_CAP + 1, COUNT_CAP, true),
    ] {
        let page = list(PageRequest {
            total: Some(known),
            ..first(1)
        });
        let page = page.await;
        assert_eq!((page.total, page.total_capped), (total, total_capped));
    }
}

async fn walk_forth(
    order: Order,
    limit: u32,
    list: &impl AsyncFn(PageRequest) -> Page<Uuid>,
) -> Vec<Page<Uuid>> {
    let mut pages = vec![
        list(PageRequest {
            limit,
            from: From::Start,
            order,
            total: None,
        })
        .await,
    ];
    while let Some(next) = pages.last().unwrap().next {
        pages.push(
            list(PageRequest {
                limit,
                from: From::After(next),
                order,
                total: None,
            })
            .await,
        );
    }
    assert_eq!(pages[0].previous, None);
    pages
}

/// From each page but the first, the preceding one is the one that was walked through before.
async fn walk_back(
    order: Order,
    limit: u32,
    pages: &[Page<Uuid>],
    list: &impl AsyncFn(PageRequest) -> Page<Uuid>,
) {
    for pair in pages.windows(2) {
        let border = pair[1].previous.unwrap();
        let page = list(PageRequest {
            limit,
            from: From::Before(border),
            order,
            total: None,
        })
        .await;
        assert_eq!(page.items, pair[0].items, "back, {order:?}, by {limit}");
        assert_eq!(page.next, pair[0].next, "back, {order:?}, by {limit}");
        assert_eq!(
            page.previous, pair[0].previous,
            "back, {order:?}, by {limit}"
        );
    }
}
