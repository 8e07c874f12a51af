//! Who plays: the sandbox's fictional workspaces and tenants, and the apps that are registered
//! there.

/// The subscriber whom every prepared environment has.
pub const SUBSCRIBER: &str = "subscriber-123";

/// Client id and secret of the Slack app behind the integration `slack`.
pub const SLACK: (&str, &str) = ("1111111111.2222222222", "slack-client-secret-c0ffee");
/// Client id and secret of a Slack app with token rotation.
pub const ROTATING: (&str, &str) = ("3333333333.4444444444", "rotating-client-secret-decaf");
/// Client id and secret of the Entra app behind the integration `msteams`.
pub const ENTRA: (&str, &str) = (
    "0d9c4f5e-6a71-4b28-93c5-e1f7a2804b36",
    "entra-client-secret-f00d",
);

/// A Slack workspace, the first one on the consent page; Mara and Otis are its members.
pub const BAKERY: &str = "T0HARBOUR1";
/// The first member of the bakery.
pub const MARA: &str = "U0MARALIND";
/// The second member of the bakery.
pub const OTIS: &str = "U0OTISBELL";
/// Another Slack workspace.
pub const BOOKS: &str = "T0QUILLWD2";
/// A Slack workspace inside an organization.
pub const RAIL: &str = "T0MERIDOP3";
/// That organization.
pub const RAIL_GROUP: &str = "E0MERIDIAN";

/// A tenant, the first one on the consent page; Noor and Jonas are its users.
pub const FENNEL: &str = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";
/// The administrator of Fennel & Rye.
pub const NOOR: &str = "a1e0c7d4-52b9-4f6e-8c13-0d97be64f2a1";
/// An ordinary user of Fennel & Rye.
pub const JONAS: &str = "a2b7f930-1c48-4d05-b6ea-73c5128d04f2";
/// Another tenant.
pub const LARKSPUR: &str = "c84de7b1-20f9-4a36-8be5-f1957a0463d2";
/// Its administrator.
pub const SELMA: &str = "b1d9e2a6-7f30-4c81-95d4-e8b06a1c57f1";
