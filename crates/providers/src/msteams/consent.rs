//! The proof that a tenant has consented. What Entra tells of it by way of a browser
//! (`admin_consent=True`) anybody can write there.

use std::time::Duration;

use jiff::SignedDuration;
use tieline_domain::{integration::Credentials, ports::ProviderError, reason::Reason};

use super::client::MsTeamsClient;

/// The pauses between two questions. A consent takes a while to reach all of a directory's servers,
/// mostly less than half a minute.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

/// How long is asked altogether, even if the answers are slow: with what comes before and after,
/// well under the two minutes after which an exchange is given up for lost.
const LIMIT: SignedDuration = SignedDuration::from_secs(45);

/// Makes sure that the app may act in a tenant, by getting it a token there that allows something.
/// A consent that is not seen yet, and an Entra in trouble, are asked about again.
pub(super) async fn prove(
    client: &MsTeamsClient,
    app: &Credentials,
    tenant: &str,
) -> Result<(), ProviderError> {
    let until = client.clock.now() + LIMIT;
    let mut pauses = PAUSES.into_iter();
    loop {
        let Err(error) = client.app_only(app, tenant).await else {
            return Ok(());
        };
        if error.reason != Reason::ConsentNotGranted && !error.may_pass() {
            return Err(error);
        }
        let Some(pause) = pauses.next() else {
            return Err(error);
        };
        let pause = pause.max(error.retry_after.unwrap_or_default());
        if client.clock.now() + pause > until {
            return Err(error);
        }
        tracing::debug!(%error, ?pause, "the consent is not seen yet");
        client.timer.pause(pause).await;
    }
}
