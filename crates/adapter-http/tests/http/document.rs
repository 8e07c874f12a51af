//! The OpenAPI document says all there is to say.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    bench::{Bench, MINT, for_ada},
    contract::{DOCUMENT, Operation, operations, problems, resolved},
};

/// Refused whatever is asked: the wire has it, and chat integrations have no primary one.
const ALWAYS_REFUSED: &str = "setPrimaryIntegration";
const PROBES: [&str; 2] = ["checkLiveness", "checkReadiness"];

fn text<'a>(operation: &'a Operation, name: &str) -> &'a str {
    operation.value[name].as_str().unwrap_or_default()
}

#[test]
fn every_operation_has_an_id_a_summary_a_description_and_a_tag_that_is_explained() {
    let tags: BTreeSet<&str> = DOCUMENT["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tag| tag["description"].is_string())
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    for operation in operations() {
        assert!(!text(&operation, "summary").is_empty(), "{operation:?}");
        assert!(text(&operation, "description").len() > 10, "{operation:?}");
        assert!(
            ids.insert(operation.id()),
            "{} is there twice",
            operation.id()
        );
        let own = operation.value["tags"].as_array().unwrap();
        assert!(own.iter().all(|tag| tags.contains(tag.as_str().unwrap())));
    }
}

#[test]
fn every_operation_says_how_it_fails() {
    for operation in operations().iter().filter(|o| !PROBES.contains(&o.id())) {
        let statuses: Vec<u16> = operation
            .responses()
            .keys()
            .map(|s| s.parse().unwrap())
            .collect();
        assert!(
            statuses.iter().any(|status| *status >= 400),
            "{}",
            operation.id()
        );
        assert!(
            operation.id() == ALWAYS_REFUSED || statuses.iter().any(|status| *status < 400),
            "{}",
            operation.id()
        );
        if operation.is_keyed() {
            let always = [401, 403, 500, 503];
            assert!(
                always.iter().all(|status| statuses.contains(status)),
                "{}",
                operation.id()
            );
        }
    }
}

#[test]
fn every_answer_is_described() {
    for operation in operations() {
        for (status, response) in operation.responses() {
            let told = response["description"].as_str().unwrap_or_default();
            assert!(told.len() > 3, "{} {status}", operation.id());
        }
    }
}

/// Every error of the API has the one body, and says when to come again.
#[test]
fn every_error_has_the_same_body() {
    for operation in operations().iter().filter(|operation| operation.is_keyed()) {
        for (status, response) in operation.responses() {
            if status.as_str() < "400" {
                continue;
            }
            let body = match status.as_str() {
                // With the subscriber beside: both SDKs want to find it there.
                "409" if operation.id().starts_with("createSubscriber") => {
                    "#/components/schemas/SubscriberExistsBody"
                }
                "422" => "#/components/schemas/ValidationErrorBody",
                _ => "#/components/schemas/ErrorBody",
            };
            let schema = &response["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(schema, body, "{} {status}", operation.id());
            let waits = !response["headers"]["Retry-After"].is_null();
            let passes = matches!(status.as_str(), "429" | "503");
            assert_eq!(waits, passes, "{} {status}", operation.id());
        }
    }
}

#[test]
fn every_parameter_is_described() {
    for operation in operations() {
        for parameter in operation.value["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let told = parameter["description"].as_str().unwrap_or_default();
            assert!(told.len() > 3, "{} {parameter}", operation.id());
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_declared() {
    for operation in operations()
        .iter()
        .filter(|operation| operation.path.contains('{'))
    {
        let names: BTreeSet<&str> = operation
            .path
            .split(['{', '}'])
            .skip(1)
            .step_by(2)
            .collect();
        let parameters = operation.value["parameters"].as_array().unwrap();
        let own: Vec<&Value> = parameters
            .iter()
            .filter(|p| p["in"] == "path" && p["required"] == true)
            .collect();
        assert_eq!(own.len(), names.len(), "{}", operation.path);
        assert!(
            own.iter()
                .all(|p| names.contains(p["name"].as_str().unwrap())),
            "{}",
            operation.path
        );
    }
}

/// Where a schema has plain members without an example, by their paths.
fn bare(schema: &'static Value, at: &str) -> Vec<String> {
    let schema = resolved(schema);
    let has = |name: &str| !schema[name].is_null();
    if has("example") || has("examples") || has("enum") || has("format") || has("default") {
        return Vec::new();
    }
    if let Some(items) = schema.get("items") {
        return bare(items, &format!("{at}[]"));
    }
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let members = schema["properties"].as_object().into_iter().flatten();
    let inner: Vec<String> = parts
        .flat_map(|part| bare(part, at))
        .chain(members.flat_map(|(name, member)| bare(member, &format!("{at}.{name}"))))
        .collect();
    let is_plain = schema["properties"].is_null() && schema["allOf"].is_null();
    let is_map = schema["additionalProperties"].is_object();
    if is_plain && !is_map && schema["type"] != "boolean" {
        return vec![at.to_owned()];
    }
    inner
}

#[test]
fn every_json_answer_has_examples() {
    let mut missing = BTreeSet::new();
    for operation in operations() {
        for response in operation.responses().values() {
            if let Some(content) = response["content"].get("application/json") {
                missing.extend(bare(&content["schema"], operation.id()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_schema_and_member_is_described() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{name}.{member}");
        }
    }
}

/// Every schema below this one, with its path.
fn schemas_below(value: &'static Value, at: &str, found: &mut Vec<(String, &'static Value)>) {
    if value.get("type").is_some() {
        found.push((at.to_owned(), value));
    }
    let members = value.as_object().into_iter().flatten();
    let members = members.map(|(name, member)| (name.clone(), member));
    let items = value.as_array().into_iter().flatten().enumerate();
    let items = items.map(|(number, item)| (number.to_string(), item));
    for (name, inner) in members.chain(items) {
        schemas_below(inner, &format!("{at}/{name}"), found);
    }
}

/// Generators take an object of which nothing else is said for one that has no members.
#[test]
fn every_object_names_its_members_or_says_that_it_takes_any() {
    let mut found = Vec::new();
    schemas_below(&DOCUMENT["paths"], "", &mut found);
    schemas_below(&DOCUMENT["components"], "", &mut found);
    let is_object = |schema: &Value| match &schema["type"] {
        Value::Array(types) => types.contains(&"object".into()),
        one => one == "object",
    };
    let says = |schema: &Value| {
        let has = |name: &str| schema.get(name).is_some();
        has("properties") || has("additionalProperties")
    };
    let silent: Vec<&String> = found
        .iter()
        .filter(|(_, schema)| is_object(schema) && !says(schema))
        .map(|(at, _)| at)
        .collect();
    assert!(found.len() > 100 && silent.is_empty(), "{silent:#?}");
}

/// Whoever makes something finds in the answer what can be done with it, and by which name.
#[test]
fn what_is_made_leads_to_all_that_can_be_done_with_it() {
    let all = operations();
    for made in all.iter().filter(|it| it.responses().contains_key("201")) {
        let below = format!("{}/{{", made.path);
        let expected: BTreeSet<&str> = all
            .iter()
            .filter(|it| it.path.starts_with(&below))
            .map(Operation::id)
            .collect();
        let answer = &made.responses()["201"];
        let body = resolved(&answer["content"]["application/json"]["schema"]);
        let mut linked = BTreeSet::new();
        for link in answer["links"].as_object().into_iter().flatten() {
            let target = link.1["operationId"].as_str().unwrap();
            let target = all.iter().find(|it| it.id() == target).unwrap();
            for (name, place) in link.1["parameters"].as_object().unwrap() {
                let member = place.as_str().unwrap().strip_prefix("$response.body#/");
                assert!(requires(body, member.unwrap()), "{place}");
                assert!(target.path.contains(&format!("{{{name}}}")), "{name}");
            }
            let parameters = link.1["parameters"].as_object().unwrap().len();
            assert_eq!(parameters, target.path.matches('{').count(), "{link:?}");
            linked.insert(target.id());
        }
        assert_eq!(linked, expected, "{}", made.id());
    }
}

/// Whether an object always has this member.
fn requires(schema: &Value, member: &str) -> bool {
    let all = |name: &str| schema[name].as_array().cloned().unwrap_or_default();
    let parts = all("allOf");
    all("required").contains(&member.into()) || parts.iter().any(|part| requires(part, member))
}

fn request_body() -> &'static Value {
    let mint = &DOCUMENT["paths"][MINT]["post"];
    &mint["requestBody"]["content"]["application/json"]
}

#[test]
fn the_fields_of_the_main_job_are_told_whole() {
    let schema = resolved(&request_body()["schema"]);
    let members = schema["properties"].as_object().unwrap();
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert!(
        members
            .values()
            .all(|member| member["description"].is_string()
                || resolved(member)["description"].is_string()
                || member["oneOf"].is_array()),
        "{members:?}"
    );
    let message = members["scope"]["description"].as_str().unwrap();
    assert!(message.contains("Microsoft Teams: ignored"), "{message}");
}

/// An example that is copied works.
#[tokio::test]
async fn the_examples_of_the_main_job_make_urls() {
    let bench = Bench::start().await;
    bench.subscribe("subscriber-123").await;
    let examples = request_body()["examples"].as_object().unwrap();
    assert!(examples.len() >= 3);
    for (name, example) in examples {
        let mut body = example["value"].clone();
        assert_eq!(
            problems(&request_body()["schema"], &body),
            Vec::<String>::new(),
            "{name}"
        );
        // The testkit's provider knows fewer scopes than the real one.
        body.as_object_mut().unwrap().remove("scope");
        bench.mint(&body).await.assert_is(201);
    }
}

#[tokio::test]
async fn a_context_that_is_null_is_none_and_fits() {
    let bench = Bench::start().await;
    let mut body = for_ada();
    body["context"] = Value::Null;
    let found = problems(&request_body()["schema"], &body);
    assert_eq!(found, Vec::<String>::new());
    bench.mint(&body).await.assert_is(201);
}

/// An example of any body is one that its schema allows.
#[test]
fn every_body_has_an_example_that_fits() {
    for operation in operations() {
        let content = &operation.value["requestBody"]["content"]["application/json"];
        if content.is_null() {
            continue;
        }
        let example = operation.example();
        assert!(example.is_object(), "{}", operation.id());
        let problems = problems(&content["schema"], &example);
        assert!(problems.is_empty(), "{}: {problems:?}", operation.id());
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_is() {
    let bench = Bench::start().await;
    let answer = bench.open("/openapi.json").await;
    answer.assert_is(200);
    assert_eq!(answer.json(), *DOCUMENT);
}

#[tokio::test]
async fn the_document_can_be_read() {
    let bench = Bench::start().await;
    let answer = bench.open("/docs/").await;
    answer.assert_is(200);
    assert_eq!(answer.media_type(), Some("text/html"));
}

#[test]
fn every_key_is_the_header_that_is_explained() {
    let scheme = &DOCUMENT["components"]["securitySchemes"]["ApiKey"];
    assert_eq!(scheme["in"], "header");
    assert_eq!(scheme["name"], "Authorization");
    assert!(
        scheme["description"]
            .as_str()
            .unwrap()
            .contains("ApiKey <key>")
    );
}
