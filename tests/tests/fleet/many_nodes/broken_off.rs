//! Power cuts on Postgres: the program ends at a step of its work, at once, and starts again.
//! `tests/tests/e2e/broken_off.rs` does the same on SQLite.

use tieline_tests::{Storage, cut};

/// C2, C3, I1, I5
#[tokio::test]
async fn wherever_a_callback_is_cut_off_its_code_is_sent_once_and_its_connection_is_whole_or_absent()
 {
    cut::cut_callbacks(Storage::Postgres).await;
}

/// R1, R2, R3
#[tokio::test]
async fn wherever_a_refresh_is_cut_off_the_connection_is_told_as_it_is() {
    cut::cut_refreshes(Storage::Postgres).await;
}

/// R11
#[tokio::test]
async fn wherever_a_disconnection_is_cut_off_nothing_is_left_at_the_provider() {
    cut::cut_disconnects(Storage::Postgres).await;
}

#[tokio::test]
async fn whatever_a_kill_hits_each_connection_is_told_as_it_is() {
    for seed in 0..2 {
        cut::kill_at_random(Storage::Postgres, seed, 5).await;
    }
}

/// `cargo xtask test -- --package tieline-tests --test fleet -- --ignored killed_many_times`
#[tokio::test]
#[ignore = "takes five minutes"]
async fn what_is_killed_many_times_is_told_as_it_is() {
    for seed in 2..22 {
        cut::kill_at_random(Storage::Postgres, seed, 20).await;
    }
}
