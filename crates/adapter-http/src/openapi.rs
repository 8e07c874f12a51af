//! The OpenAPI document: what it says beside the operations, and where it is served.

use axum::Router;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    api::Api,
    error::{ErrorBody, ValidationErrorBody},
    routes::documented,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tieline",
        description = "A self-hosted connection broker. Your back end asks for an OAuth URL; your \
            customer opens it and connects their Slack workspace or Microsoft Teams tenant; Tieline \
            ends the flow and keeps the connection, its tokens sealed.\n\n\
            Every error has one body, whose `code` is stable and machine-readable. Every answer has \
            an `x-request-id` that finds it in the log.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server.")),
    tags(
        (name = "Connecting", description = "From a request to a stored connection."),
        (name = "Connect attempts", description = "What became of each URL that was opened."),
        (name = "Integrations", description = "Your apps at the providers."),
        (name = "Subscribers", description = "The users of your product."),
        (name = "Contexts", description = "Business objects of your product to which connections can belong."),
        (name = "Channel connections", description = "The workspaces and tenants that are connected."),
        (name = "Channel endpoints", description = "The addresses inside connections."),
        (name = "Operations", description = "Probes."),
    ),
    components(schemas(ErrorBody, ValidationErrorBody)),
    modifiers(&KeyScheme),
)]
struct Skeleton;

struct KeyScheme;

impl Modify for KeyScheme {
    fn modify(&self, document: &mut Document) {
        let described = "`ApiKey <key>`: the environment's key, behind the word `ApiKey`.";
        let value = ApiKeyValue::with_description("Authorization", described);
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(value));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("ApiKey", scheme);
    }
}

/// The document without its operations.
pub(crate) fn skeleton() -> Document {
    Skeleton::openapi()
}

/// The whole document.
#[must_use]
pub fn openapi() -> Document {
    documented().into_openapi()
}

/// `/openapi.json`, and `/docs` to read it.
pub(crate) fn routes(document: Document) -> Router<Api> {
    SwaggerUi::new("/docs")
        .url("/openapi.json", document)
        .config(Config::default().use_base_layout())
        .into()
}
