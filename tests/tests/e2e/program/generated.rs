//! What is generated from the program is as the program has it.

use std::{fs, path::Path};

use tieline_tests::{Home, Stage, http_client};

async fn is_current(command: &str, file: &str, written_by: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let printed = Home::empty().tell(&[command]).await;
    assert!(
        kept.trim_end() == printed.trim_end(),
        "{file} is not what the program prints: write it anew with `{written_by}`"
    );
}

#[tokio::test]
async fn the_api_document_is_current() {
    is_current("openapi", "openapi.yaml", "cargo xtask openapi").await;
}

#[tokio::test]
async fn the_reference_of_settings_is_current() {
    let file = "docs/configuration.md";
    is_current("configuration-reference", file, "cargo xtask config").await;
}

#[tokio::test]
async fn the_reference_of_errors_is_current() {
    is_current("error-reference", "docs/errors.md", "cargo xtask errors").await;
}

#[tokio::test]
async fn the_api_document_is_served_and_can_be_read() {
    let stage = Stage::start().await;
    let document = stage.api.read("/openapi.json").await;
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|it| it.starts_with("3.1"))
    );
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.contains_key("/v1/integrations/channel-connections/oauth"));

    let page = tieline_tests::Browser::new()
        .open(&stage.server.url("/docs"))
        .await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .is_some_and(|it| it.starts_with("text/html"))
    );
    let script = page.url.join("swagger-initializer.js").expect("a path");
    let script = http_client().get(script).send().await.expect("an answer");
    assert!(
        script
            .text()
            .await
            .expect("a script")
            .contains("/openapi.json")
    );
}

#[tokio::test]
async fn probes_answer_without_a_key() {
    let stage = Stage::start().await;
    for probe in ["/healthz", "/readyz"] {
        let answer = http_client()
            .get(stage.server.url(probe))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.text().await.expect("a body"), "{\"status\":\"ok\"}");
    }
}
