//! The document that describes the API.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

fn document() -> Value {
    serde_json::from_str(&tidings_server::openapi_json()).expect("it is JSON")
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let world = World::new().await;
    let served = world
        .get("/openapi.json")
        .by_nobody()
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(served, document());
    assert_eq!(served["openapi"], "3.1.0");
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    found.insert(reference.clone());
                }
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("references stay inside");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_has_a_name_a_summary_and_a_problem() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("a path has operations") {
            let name = operation["operationId"].as_str().expect("it has a name");
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let problem = &operation["responses"]["default"]["$ref"];
            assert_eq!(problem, "#/components/responses/Problem", "{method} {path}");
        }
    }
}

#[test]
fn every_problem_is_in_the_document() {
    let document = document();
    let problems = document["x-tidings-problems"]
        .as_array()
        .expect("there are problems");
    assert!(problems.len() > 30);
    assert!(problems.iter().all(|problem| problem["hint"].is_string()));
}
