//! The API in OpenAPI's words (3.1), from the code itself.

mod links;

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response as OpenApiResponse, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::limits::NAME_BYTES;
use crate::names::NAME_PATTERN;
use crate::problem::{ProblemBody, ProblemKind};
use crate::{
    api_keys, apps, audit, backup, channels, connections, credentials, dashboard, devices, diagnosis, events,
    health, help, incidents, metrics, names, notifications, problems, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tidings",
        description = "Push notifications to Apple's devices, and a registry of device tokens that does not lose the living.\n\n\
                       Every answer that is no success is a problem (RFC 9457). Times are RFC 3339, in UTC. Operations \
                       name the scope that an API key needs; `admin` includes all."
    ),
    tags(
        (name = "devices", description = "Device tokens: registered at every launch, explained, never lost by mistake"),
        (name = "notifications", description = "Accepted durably, then sent"),
        (name = "problems", description = "What failed, by its cause; and sending it again, carefully"),
        (name = "incidents", description = "When something is wrong with more than one device token"),
        (name = "credentials", description = "Signing keys and push certificates"),
        (name = "channels", description = "Broadcast channels for Live Activities"),
        (name = "apps", description = "Bundle ids"),
        (name = "api keys", description = "Who may use this"),
        (name = "dashboard", description = "Pages for people"),
        (name = "events", description = "What happens, as it happens"),
        (name = "webhooks", description = "Events as they happen, sent to where they are wanted"),
        (name = "audit", description = "Who did what"),
        (name = "operation", description = "For those who run it")
    ),
    paths(
        devices::register, devices::describe, devices::forget, devices::restore, devices::list, devices::import::import,
        notifications::send, notifications::batch::send_batch, notifications::list, notifications::describe,
        notifications::recipients::recipients, notifications::cancel,
        problems::list, problems::describe, problems::plan_replay, problems::replay::describe, problems::replay::send,
        problems::replay::stop,
        incidents::list, incidents::describe, incidents::release, incidents::confirm,
        credentials::upload, credentials::list, credentials::remove, credentials::probe::probe,
        channels::create, channels::list, channels::describe, channels::remove, channels::publish,
        apps::list, apps::describe, diagnosis::describe,
        api_keys::create, api_keys::list, api_keys::revoke,
        dashboard::links::create,
        events::stream,
        webhooks::create, webhooks::list, webhooks::describe, webhooks::change, webhooks::remove, webhooks::test,
        webhooks::rotate_secret, webhooks::replay, webhooks::deliveries,
        audit::list, audit::verify,
        connections::list, backup::make, help::list, help::describe, health::live, health::ready, metrics::scrape::scrape, document,
    ),
    components(schemas(
        ProblemBody<'static>,
        names::EnvironmentName,
        names::KindName,
        names::TokenStateName,
        names::PushTypeName,
        names::ScopeName,
        names::DashboardRoleName,
        devices::SendingName,
        notifications::OnUnknownName,
        events::EventBody<'static>,
        events::CloudEvent<'static>,
        events::EventFormat,
    )),
    modifiers(&Finish)
)]
struct Description;

/// What is the same for all operations.
struct Finish;

impl Modify for Finish {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("tid_<id>_<secret>")
            .description(Some("An API key. What each operation needs stands with it."))
            .build();
        if let Some(components) = &mut openapi.components {
            components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
            components
                .responses
                .insert("Problem".to_owned(), RefOr::T(problem()));
            for (name, schema) in events::schema::schemas() {
                if let Ok(schema) = serde_json::from_value(schema) {
                    components.schemas.insert(name, RefOr::T(schema));
                }
            }
            for schema in components.schemas.values_mut() {
                if let RefOr::T(schema) = schema {
                    name_the_names(schema);
                }
            }
        }
        for path in openapi.paths.paths.values_mut() {
            let operations = [
                &mut path.get,
                &mut path.put,
                &mut path.post,
                &mut path.patch,
                &mut path.delete,
            ];
            for operation in operations.into_iter().flatten() {
                finish(operation);
            }
        }
        let problems: Vec<_> = ProblemKind::ALL.iter().map(|kind| {
            json!({"type": kind.uri(), "status": kind.status(), "title": kind.title(), "hint": kind.hint()})
        }).collect();
        let extensions = Extensions::builder()
            .add("x-tidings-problems", problems)
            .add("x-tidings-events", events::schema::descriptions())
            .build();
        openapi.extensions.get_or_insert_default().merge(extensions);
    }
}

fn problem() -> OpenApiResponse {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description("What went wrong, where, and what to do")
        .content(
            "application/problem+json",
            Content::new(Some(RefOr::Ref::<Schema>(schema))),
        )
        .build()
}

/// What can stand in the place of a path's parameters.
const PATTERNS: [(&str, &str); 7] = [
    ("Idempotency-Key", "^[!-~]{1,255}$"),
    ("bundle_id", names::BUNDLE_ID_PATTERN),
    ("app", names::BUNDLE_ID_PATTERN),
    ("token", "^([0-9A-Fa-f]{2}){1,512}$"),
    ("channel_id", "^[A-Za-z0-9+/_-]{1,510}={0,2}$"),
    ("problem", "^[0-9A-Fa-f]{16}$"),
    ("cursor", "^[A-Za-z0-9_-]+$"),
];

/// Operations that take nothing for a body, too.
const MAY_SAY_NOTHING: [&str; 5] = [
    "change_webhook",
    "register_device",
    "import_devices",
    "send_notifications",
    "rotate_webhook_secret",
];

fn finish(operation: &mut Operation) {
    let may_say_nothing = operation
        .operation_id
        .as_deref()
        .is_some_and(|id| MAY_SAY_NOTHING.contains(&id));
    if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| may_say_nothing) {
        body.required = Some(Required::False);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        without_null(parameter);
        let pattern = PATTERNS.iter().find(|(name, _)| *name == parameter.name);
        if let Some((_, pattern)) = pattern {
            let text = ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some(*pattern));
            parameter.schema = Some(text.into());
        }
    }
    links::add(operation);
    let problem = RefOr::Ref(Ref::from_response_name("Problem"));
    operation
        .responses
        .responses
        .insert("default".to_owned(), problem);
}

/// Names of the caller's hold no control characters.
fn name_the_names(schema: &mut Schema) {
    let Schema::Object(object) = schema else {
        return;
    };
    for property in object.properties.values_mut() {
        if let RefOr::T(Schema::Object(text)) = property
            && text.max_length == Some(NAME_BYTES)
        {
            text.pattern = Some(NAME_PATTERN.to_owned());
        }
    }
}

/// A parameter may be left out; the word `null` is no value of any.
fn without_null(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &object.schema_type
        && let Some(other) = types.iter().find(|one| **one != Type::Null)
    {
        object.schema_type = SchemaType::Type(other.clone());
    }
}

/// The document, written once.
static JSON: LazyLock<Bytes> = LazyLock::new(|| serde_json::to_vec(&openapi()).unwrap_or_default().into());

/// The document, as values.
pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// The OpenAPI document of the HTTP API, as JSON.
pub fn openapi_json() -> String {
    String::from_utf8_lossy(&JSON).into_owned()
}

/// Describes the API
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "operation",
    responses((status = 200, description = "This document", body = Object))
)]
pub(crate) async fn document() -> Response {
    const JSON_TYPE: HeaderValue = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, JSON_TYPE)], JSON.clone()).into_response()
}
