//! The catalogue of everything that can go wrong: one stable code each, with who can mend it and
//! how. It serves the log, the API and the page that the person sees.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Who can mend a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mender {
    /// The person who connects, by doing it again or otherwise.
    Person,
    /// An administrator of the workspace or tenant.
    WorkspaceAdmin,
    /// Whoever builds the product: its back end sent something that cannot be.
    Product,
    /// Whoever runs Tieline.
    Operator,
    /// The provider; waiting helps.
    Provider,
}

impl Mender {
    /// The mender in a sentence for the person at the page.
    #[must_use]
    pub fn for_the_person(self) -> &'static str {
        match self {
            Self::Person => "You can",
            Self::WorkspaceAdmin => "An administrator of your workspace can",
            Self::Product => "The team behind the product that sent you here can",
            Self::Operator => "The people who run this service can",
            Self::Provider => "Only the provider can",
        }
    }
}

macro_rules! catalogue {
    ($($name:ident $code:literal $mender:ident: $what:literal, $remedy:literal;)*) => {
        /// Why something was refused or failed. The codes are stable: clients may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $what] $name,)*
        }

        impl Reason {
            /// The whole catalogue.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable, machine-readable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What happened, in a sentence.
            #[must_use]
            pub fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }

            /// Who can mend it.
            #[must_use]
            pub fn mender(self) -> Mender {
                match self { $(Self::$name => Mender::$mender,)* }
            }

            /// What to do about it, in a sentence.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

catalogue! {
    // Requests of the back end.
    Unauthorized "unauthorized" Product: "The API key is missing, unknown or revoked.",
        "Send the header Authorization: ApiKey <key> with a live key of the environment.";
    Forbidden "forbidden" Product: "The API key's role does not allow this.",
        "Use a key whose role allows it.";
    RouteNotFound "route_not_found" Product: "There is nothing at this address.",
        "Compare the path with the API document at /docs.";
    MethodNotAllowed "method_not_allowed" Product: "This address does not take this method.",
        "Compare the method with the API document at /docs.";
    NotFound "not_found" Product: "There is no such object in this environment.",
        "Check the identifier, and that the API key belongs to the right environment.";
    MalformedRequest "malformed_request" Product: "The request cannot be read.",
        "Send what the API document at /docs describes.";
    MalformedJson "malformed_json" Product: "The body is not valid JSON.",
        "Send one JSON object, with each member named once.";
    UnsupportedMediaType "unsupported_media_type" Product: "The body is not declared as JSON.",
        "Send the header Content-Type: application/json.";
    BodyTooLarge "body_too_large" Product: "The body is larger than 64 KiB.",
        "Send a smaller body.";
    ValidationFailed "validation_failed" Product: "A field of the request is not as it must be.",
        "Mend the fields named under errors.";
    CursorConflict "cursor_conflict" Product: "Both after and before were given.",
        "Send one of the two.";
    ContextRequired "context_required" Product: "A shared connection needs a context.",
        "Send a context, or another connectionMode.";
    ContextHashRequired "context_hash_required" Product:
        "A valid contextHash is required when HMAC validation is enabled.",
        "Send contextHash: HMAC-SHA256 of the canonical context under an API key of the environment.";
    ContextHashInvalid "context_hash_invalid" Product:
        "The contextHash does not match the context. Please provide a valid context HMAC hash.",
        "Hash the very context that you send, in canonical form, with a live key of the environment.";
    SubscriberRequired "subscriber_required" Product: "This request needs a subscriber.",
        "Send a subscriberId.";
    OwnerRequired "owner_required" Product: "Neither a subscriber nor a context was given.",
        "Send a subscriberId or a context.";
    SubscriberNotFound "subscriber_not_found" Product: "There is no such subscriber.",
        "Create the subscriber first.";
    IntegrationNotFound "integration_not_found" Product: "There is no such active integration.",
        "Check the identifier, and that the integration is active.";
    CredentialsMissing "credentials_missing" Product: "The integration lacks a credential.",
        "Complete the integration's credentials.";
    OauthNotSupported "oauth_not_supported" Product: "This provider has no OAuth flow.",
        "Use an integration of a provider that has one.";
    ScopeInvalid "scope_invalid" Product: "A scope is unknown or malformed.",
        "Send scopes that the provider knows.";
    UrlTooLong "url_too_long" Product: "The URL would be longer than browsers and providers take.",
        "Send fewer or shorter contexts, scopes or identifiers.";
    IdentifierTaken "connection_identifier_taken" Product:
        "The connection identifier belongs to another owner or integration.",
        "Choose another connectionIdentifier, or leave it out.";
    AlreadyExists "already_exists" Product: "There is such an object already.",
        "Choose another identifier, or change the object that is there.";
    ConnectionNotFound "connection_not_found" Product: "There is no such connection here.",
        "Check the identifier, and that the connection belongs to the same integration.";
    RotationNotSupported "rotation_not_supported" Product:
        "Refresh tokens cannot be used with this provider or integration.",
        "Leave refreshToken out, or complete the integration's client credentials.";
    PrimaryNotSupported "primary_not_supported" Product:
        "Chat integrations have no primary one.",
        "Name the integration by its identifier in each request.";
    IdempotencyKeyInvalid "idempotency_key_invalid" Product: "The idempotency key is malformed.",
        "Send one header of 1 to 255 visible ASCII characters.";
    IdempotencyKeyReused "idempotency_key_reused" Product:
        "The idempotency key was used for another request.",
        "Use a fresh key for every new request.";
    RateLimited "rate_limited" Product: "The environment or the API key asks too much at once.",
        "Wait as many seconds as the header Retry-After says, then try again.";
    TooManyFailures "too_many_failures" Product:
        "Too many requests with a wrong or missing API key came from this address.",
        "Wait as many seconds as the header Retry-After says, then send a live key.";
    Overloaded "overloaded" Operator: "The service has more to do than it can do at once.",
        "Try again in a moment; nothing was done.";
    EventRefused "event_refused" Product:
        "What claims to come from the provider is not signed as it must be.",
        "Compare the integration's signingSecret, or its botAppId, with the app's page at the provider.";
    Unavailable "unavailable" Operator: "The service cannot reach its database.",
        "Try again in a moment; nothing was lost.";
    TimedOut "timed_out" Operator: "The request took too long and was given up.",
        "Try again in a moment.";
    Internal "internal" Operator: "Something failed on our side.",
        "Try again; if it stays, look for the reference in the log.";

    // The callback and the person in front of it.
    AddressLimited "address_limited" Person: "Too many pages were opened from your network at once.",
        "Wait a moment, then load this page again.";
    StateMissing "state_missing" Person: "This address was opened without a running connection.",
        "Go back to the product and start the connection there.";
    StateInvalid "state_invalid" Person: "This link was not made here, or has been altered.",
        "Go back to the product and start the connection anew.";
    StateExpired "state_expired" Person: "This link has expired: it lives for five minutes.",
        "Go back to the product and start the connection anew.";
    CallbackMalformed "callback_malformed" Person: "The provider's answer cannot be read.",
        "Go back to the product and start the connection anew.";
    AttemptUnknown "attempt_unknown" Person: "There is no connection under this reference.",
        "Go back to the product and start the connection there.";
    InProgress "in_progress" Person: "This connection is just being made.",
        "Wait a moment, then load this page again.";
    IntegrationUnavailable "integration_unavailable" Product:
        "The product's app for this provider has been switched off meanwhile.",
        "Switch the integration on again, then start anew.";
    AccessDenied "access_denied" Person: "The request was declined, so nothing was connected.",
        "If that was a mistake, start again from the product and choose Allow.";
    ApprovalRequired "approval_required" WorkspaceAdmin:
        "Your workspace lets only administrators approve apps.",
        "Ask an administrator to make the connection.";
    AuthorizationRefused "authorization_refused" Product:
        "The provider refused the request for authorization.",
        "Look up the provider's error in the connect attempt and mend the app's set-up.";
    CodeMissing "code_missing" Provider: "The provider sent neither a code nor an error.",
        "Start again from the product.";
    CodeRejected "code_rejected" Person:
        "The provider no longer accepts this sign-in: it was used already, or took too long.",
        "Start again from the product.";
    ClientRejected "client_rejected" Product:
        "The provider does not accept the app's own credentials.",
        "Check client id and secret of the integration.";
    RedirectRejected "redirect_rejected" Operator:
        "The provider does not accept our callback address.",
        "Register the callback address with the app at the provider, letter by letter.";
    ProviderError "provider_error" Provider: "The provider answered with an error.",
        "Start again in a few minutes.";
    ProviderRateLimited "provider_rate_limited" Provider: "The provider asks us to slow down.",
        "Start again in a minute.";
    ProviderUnreachable "provider_unreachable" Provider: "The provider could not be reached.",
        "Start again in a few minutes.";
    InvalidResponse "invalid_response" Provider: "The provider's answer makes no sense to us.",
        "Start again; if it stays, report the reference.";
    MissingAccount "missing_account" Provider: "The provider did not say which account this is.",
        "Start again; if it stays, report the reference.";
    WrongTokenType "wrong_token_type" Product: "The provider issued another kind of token.",
        "Compare the app's set-up at the provider with the scopes that are asked for.";
    InsufficientScope "insufficient_scope" Person: "A permission that is needed was not granted.",
        "Start again and leave the permissions as they are.";
    WebhookRefused "webhook_refused" Provider:
        "The provider named a webhook address that is not its own.",
        "Report the reference; nothing was stored.";
    ConsentNotGranted "consent_not_granted" WorkspaceAdmin:
        "The provider did not confirm the administrator's consent.",
        "Ask an administrator of the tenant to open the link and to accept.";
    TenantMismatch "tenant_mismatch" Person:
        "You signed in to another organization than the one that consented.",
        "Start again and use one account of the organization for both steps.";
    AccountMismatch "account_mismatch" Person:
        "This is another workspace than the one that is connected under this name.",
        "Start again and choose the workspace that is connected, or have that one disconnected.";
    ConnectionGone "connection_gone" Product: "The connection was deleted meanwhile.",
        "Connect the workspace again, then link the person.";
    PersonMissing "person_missing" Provider: "The provider did not say who you are.",
        "Start again; if it stays, report the reference.";
    IdTokenInvalid "id_token_invalid" Provider: "The provider's proof of identity does not hold.",
        "Start again; if it stays, report the reference.";
    SubscriberGone "subscriber_gone" Product: "The product no longer knows this user.",
        "Create the subscriber again, then start anew.";
    Interrupted "interrupted" Operator:
        "The service stopped in the middle; the outcome at the provider is unknown.",
        "Start again from the product: a second installation replaces the first.";
    SignInAbandoned "sign_in_abandoned" Person: "The sign-in was not finished in time.",
        "Start again from the product.";
    StorageFailed "storage_failed" Operator:
        "The provider agreed, but the connection could not be stored.",
        "Start again from the product; what the provider issued was taken back if it let us.";

    // A connection about which the provider was asked.
    TokenRevoked "token_revoked" Person: "The connection's token was revoked at the provider.",
        "Connect the workspace again.";
    TokenExpired "token_expired" Person: "The connection's token has expired.",
        "Connect the workspace again, or replace the token.";
    TokenInvalid "token_invalid" Product: "The provider does not take the connection's token.",
        "Connect the workspace again, or replace the token.";
    AppRemoved "app_removed" WorkspaceAdmin:
        "The app was removed from the workspace or switched off there, or the workspace is gone.",
        "Ask an administrator to let the app in again, then connect the workspace again.";
    TenantNotFound "tenant_not_found" Product: "The provider knows no such tenant.",
        "Correct the connection's workspace, or delete the connection to a tenant that is gone.";
    RotationDisabled "rotation_disabled" Product:
        "The app does not rotate its tokens at the provider.",
        "Switch token rotation on at the app's page there, or take tokenRotation out of the integration's credentials.";
    RefreshLost "refresh_lost" Person:
        "A refresh was cut off in the middle, and what the provider issued never arrived.",
        "Connect the workspace again.";
    TokenUnavailable "token_unavailable" Product: "This connection has no such token.",
        "Ask for a kind of token that the connection has.";
    AdminMustRemove "admin_must_remove" WorkspaceAdmin:
        "Only an administrator can end this at the provider.",
        "Ask an administrator there to remove the app: in Slack under Manage apps; in Microsoft Entra by deleting the enterprise application whose application id is the integration's clientId.";
    WorkspaceMismatch "workspace_mismatch" Product:
        "The token belongs to another workspace than the connection names.",
        "Replace workspace and token together, or connect the workspace again.";
}

impl Reason {
    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.code() == code)
    }
}

/// As its code.
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        Self::from_code(&code).ok_or_else(|| D::Error::custom("unknown reason"))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_leads_back_to_its_reason() {
        let codes: HashSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
    }
}
