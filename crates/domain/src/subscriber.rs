//! Subscribers: the users of the product, under the ids that the product gives them.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    id::{EnvironmentId, SubscriberRowId},
    patch::Patch,
    text::{check_printable, checked_text},
};

checked_text! {
    /// The product's own id of one of its users: 1 to 255 characters, no control characters.
    SubscriberId, |text| check_printable(text, 255)
}

/// A user of the product.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscriber {
    /// Its row; clients see it as `_id`.
    pub id: SubscriberRowId,
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// The product's id of it; unique in its environment.
    pub subscriber_id: SubscriberId,
    /// What else the product said of it.
    pub profile: Profile,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a product may say of a user. Tieline keeps it and makes nothing of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The address of a picture.
    pub avatar: Option<String>,
    /// The language, such as `en-US`.
    pub locale: Option<String>,
    /// The time zone, such as `Europe/Rome`.
    pub timezone: Option<String>,
    /// The product's own data.
    pub data: Option<Map<String, Value>>,
}

/// A change of a [`Profile`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfilePatch {
    /// The given name.
    pub first_name: Patch<String>,
    /// The family name.
    pub last_name: Patch<String>,
    /// The mail address.
    pub email: Patch<String>,
    /// The telephone number.
    pub phone: Patch<String>,
    /// The address of a picture.
    pub avatar: Patch<String>,
    /// The language.
    pub locale: Patch<String>,
    /// The time zone.
    pub timezone: Patch<String>,
    /// The product's own data, replaced as a whole.
    pub data: Patch<Map<String, Value>>,
}

impl Profile {
    /// Changes what the patch names.
    pub fn change(&mut self, patch: ProfilePatch) {
        patch.first_name.apply(&mut self.first_name);
        patch.last_name.apply(&mut self.last_name);
        patch.email.apply(&mut self.email);
        patch.phone.apply(&mut self.phone);
        patch.avatar.apply(&mut self.avatar);
        patch.locale.apply(&mut self.locale);
        patch.timezone.apply(&mut self.timezone);
        patch.data.apply(&mut self.data);
    }
}
