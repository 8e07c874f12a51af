//! A log that was tampered with is not whole.

use std::sync::Arc;

use async_trait::async_trait;
use tieline_domain::{
    audit::{AuditAction, AuditEntry, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{AuditFilter, AuditStore, StoreError},
    usecase::AuditCheck,
};

use crate::bench::Bench;

/// A log in which somebody wrote what they liked.
struct Tampered(Vec<AuditEvent>);

#[async_trait]
impl AuditStore for Tampered {
    async fn append(&self, _: AuditEntry) -> Result<AuditEvent, StoreError> {
        unreachable!("nothing is added")
    }

    async fn list(
        &self,
        _: EnvironmentId,
        _: &AuditFilter,
        _: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        unreachable!("nothing is listed")
    }

    async fn list_after(
        &self,
        _: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let after = self.0.iter().filter(|event| event.sequence > sequence);
        Ok(after.take(limit as usize).cloned().collect())
    }
}

/// A bench whose log has six events, and these.
async fn six() -> (Bench, Vec<AuditEvent>) {
    let bench = Bench::start().await;
    let log = &bench.broker.stores.audit;
    let there = log.list_after(bench.environment, 0, 100).await.unwrap();
    for number in there.len()..6 {
        let action = AuditAction::TokenRead;
        bench
            .broker
            .note(
                bench.environment,
                action,
                format!("c{number}"),
                &[("n", "1")],
            )
            .await
            .unwrap();
    }
    let all = log.list_after(bench.environment, 0, 100).await.unwrap();
    assert_eq!(all.len(), 6);
    (bench, all)
}

/// Checks a log of these events; answers what came of it, and how often progress was told.
async fn check(mut bench: Bench, events: Vec<AuditEvent>) -> (AuditCheck, Vec<u64>) {
    bench.broker.stores.audit = Arc::new(Tampered(events));
    let mut told = Vec::new();
    let broker = &bench.broker;
    let check = broker.verify_audit_log(bench.environment, |sequence| told.push(sequence));
    (check.await.unwrap(), told)
}

#[tokio::test]
async fn a_log_as_it_was_written_is_whole() {
    let (bench, events) = six().await;
    let last = events[5].head();
    let (check, told) = check(bench, events).await;
    assert_eq!(
        check,
        AuditCheck {
            head: last,
            broken: None
        }
    );
    assert_eq!(told, [6]);
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let bench = Bench::start().await;
    let (check, told) = check(bench, Vec::new()).await;
    assert_eq!((check.head.sequence, check.broken), (0, None));
    assert_eq!(told, [0; 0]);
}

type Tamper = fn(&mut Vec<AuditEvent>);

#[tokio::test]
async fn whatever_was_done_to_a_log_is_found_where_it_was_done() {
    let done: [(&str, u64, Tamper); 9] = [
        ("another subject", 2, |log| {
            "x".clone_into(&mut log[2].entry.subject);
        }),
        ("another action", 2, |log| {
            log[2].entry.action = AuditAction::ApiKeyCreated;
        }),
        ("another detail", 5, |log| {
            log[5].entry.details.insert("n".to_owned(), "2".to_owned());
        }),
        ("another time", 0, |log| {
            log[0].entry.at -= jiff::SignedDuration::from_secs(1);
        }),
        ("taken out", 3, |log| drop(log.remove(3))),
        ("the first taken out", 0, |log| drop(log.remove(0))),
        ("taken out, and the rest moved up", 3, |log| {
            log.remove(3);
            for event in &mut log[3..] {
                event.sequence -= 1;
            }
        }),
        ("put in", 3, |log| {
            let again = log[2].clone();
            log.insert(3, again);
            for event in &mut log[3..] {
                event.sequence += 1;
            }
        }),
        ("hashed anew, but not what follows", 3, |log| {
            let mut entry = log[2].entry.clone();
            "x".clone_into(&mut entry.subject);
            log[2] = entry.after(log[1].head());
        }),
    ];
    for (what, whole, tamper) in done {
        let (bench, mut events) = six().await;
        tamper(&mut events);
        let (check, _) = check(bench, events.clone()).await;
        assert_eq!(check.head.sequence, whole, "{what}");
        let broken = check.broken.unwrap();
        let index = usize::try_from(whole).unwrap();
        assert_eq!(*broken, events[index], "{what}");
    }
}

/// The hash of the last event, kept elsewhere, tells that the end was cut off.
#[tokio::test]
async fn a_log_whose_end_was_cut_off_leads_to_another_hash() {
    let (bench, mut events) = six().await;
    let last = events.pop().unwrap().head();
    let (check, _) = check(bench, events).await;
    assert_eq!(check.broken, None);
    assert_ne!(check.head, last);
}
