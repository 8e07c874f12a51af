//! Cuts while a token is replaced.

use std::time::Duration;

use crate::Storage;

use super::Rotating;

/// The step at which the provider's answer is lost: it has rotated the token, and nothing is
/// written down.
const ANSWERED: &str = "refresh_answered";

/// The other steps of a refresh: whatever it had come to is redone, or taken from the journal.
const HARMLESS: [&str; 5] = [
    "upkeep_held",
    "refresh_unsent",
    "refresh_journaled",
    "upkeep_uncommitted",
    "refresh_committed",
];

/// For how long Slack takes a refresh token once more after its first use.
const GRACE: Duration = Duration::from_mins(1);

/// Cuts a refresh off at each of its steps: no refresh token is spent twice to the connection's
/// harm, and the connection is told as it is.
pub async fn cut_refreshes(storage: Storage) {
    for step in HARMLESS {
        let cut = cut_off(storage, step).await;
        good_after_all(&cut, step).await;
        assert_eq!(cut.spent(), [1], "{step}");
        assert_eq!(cut.working_token().await.number, 2, "{step}");
    }
    lost_answer_is_had_again(storage).await;
    lost_answer_is_told(storage).await;
}

/// A connection whose refresh was cut off at this step, a while ago.
async fn cut_off(storage: Storage, step: &str) -> Rotating {
    let mut cut = Rotating::start(storage, Some(step)).await;
    assert!(cut.ask_for_fresh_token().await.is_none(), "{step}");
    cut.start_later().await;
    cut
}

async fn good_after_all(cut: &Rotating, step: &str) {
    let connection = cut.decided().await;
    assert_eq!(connection["status"], "active", "{step}: {connection}");
    let generation = cut.generation();
    assert!(
        generation.as_deref().is_none_or(|it| it == "2"),
        "{step}: {generation:?}"
    );
    cut.journal_is_empty().await;
}

/// A provider that takes a refresh token once more, for a short while, gives another pair.
async fn lost_answer_is_had_again(storage: Storage) {
    let mut cut = Rotating::start(storage, Some(ANSWERED)).await;
    cut.stage.control.set_slack_refresh_grace(GRACE);
    assert!(cut.ask_for_fresh_token().await.is_none());
    cut.start_later().await;
    good_after_all(&cut, ANSWERED).await;
    assert_eq!(cut.spent(), [2]);
    assert_eq!(cut.working_token().await.number, 3);
}

/// Where it does not, the connection is at its end, and says why; a new consent mends it.
async fn lost_answer_is_told(storage: Storage) {
    let mut cut = cut_off(storage, ANSWERED).await;
    let connection = cut.decided().await;
    let told = (&connection["status"], &connection["statusReason"]);
    let expected = (&"reauth_required".into(), &"refresh_lost".into());
    assert_eq!(told, expected, "{connection}");
    assert_eq!(cut.spent(), [3], "once, in doubt, and on second thought");
    let refused = cut.ask_for_fresh_token().await.expect("an answer");
    assert_eq!(refused.json()["code"], "refresh_lost", "{}", refused.text);

    cut.connect().await;
    assert_eq!(cut.decided().await["status"], "active");
    let fresh = cut.ask_for_fresh_token().await.expect("an answer");
    assert_eq!(fresh.status, 200, "{}", fresh.text);
    cut.working_token().await;
}
