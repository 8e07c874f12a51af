//! Cuts while a flow is completed.

use tieline_sandbox::Endpoint;

use crate::{Browser, Stage, Storage};

use super::LATER;

/// The steps of a callback, and whether there is a connection if it ends there.
pub(super) const STEPS: [(&str, bool); 4] = [
    ("attempt_claimed", false),
    ("code_exchanged", false),
    ("connection_uncommitted", false),
    ("connection_committed", true),
];

/// Cuts a callback off at each of its steps: its code is sent once, its connection is whole or
/// absent, its attempt comes to its end.
pub async fn cut_callbacks(storage: Storage) {
    for (step, is_connected) in STEPS {
        let start = Stage::start_on(storage, |setup| setup.home.break_at(Some(step)));
        let mut stage = start.await;
        let minted = stage.mint("slack").await;
        let mut browser = Browser::new();
        let callback = browser.callback(&minted.url).await;
        let visit = stage.api.http.get(callback.clone()).send().await;
        assert!(visit.is_err(), "{step}");
        assert!(!stage.server.ended().await.success(), "{step}");

        stage.server.home.break_at(None);
        stage.server.start_again().await;
        assert_eq!(browser.open(&callback).await.status, 200, "{step}");
        let exchanges = stage.control.count(Endpoint::SlackOauthV2Access);
        assert_eq!(exchanges, usize::from(step != "attempt_claimed"), "{step}");
        let attempt = stage.api.attempt(&minted.attempt).await;
        let status = if is_connected {
            "completed"
        } else {
            "exchanging"
        };
        assert_eq!(attempt["status"], status, "{step}");
        let connections = stage.api.connections().await;
        assert_eq!(connections.len(), usize::from(is_connected), "{step}");
        if is_connected {
            continue;
        }

        stage.server.kill().await;
        stage.server.home.pass_time(LATER);
        stage.server.start_again().await;
        let attempt = stage.api.ended_attempt(&minted.attempt).await;
        let end = (&attempt["status"], &attempt["code"]);
        assert_eq!(end, (&"failed".into(), &"interrupted".into()), "{step}");
    }
}
