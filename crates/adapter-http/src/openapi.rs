//! The OpenAPI document: what it says beside the operations, and where it is served.

use axum::Router;
use utoipa::{
    Modify, OpenApi, PartialSchema,
    openapi::{
        Header, OpenApi as Document, RefOr,
        path::Operation,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    api::SharedApi,
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
        (name = "Revocations", description = "What became, at the providers, of connections that were deleted."),
        (name = "Channel endpoints", description = "The addresses inside connections."),
        (name = "API keys", description = "Who may call, and what they may do."),
        (name = "Environments", description = "Isolated sets of all of the above."),
        (name = "Events of providers", description = "What providers send by themselves, signed by them."),
        (name = "Audit log", description = "Who did what, in a chain of hashes."),
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

/// Says of every answer to a request that can carry an `idempotency-key` which headers it has.
pub(crate) fn describe_repetition(document: &mut Document) {
    let described = |description: &str| {
        let mut header = Header::new(<String as PartialSchema>::schema());
        header.description = Some(description.to_owned());
        RefOr::T(header)
    };
    for item in document.paths.paths.values_mut() {
        let written = [&mut item.post, &mut item.put, &mut item.patch];
        for operation in written.into_iter().flatten().filter(|o| takes_a_key(o)) {
            for (status, response) in &mut operation.responses.responses {
                if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
                    let headers = &mut response.headers;
                    let echo = described("The key that was sent.");
                    headers.insert("idempotency-key".to_owned(), echo);
                    let replay = described("`true` where the answer is a repetition.");
                    headers.insert("idempotency-replay".to_owned(), replay);
                }
            }
        }
    }
}

fn takes_a_key(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.name == "idempotency-key",
        RefOr::Ref(_) => false,
    })
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
pub(crate) fn routes(document: Document) -> Router<SharedApi> {
    SwaggerUi::new("/docs")
        .url("/openapi.json", document)
        .config(Config::default().use_base_layout())
        .into()
}
