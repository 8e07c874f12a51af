//! Power cuts: the program ends at a step of its work, at once, and starts again.

use tieline_sandbox::Endpoint;
use tieline_tests::{Browser, Stage};

/// The steps of a callback, and whether there is a connection if it ends there.
const STEPS: [(&str, bool); 4] = [
    ("attempt_claimed", false),
    ("code_exchanged", false),
    ("connection_uncommitted", false),
    ("connection_committed", true),
];

/// C2, C3, I1, I5
#[tokio::test]
async fn wherever_a_callback_is_cut_off_its_code_is_sent_once_and_its_connection_is_whole_or_absent()
 {
    for (step, is_connected) in STEPS {
        let mut stage = Stage::start_with(|setup| setup.home.break_at(Some(step))).await;
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
    }
}
