//! Whom we call at all.

use std::{net::TcpListener, time::Duration};

use tieline_domain::{ports::ProviderError, reason::Reason};
use tieline_providers::{
    Egress, EgressPolicy,
    http::{Call, EgressError, Form},
};

use crate::harness::private;

async fn post(policy: EgressPolicy, url: &str) -> Result<u16, EgressError> {
    let form = Form::new().field("client_secret", "hush");
    let call = Call::post("test", url.parse().unwrap(), form);
    Egress::new(policy)
        .unwrap()
        .send(&call)
        .await
        .map(|reply| reply.status())
}

/// A port at which somebody listens; nobody is waited for.
fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    (listener, port)
}

/// Whether anybody has connected who was not accepted yet.
fn was_called(listener: &TcpListener) -> bool {
    listener.accept().is_ok()
}

/// H17
#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let (listener, port) = listener();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "[::]",
    ] {
        let url = format!("https://{host}:{port}/");
        let outcome = post(EgressPolicy::default(), &url).await;
        assert_eq!(outcome, Err(EgressError::AddressRefused), "{host}");
    }
    assert!(!was_called(&listener));
}

/// H17
#[tokio::test]
async fn metadata_services_and_networks_inside_are_refused() {
    for host in [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "168.63.129.16",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "[fe80::1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
    ] {
        let outcome = post(EgressPolicy::default(), &format!("https://{host}/")).await;
        assert_eq!(outcome, Err(EgressError::AddressRefused), "{host}");
    }
}

#[tokio::test]
async fn calls_that_are_not_encrypted_are_refused() {
    for url in [
        "http://slack.com/",
        "ftp://slack.com/",
        "file:///etc/passwd",
        "data:,x",
    ] {
        let outcome = post(EgressPolicy::default(), url).await;
        assert_eq!(outcome, Err(EgressError::AddressRefused), "{url}");
    }
    let outcome = post(private(), "file:///etc/passwd").await;
    assert_eq!(outcome, Err(EgressError::AddressRefused));
}

/// C03: nothing was sent, so it is tried once more; then it is over.
#[tokio::test]
async fn a_refused_connection_means_that_the_provider_is_unreachable() {
    let (listener, port) = listener();
    drop(listener);
    let error = post(private(), &format!("http://127.0.0.1:{port}/"))
        .await
        .unwrap_err();
    assert_eq!(error, EgressError::ConnectionRefused);
    assert_eq!(
        ProviderError::from(error).reason,
        Reason::ProviderUnreachable
    );
}

#[tokio::test]
async fn a_name_that_leads_nowhere_means_that_the_provider_is_unreachable() {
    let error = post(EgressPolicy::default(), "https://no-such-name.invalid/")
        .await
        .unwrap_err();
    assert_eq!(error, EgressError::Unreachable);
}

/// Who takes a connection and says nothing has read nothing but a greeting.
#[tokio::test]
async fn a_handshake_that_does_not_end_means_that_nothing_was_sent() {
    let (_listener, port) = listener();
    let hasty = EgressPolicy {
        connect_timeout: Duration::from_millis(100),
        ..private()
    };
    let error = post(hasty, &format!("https://127.0.0.1:{port}/"))
        .await
        .unwrap_err();
    assert_eq!(error, EgressError::Unreachable);
    assert!(error.is_unsent());
}

#[tokio::test]
async fn an_address_that_no_request_can_carry_is_not_called() {
    let (listener, port) = listener();
    let url = format!("http://127.0.0.1:{port}/{}", "a".repeat(70_000));
    let error = post(private(), &url).await.unwrap_err();
    assert_eq!(error, EgressError::Unsendable);
    assert!(error.is_unsent() && !was_called(&listener));
}

/// A connection that is closed before an answer may have carried the code: it is not sent again.
#[tokio::test]
async fn a_connection_that_is_lost_is_not_tried_again() {
    let (listener, port) = listener();
    let url = format!("http://127.0.0.1:{port}/");
    let server = tokio::net::TcpListener::from_std(listener.try_clone().unwrap()).unwrap();
    let hang_up = async { drop(server.accept().await.unwrap()) };
    let (outcome, ()) = tokio::join!(post(private(), &url), hang_up);
    assert_eq!(outcome, Err(EgressError::NoAnswer));
    assert!(!EgressError::NoAnswer.is_unsent());
    assert!(!was_called(&listener));
}

#[tokio::test]
async fn the_listener_of_these_tests_sees_who_calls() {
    let (listener, port) = listener();
    let _socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert!(was_called(&listener));
}
