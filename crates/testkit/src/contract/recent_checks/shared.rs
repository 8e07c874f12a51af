//! What nodes that share a server do without it.

use std::sync::Arc;

use tieline_domain::{ports::RecentChecks, reason::Reason};

use super::{Provider, checked, refusal};
use crate::{SharedHarness, contract::concurrency::soon};

type Checks = dyn RecentChecks;

async fn nodes(harness: &impl SharedHarness<Port = Checks>) -> [Arc<Checks>; 2] {
    [
        harness.node(Arc::new(())).await,
        harness.node(Arc::new(())).await,
    ]
}

pub async fn without_the_server_the_provider_is_asked_each_time(
    harness: &impl SharedHarness<Port = Checks>,
) {
    let [first, second] = nodes(harness).await;
    let (provider, checked) = (Provider::default(), checked());
    let ask = provider.answers(Ok(()));
    assert_eq!(first.check(&checked, ask).await, Ok(()));
    harness.sever().await;
    let refused = Err(refusal(Reason::TokenRevoked));
    for (node, asked) in [(&first, 2), (&second, 3), (&first, 4)] {
        let ask = provider.answers(refused.clone());
        assert_eq!(soon(node.check(&checked, ask)).await, refused);
        assert_eq!(provider.asked(), asked);
    }
    harness.restore().await;
}

pub async fn once_the_server_is_back_nodes_share_answers(
    harness: &impl SharedHarness<Port = Checks>,
) {
    let [first, second] = nodes(harness).await;
    let provider = Provider::default();
    harness.sever().await;
    for node in [&first, &second] {
        let ask = provider.answers(Ok(()));
        assert_eq!(soon(node.check(&checked(), ask)).await, Ok(()));
    }
    harness.restore().await;
    for node in [&first, &second] {
        soon(find_server(&**node)).await;
    }
    let (refused, checked) = (Err(refusal(Reason::TokenRevoked)), checked());
    for node in [&first, &second, &first] {
        let ask = provider.answers(refused.clone());
        assert_eq!(soon(node.check(&checked, ask)).await, refused);
    }
    assert_eq!(provider.asked(), 3);
}

/// Checks until an answer is remembered.
async fn find_server(node: &Checks) {
    loop {
        let (provider, checked) = (Provider::default(), checked());
        for _ in 0..2 {
            let ask = provider.answers(Ok(()));
            node.check(&checked, ask).await.unwrap();
        }
        if provider.asked() == 1 {
            return;
        }
        tokio::task::yield_now().await;
    }
}
