//! TLS to the server.

use std::{fs, io::Write, net::TcpStream, path::PathBuf, sync::Arc};

use base64::Engine;
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use tempfile::TempDir;
use tieline_adapter_postgres::{OpenDatabaseError, PgDatabase};

use crate::support::{TestDatabase, relay};

/// A server that speaks TLS with a certificate for `localhost`, before the one of the tests.
struct TlsServer {
    folder: TempDir,
    port: u16,
}

impl TlsServer {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(folder.path().join("root.pem"), pem(made.cert.der())).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key);
        let config = Arc::new(config.unwrap());
        let port = relay::listen(move |client| serve(client, &config));
        Self { folder, port }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }
}

fn pem(certificate: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn serve(mut client: TcpStream, config: &Arc<ServerConfig>) -> std::io::Result<()> {
    let (_, asks) = relay::read_first(&mut client)?;
    assert!(asks, "what is said in clear must be the question for TLS");
    client.write_all(b"S")?;
    let tls = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut client = StreamOwned::new(tls, client);
    let (startup, _) = relay::read_first(&mut client)?;
    let (server, said) = relay::log_in(&startup)?;
    client.write_all(&said)?;
    client.flush()?;
    relay::relay(&mut client, &mut [server])
}

async fn open(test: &TestDatabase, address: &str, parameters: &str) -> Result<(), String> {
    let url = format!("{}&{parameters}", test.url_at(address));
    match PgDatabase::open(&url).await {
        Ok(database) => {
            database.is_ready().await.unwrap();
            Ok(())
        }
        Err(error @ OpenDatabaseError::Unreachable { .. }) => Err(error.to_string()),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_server_with_the_right_certificate_is_used() {
    let (test, server) = (TestDatabase::migrated().await, TlsServer::start());
    let address = format!("localhost:{}", server.port);
    let root = server.root().display().to_string();
    let verified = format!("sslmode=verify-full&sslrootcert={root}");
    open(&test, &address, &verified).await.unwrap();
    open(&test, &address, "sslmode=require").await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (test, server) = (TestDatabase::migrated().await, TlsServer::start());
    let other = TlsServer::start();
    let address = format!("localhost:{}", server.port);
    let root = other.root().display().to_string();
    for parameters in [
        "sslmode=verify-full".to_owned(),
        format!("sslmode=verify-full&sslrootcert={root}"),
    ] {
        let error = open(&test, &address, &parameters).await.unwrap_err();
        assert!(error.contains("certificate"), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (test, server) = (TestDatabase::migrated().await, TlsServer::start());
    let address = format!("127.0.0.1:{}", server.port);
    let root = server.root().display().to_string();
    let verified = format!("sslmode=verify-full&sslrootcert={root}");
    let error = open(&test, &address, &verified).await.unwrap_err();
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_where_tls_is_required() {
    let test = TestDatabase::migrated().await;
    let port = relay::listen(|mut client| {
        let (_, asks) = relay::read_first(&mut client)?;
        assert!(asks);
        client.write_all(b"N")?;
        let more = std::io::Read::read(&mut client, &mut [0; 16])?;
        assert_eq!(more, 0, "something was said in clear");
        Ok(())
    });
    let address = format!("localhost:{port}");
    let error = open(&test, &address, "sslmode=require").await.unwrap_err();
    assert!(error.contains("TLS"), "{error}");
}
