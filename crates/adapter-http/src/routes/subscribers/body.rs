//! Subscribers on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tieline_domain::{
    broker::Broker,
    id::{EnvironmentId, OrganizationId},
    patch::Patch,
    reason::Reason,
    subscriber::{ProfilePatch, Subscriber, SubscriberId},
};
use utoipa::{
    ToSchema,
    openapi::{
        Object, ObjectBuilder,
        schema::{AdditionalProperties, SchemaType, Type},
    },
};

use crate::{
    error::{ApiError, instant},
    fields::Fields,
    patch_body::patch,
};

/// The longest text in a profile.
const MAX_TEXT: usize = 1000;

/// A subscriber to be made or changed.
// The fields stand here once more instead of a flattened struct: of that, serde tells no places.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateSubscriberRequest {
    /// The product's id of the subscriber.
    #[schema(min_length = 1, max_length = 255, example = "subscriber-123")]
    subscriber_id: String,
    /// The given name.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "Ada")]
    first_name: Patch<String>,
    /// The family name.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "Lovelace")]
    last_name: Patch<String>,
    /// The mail address.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "ada@example.com")]
    email: Patch<String>,
    /// The telephone number.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    phone: Patch<String>,
    /// The address of a picture.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    avatar: Patch<String>,
    /// The language.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "en-US")]
    locale: Patch<String>,
    /// The time zone.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "Europe/Rome")]
    timezone: Patch<String>,
    /// The product's own data, replaced as a whole.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<BTreeMap<String, Value>>, example = json!({ "plan": "pro" }))]
    data: Patch<Map<String, Value>>,
}

/// What changes of a subscriber.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatchSubscriberRequest {
    /// The given name.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "Ada")]
    first_name: Patch<String>,
    /// The family name.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "Lovelace")]
    last_name: Patch<String>,
    /// The mail address.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "ada@example.com")]
    email: Patch<String>,
    /// The telephone number.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    phone: Patch<String>,
    /// The address of a picture.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    avatar: Patch<String>,
    /// The language.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "en-US")]
    locale: Patch<String>,
    /// The time zone.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>, max_length = 1000, example = "Europe/Rome")]
    timezone: Patch<String>,
    /// The product's own data, replaced as a whole.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<BTreeMap<String, Value>>, example = json!({ "plan": "pro" }))]
    data: Patch<Map<String, Value>>,
}

impl CreateSubscriberRequest {
    pub(crate) fn read(self) -> Result<(SubscriberId, ProfilePatch), ApiError> {
        let profile = PatchSubscriberRequest {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            phone: self.phone,
            avatar: self.avatar,
            locale: self.locale,
            timezone: self.timezone,
            data: self.data,
        };
        let patch = profile.read()?;
        let mut fields = Fields::default();
        let id = fields.check(
            "subscriberId",
            Some(self.subscriber_id),
            SubscriberId::parse,
        );
        fields.refuse()?;
        Ok((id.ok_or(Reason::Internal)?, patch))
    }
}

impl PatchSubscriberRequest {
    pub(super) fn read(self) -> Result<ProfilePatch, ApiError> {
        let mut fields = Fields::default();
        for (name, value) in [
            ("firstName", &self.first_name),
            ("lastName", &self.last_name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("avatar", &self.avatar),
            ("locale", &self.locale),
            ("timezone", &self.timezone),
        ] {
            if let Patch::Set(text) = value {
                fields.at_most(name, text, MAX_TEXT);
            }
        }
        fields.finish(ProfilePatch {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            phone: self.phone,
            avatar: self.avatar,
            locale: self.locale,
            timezone: self.timezone,
            data: self.data,
        })
    }
}

/// A user of the product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriberResponse {
    /// Its own id here.
    #[serde(rename = "_id")]
    #[schema(format = Uuid)]
    id: String,
    /// The organization's id.
    #[serde(rename = "_organizationId")]
    #[schema(format = Uuid)]
    organization_id: String,
    /// The environment's id.
    #[serde(rename = "_environmentId")]
    #[schema(format = Uuid)]
    environment_id: String,
    /// The product's id of it.
    #[schema(example = "subscriber-123")]
    subscriber_id: String,
    /// The given name.
    #[schema(example = "Ada")]
    first_name: Option<String>,
    /// The family name.
    #[schema(example = "Lovelace")]
    last_name: Option<String>,
    /// The mail address.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// The telephone number.
    #[schema(example = "+44 20 7946 0000")]
    phone: Option<String>,
    /// The address of a picture.
    #[schema(example = "https://example.com/ada.png")]
    avatar: Option<String>,
    /// The language.
    #[schema(example = "en-US")]
    locale: Option<String>,
    /// The time zone.
    #[schema(example = "Europe/Rome")]
    timezone: Option<String>,
    /// The product's own data.
    #[schema(schema_with = data_schema)]
    data: Option<Map<String, Value>>,
    /// Always false: what is deleted is gone.
    deleted: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// An object of any members: the derive leaves out what such a one is described with.
fn data_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some("The product's own data."))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .examples([json!({ "plan": "pro" })])
        .build()
}

impl SubscriberResponse {
    pub(super) async fn of(broker: &Broker, subscriber: Subscriber) -> Result<Self, ApiError> {
        let organization = organization_of(broker, subscriber.environment_id).await?;
        Ok(Self::new(subscriber, organization))
    }

    pub(super) fn new(subscriber: Subscriber, organization: OrganizationId) -> Self {
        let profile = subscriber.profile;
        Self {
            id: subscriber.id.to_string(),
            organization_id: organization.to_string(),
            environment_id: subscriber.environment_id.to_string(),
            subscriber_id: subscriber.subscriber_id.into(),
            first_name: profile.first_name,
            last_name: profile.last_name,
            email: profile.email,
            phone: profile.phone,
            avatar: profile.avatar,
            locale: profile.locale,
            timezone: profile.timezone,
            data: profile.data,
            deleted: false,
            created_at: instant(subscriber.created_at),
            updated_at: instant(subscriber.updated_at),
        }
    }
}

/// The organization of an environment.
pub(crate) async fn organization_of(
    broker: &Broker,
    environment: EnvironmentId,
) -> Result<OrganizationId, ApiError> {
    let found = broker.stores.environments.find(environment).await?;
    Ok(found.ok_or(Reason::Unauthorized)?.organization_id)
}
