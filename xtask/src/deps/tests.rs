use serde_json::{Value, json};

use super::*;

/// The offences of a workspace of one crate with one edge, and its target where that is ours.
fn offences_for(from: &str, to: &Value) -> Vec<String> {
    let target = to["name"].clone();
    let mut packages = vec![json!({ "name": from, "dependencies": [to] })];
    if target
        .as_str()
        .is_some_and(|name| name.starts_with("tieline"))
    {
        packages.push(json!({ "name": target }));
    }
    offences(&serde_json::from_value(json!({ "packages": packages })).unwrap())
}

#[track_caller]
fn check_allowed(from: &str, to: &Value) {
    assert_eq!(offences_for(from, to), Vec::<String>::new());
}

#[track_caller]
fn check_refused(from: &str, to: &Value, words: &str) {
    let offences = offences_for(from, to);
    assert_eq!(offences.len(), 1, "{offences:?}");
    assert!(offences[0].contains(words), "{}", offences[0]);
}

fn normal(name: &str) -> Value {
    json!({ "name": name, "kind": null })
}

fn dev(name: &str) -> Value {
    json!({ "name": name, "kind": "dev" })
}

fn build(name: &str) -> Value {
    json!({ "name": name, "kind": "build" })
}

#[test]
fn an_adapter_may_depend_on_the_domain() {
    check_allowed("tieline-adapter-http", &normal("tieline-domain"));
}

#[test]
fn an_adapter_on_another_adapter_is_refused_and_named() {
    check_refused(
        "tieline-adapter-http",
        &normal("tieline-adapter-sqlite"),
        "`tieline-adapter-http` must not have `tieline-adapter-sqlite` as a dependency",
    );
    check_refused(
        "tieline-adapter-http",
        &dev("tieline-adapter-crypto"),
        "as a dev-dependency",
    );
}

#[test]
fn the_domain_depends_on_nothing_of_ours() {
    check_refused(
        "tieline-domain",
        &normal("tieline-testkit"),
        "describe what it needs as a port",
    );
    check_refused(
        "tieline-domain",
        &build("tieline-providers"),
        "as a build-dependency",
    );
    check_allowed("tieline-domain", &dev("tieline-testkit"));
}

#[test]
fn the_testkit_is_never_shipped() {
    check_refused(
        "tieline",
        &normal("tieline-testkit"),
        "the program wires what ships",
    );
    check_refused(
        "tieline-providers",
        &normal("tieline-testkit"),
        "through a port",
    );
    check_allowed("tieline-providers", &dev("tieline-testkit"));
}

#[test]
fn the_sandbox_is_an_optional_part_of_the_program() {
    let optional = json!({ "name": "tieline-sandbox", "optional": true });
    check_allowed("tieline", &optional);
    check_refused("tieline", &normal("tieline-sandbox"), "make it `optional`");
    check_allowed("tieline-tests", &normal("tieline-sandbox"));
}

#[test]
fn the_end_to_end_tests_do_not_link_the_program() {
    check_refused("tieline-tests", &dev("tieline"), "link none of it");
}

#[test]
fn a_crate_without_a_row_is_refused() {
    check_refused("tieline-adapter-new", &normal("serde"), "has no row");
}

#[test]
fn a_crate_may_name_itself_to_turn_on_a_feature_for_its_tests() {
    check_allowed("tieline-domain", &dev("tieline-domain"));
}

#[test]
fn a_library_and_its_relatives_stay_where_they_belong() {
    check_allowed("tieline-adapter-http", &normal("utoipa-axum"));
    check_refused(
        "tieline-providers",
        &normal("utoipa-axum"),
        "only the HTTP adapter",
    );
    check_refused("tieline-tests", &dev("axum"), "a test talks to the sandbox");
    check_refused("tieline", &normal("sqlx"), "storage port");
    check_refused(
        "tieline-adapter-http",
        &normal("redis"),
        "only the Redis adapter",
    );
    check_allowed("tieline-adapter-http", &normal("redistribute"));
}

#[test]
fn only_the_providers_the_program_and_tests_call_out() {
    check_allowed("tieline-providers", &normal("reqwest"));
    check_allowed("tieline-sandbox", &dev("reqwest"));
    check_refused(
        "tieline-adapter-http",
        &normal("reqwest"),
        "the one HTTP client",
    );
}

#[test]
fn the_domain_is_pure() {
    for library in BARRED_FROM_DOMAIN {
        check_refused("tieline-domain", &normal(library), "the domain does no I/O");
    }
    check_refused("tieline-domain", &dev("reqwest"), "the domain does no I/O");
    check_allowed("tieline-domain", &dev("tokio"));
    check_allowed("tieline-domain", &normal("serde"));
}
