//! What can be told of the server.

use tieline_testkit::FixedClock;

use crate::{
    server::{Server, free_port},
    support::{memory, prefix},
};

#[tokio::test]
async fn a_server_tells_its_version_and_what_it_does_when_it_is_full() {
    let more = ["--maxmemory", "5mb", "--maxmemory-policy", "volatile-ttl"];
    let server = Server::at(free_port(), &more);
    let url = format!("redis://127.0.0.1:{}", server.port);
    let told = memory(&url, &prefix()).await;
    let told = told.examine(&FixedClock::default()).await.unwrap();
    assert!(told.version.is_some_and(|it| it.contains('.')));
    assert_eq!(told.max_memory, Some(5 << 20));
    assert_eq!(told.eviction.as_deref(), Some("volatile-ttl"));
}

#[tokio::test]
async fn a_server_that_is_away_has_a_cause_without_a_password() {
    let url = format!("redis://somebody:hush-hush@127.0.0.1:{}", free_port());
    let away = memory(&url, &prefix()).await;
    let cause = away.examine(&FixedClock::default()).await.unwrap_err();
    assert!(!cause.is_empty() && !cause.contains("hush"), "{cause}");
}
