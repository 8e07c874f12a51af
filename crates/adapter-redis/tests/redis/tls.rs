//! A server behind TLS.

use std::{fs, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tieline_adapter_redis::{RedisMemory, RedisSettings, RedisUrl};

use crate::{
    server::{Server, free_port},
    support::{Hurry, soon},
};

/// What makes a server speak TLS at a port, and the certificate of its authority.
pub(crate) fn certified(folder: &TempDir, port: u16) -> (Vec<String>, Vec<u8>) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let certificate = CertificateParams::new(names).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let arguments = [
        ("--tls-port", port.to_string()),
        (
            "--tls-cert-file",
            file("certificate.pem", certificate.pem()),
        ),
        ("--tls-key-file", file("key.pem", key.serialize_pem())),
        ("--tls-ca-cert-file", file("authority.pem", authority.pem())),
        ("--tls-auth-clients", "no".to_owned()),
    ];
    let arguments = arguments.into_iter();
    let arguments = arguments.flat_map(|(name, value)| [name.to_owned(), value]);
    (arguments.collect(), authority.pem().into_bytes())
}

/// A server with a certificate, and that of its authority.
fn server(folder: &TempDir) -> (Server, u16, Vec<u8>) {
    let port = free_port();
    let (arguments, authority) = certified(folder, port);
    let arguments = arguments.iter().map(String::as_str);
    let arguments: Vec<_> = ["--port", "0"].into_iter().chain(arguments).collect();
    (Server::at(port, &arguments), port, authority)
}

async fn connect(port: u16, root_certificates: Option<Vec<u8>>) -> RedisMemory {
    let url = RedisUrl::parse(&format!("rediss://localhost:{port}")).unwrap();
    let settings = RedisSettings {
        root_certificates,
        ..RedisSettings::default()
    };
    let connected = RedisMemory::connect(&url, settings, Arc::new(Hurry));
    soon(connected).await.unwrap()
}

#[tokio::test]
async fn a_server_is_reached_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, port, authority) = server(&folder);
    let memory = connect(port, Some(authority)).await;
    soon(memory.until(true)).await;
}

#[tokio::test]
async fn a_server_that_cannot_prove_itself_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, port, _) = server(&folder);
    assert!(!connect(port, None).await.is_there());
}
