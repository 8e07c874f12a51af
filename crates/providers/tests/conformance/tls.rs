//! Certificates.

use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, Stream, pki_types::PrivateKeyDer};
use tieline_providers::{
    Egress,
    http::{Call, EgressError, Form},
};

use crate::harness::private;

/// C32
#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_secret() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tls = ServerConnection::new(self_signed()).unwrap();
        // What arrives in clear behind the handshake; there must be nothing.
        let mut heard = String::new();
        let _broken =
            std::io::Read::read_to_string(&mut Stream::new(&mut tls, &mut socket), &mut heard);
        heard
    });
    let form = Form::new().field("client_secret", "hush");
    let url = format!("https://localhost:{port}/").parse().unwrap();
    let outcome = Egress::new(private())
        .unwrap()
        .send(&Call::post("test", url, form))
        .await;
    assert_eq!(
        outcome.map(|reply| reply.status()),
        Err(EgressError::CertificateRefused)
    );
    assert_eq!(server.join().unwrap(), "");
}

fn self_signed() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    Arc::new(config.unwrap())
}
