//! Which methods a resource has, where a path of the router is several of the document: `…/{token}` and `…/{token}:restore`
//! are one segment to the router, and each has methods of its own.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

use crate::problem::{Problem, ProblemKind};

/// What the header `Allow` of a resource says, for those whose path the router shares with others.
pub(super) struct Allowed(&'static HeaderValue);

impl Allowed {
    /// The methods of what a request asks for; nothing where the router knows them, or nobody does.
    pub(super) fn of(route: &str, uri: &Uri) -> Option<Self> {
        let resources = SHARED.get(route)?;
        let action = action(uri.path()).unwrap_or_default();
        resources.get(action.as_str()).map(Self)
    }

    /// The refusal of a method that the resource does not have.
    pub(super) fn refusal(&self, method: &Method) -> Option<Response> {
        if self.has(method) {
            return None;
        }
        let detail = format!("{method} is not among the methods of this path.");
        let mut response = Problem::new(ProblemKind::MethodNotAllowed, detail).into_response();
        response.headers_mut().insert(header::ALLOW, self.0.clone());
        Some(response)
    }

    fn has(&self, method: &Method) -> bool {
        let names = self.0.to_str().unwrap_or_default();
        names.split(", ").any(|name| name == method.as_str())
    }
}

/// The action at the end of a path, whether its colon is encoded or not.
fn action(path: &str) -> Option<String> {
    let (_, last) = path.rsplit_once('/')?;
    let last = last.replace("%3A", ":").replace("%3a", ":");
    last.rsplit_once(':').map(|(_, action)| action.to_owned())
}

/// By the route: the methods of each action, and under no name those of the resource itself.
type Resources = HashMap<String, HeaderValue>;

static SHARED: LazyLock<HashMap<String, Resources>> = LazyLock::new(|| shared(&crate::openapi::openapi()));

fn shared(document: &OpenApi) -> HashMap<String, Resources> {
    let paths = &document.paths.paths;
    let mut found: HashMap<String, Resources> = HashMap::new();
    for (path, item) in paths {
        // `…/devices:import` is a path of its own to the router.
        let Some((resource, action)) = path.rsplit_once("}:") else {
            continue;
        };
        let resource = format!("{resource}}}");
        if let Some(value) = methods(item) {
            let resources = found.entry(resource.clone()).or_default();
            resources.insert(action.to_owned(), value);
        }
        if let Some(value) = paths.get(&resource).and_then(methods) {
            found.entry(resource).or_default().insert(String::new(), value);
        }
    }
    found
}

fn methods(item: &PathItem) -> Option<HeaderValue> {
    let names: Vec<_> = [
        ("GET, HEAD", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ]
    .into_iter()
    .filter_map(|(name, operation)| operation.as_ref().map(|_| name))
    .collect();
    HeaderValue::try_from(names.join(", ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(route: &str, path: &str) -> Option<String> {
        let allowed = Allowed::of(route, &path.parse().unwrap())?;
        Some(allowed.0.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_resource_and_its_actions_have_methods_of_their_own() {
        let route = "/v1/apps/{bundle_id}/devices/{token}";
        let resource = Some("GET, HEAD, PUT, DELETE".to_owned());
        assert_eq!(allowed(route, "/v1/apps/a/devices/00ff"), resource);
        for path in [
            "/v1/apps/a/devices/00ff:restore",
            "/v1/apps/a/devices/00ff%3Arestore",
        ] {
            assert_eq!(allowed(route, path).as_deref(), Some("POST"), "{path}");
        }
        assert_eq!(allowed(route, "/v1/apps/a/devices/00ff:cook"), None);
        assert_eq!(allowed("/v1/apps", "/v1/apps"), None);
    }

    #[test]
    fn every_action_of_the_document_is_one_of_a_route() {
        let routes: Vec<_> = SHARED.keys().map(String::as_str).collect();
        assert_eq!(routes.len(), 7, "{routes:?}");
        for resources in SHARED.values() {
            assert!(resources.contains_key(""), "the resource itself has methods");
            assert!(resources.len() > 1);
        }
    }
}
