//! A crash leaves no keys behind.

use std::fs;

use serde_json::Value;
use tieline_tests::{Home, Server};

/// The limit of the size of core dumps, soft and hard, of a process.
fn limit(process: &str) -> String {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("Linux tells");
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"));
    let words: Vec<_> = line
        .expect("the limit")
        .split_whitespace()
        .take(2)
        .collect();
    words.join(" ")
}

/// What `doctor` finds of itself: it is made as a server is.
async fn found(home: &Home) -> Value {
    let told = home.run(&["doctor", "--json"]).await.stdout;
    let report: Value = serde_json::from_str(&told).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let mut own = findings.iter().filter(|it| it["what"] == "core dumps");
    own.next().expect("it is looked at")["state"].clone()
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells")]
async fn a_server_leaves_no_core_dump() {
    let server = Server::start(Home::prepared().await).await;
    assert_eq!(limit(&server.process_id().to_string()), "0 0");
    assert_eq!(found(&server.home).await, "good");
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells")]
async fn who_looks_for_a_bug_may_have_one() {
    let mut home = Home::prepared().await;
    home.set("CORE_DUMPS", "true");
    let server = Server::start(home).await;
    assert_eq!(limit(&server.process_id().to_string()), limit("self"));
    assert_eq!(found(&server.home).await, "warning");
}
