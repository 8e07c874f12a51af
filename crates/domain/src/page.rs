//! Paging: keyset pages over rows ordered by creation.

use jiff::Timestamp;
use uuid::Uuid;

/// Where in a list a page begins: the row at its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When the row at the border was made.
    pub created_at: Timestamp,
    /// That row's id, which tells rows of one instant apart.
    pub id: Uuid,
}

/// From which side of a [`Position`] a page is taken, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The beginning of the list.
    Start,
    /// The rows that follow.
    After(Position),
    /// The rows that precede, nearest last.
    Before(Position),
}

/// The order of a list, by creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many rows.
    pub limit: u32,
    /// Where it begins.
    pub from: From,
    /// In which order.
    pub order: Order,
    /// How many rows the whole list has, up to one over [`COUNT_CAP`], where that is known well
    /// enough: then nothing is counted.
    pub total: Option<u64>,
}

impl PageRequest {
    /// How many rows the whole list has, if nobody has to count them now that so many were read
    /// for this page: a list that ends on its first page is known.
    #[must_use]
    pub fn known_total(&self, rows: usize) -> Option<u64> {
        let is_whole = self.from == From::Start && rows <= self.limit as usize;
        if is_whole {
            Some(rows as u64)
        } else {
            self.total
        }
    }
}

/// Counting stops here: a count that large tells nobody more.
pub const COUNT_CAP: u64 = 50_000;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// Where the following page begins (`After`), if there is one.
    pub next: Option<Position>,
    /// Where the preceding page ends (`Before`), if there is one.
    pub previous: Option<Position>,
    /// How many rows the whole list has, counted up to [`COUNT_CAP`].
    pub total: u64,
    /// Whether there are more than that.
    pub total_capped: bool,
}

impl<T> Page<T> {
    /// A page of an unknown place: nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            items: Vec::new(),
            next: None,
            previous: None,
            total: 0,
            total_capped: false,
        }
    }

    /// Makes a page of the rows that a store read for `request`: in the order in which they were
    /// read (for `Before`, nearest first), one more than the limit where there are more; `total`
    /// counted up to one over [`COUNT_CAP`].
    #[must_use]
    pub fn of(
        mut rows: Vec<T>,
        request: &PageRequest,
        total: u64,
        position: impl Fn(&T) -> Position,
    ) -> Self {
        let limit = request.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let backwards = matches!(request.from, From::Before(_));
        if backwards {
            rows.reverse();
        }
        let (has_previous, has_next) = match request.from {
            From::Start => (false, more),
            From::After(_) => (true, more),
            From::Before(_) => (more, true),
        };
        Self {
            next: rows.last().filter(|_| has_next).map(&position),
            previous: rows.first().filter(|_| has_previous).map(&position),
            items: rows,
            total: total.min(COUNT_CAP),
            total_capped: total > COUNT_CAP,
        }
    }

    /// The same page with each row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            next: self.next,
            previous: self.previous,
            total: self.total,
            total_capped: self.total_capped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_ends_on_its_first_page_is_not_counted() {
        let border = Position {
            created_at: Timestamp::UNIX_EPOCH,
            id: Uuid::nil(),
        };
        let known = |from, rows| {
            let request = PageRequest {
                limit: 10,
                from,
                order: Order::Descending,
                total: Some(1_234),
            };
            request.known_total(rows)
        };
        assert_eq!(known(From::Start, 0), Some(0));
        assert_eq!(known(From::Start, 10), Some(10));
        assert_eq!(known(From::Start, 11), Some(1_234));
        assert_eq!(known(From::After(border), 3), Some(1_234));
        assert_eq!(known(From::Before(border), 3), Some(1_234));
    }
}
