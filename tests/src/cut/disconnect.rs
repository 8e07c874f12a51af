//! Cuts while a connection is ended.

use tieline_sandbox::Endpoint;

use crate::Storage;

use super::Rotating;

/// The steps, and what became of the app by the receipt.
pub(super) const STEPS: [(&str, &str); 2] = [
    ("revocation_begun", "revoked"),
    // It was the process that ended which took it back.
    ("revocation_answered", "already_gone"),
];

/// Cuts a disconnection off at each of its steps: the connection is gone at once, nothing of it is
/// good at the provider in the end, and its receipt says so.
pub async fn cut_disconnects(storage: Storage) {
    for (step, outcome) in STEPS {
        let mut cut = Rotating::start(storage, Some(step)).await;
        assert_ne!(cut.live(), [], "{step}");
        assert!(cut.delete().await.is_none(), "{step}");
        cut.start_later().await;
        assert!(cut.stage.api.connections().await.is_empty(), "{step}");
        let receipt = cut.receipt().await;
        assert_eq!(receipt["status"], "completed", "{step}: {receipt}");
        assert_eq!(receipt["connectionIdentifier"], *cut.identifier);
        let app = &receipt["items"][0];
        let told = (&app["subject"], &app["outcome"]);
        assert_eq!(told, (&"app".into(), &outcome.into()), "{step}: {receipt}");
        assert_eq!(cut.live(), [], "{step}");
        let asked = cut.stage.control.count(Endpoint::SlackAppsUninstall);
        assert!((1..=2).contains(&asked), "{step}: {asked}");

        cut.connect().await;
        cut.working_token().await;
    }
}
