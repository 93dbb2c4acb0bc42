//! The OpenAPI documents of the server and of the simulator, before a validator that nobody here wrote.

use std::path::Path;

use crate::client::python;

#[test]
fn the_openapi_documents_are_valid_to_others() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src/reference");
    let documents = ["openapi.json", "simulator-openapi.json"].map(|name| reference.join(name));
    let ran = python("openapi_document.py").args(&documents).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(said.matches("OpenAPI 3.1").count(), documents.len(), "{said}");
}
