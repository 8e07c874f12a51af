//! Subscribers: the users of the product, under the ids that the product gives them.

use jiff::Timestamp;

use crate::{
    id::EnvironmentId,
    text::{check_printable, checked_text},
};

checked_text! {
    /// The product's own id of one of its users: 1 to 255 characters, no control characters.
    SubscriberId, |text| check_printable(text, 255)
}

/// A user of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// The product's id of it; unique in its environment.
    pub subscriber_id: SubscriberId,
    /// When it was made.
    pub created_at: Timestamp,
}
