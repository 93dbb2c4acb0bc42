//! Credentials over HTTP: uploaded, read at once, described in words, and never shown again.

mod form;
pub(crate) mod probe;
mod upload;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, Timestamp};
use tidings_doctor::CredentialFile;
use tidings_store::{AppId, CredentialId, CredentialRow, NewCredential};
use tidings_truth::EnvironmentSet;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::authentication::{Admin, By, Read};
use crate::body::{self, essence};
use crate::diagnosis::{self, FindingBody};
use crate::limits::CREDENTIAL_BYTES;
use crate::names::EnvironmentName;
use crate::parameters::Place;
use crate::problem::{Answered, Problem, ProblemKind, sentence};
use crate::server::Shared;

pub(crate) use form::read_of_page;
pub(crate) use upload::Uploaded;
pub use upload::{CredentialUpload, ReadCredentialError};

/// A credential to be uploaded: exactly one of `p8`, `p12` and `pem`.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewCredential)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadBody {
    /// The contents of the .p8 file of a signing key; with `key_id` and `team_id`.
    p8: Option<String>,
    /// The id of the signing key: ten characters, also in the name of the file that Apple hands out.
    key_id: Option<String>,
    /// The id of the team.
    team_id: Option<String>,
    /// A .p12 file with a push certificate and its private key, in base64; with `password`.
    p12: Option<String>,
    /// The password of the .p12 file; empty where nothing is said.
    password: Option<String>,
    /// A push certificate and its private key, in PEM.
    pem: Option<String>,
    /// What the signing key reaches; both environments where nothing is said. Certificates say it themselves.
    #[schema(value_type = Option<Vec<EnvironmentName>>)]
    environments: Option<Vec<Environment>>,
    /// The topics that the signing key is restricted to, where it is.
    #[schema(max_items = 64)]
    topics: Option<Vec<String>>,
}

/// A credential as it is shown: without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Credential)]
pub(crate) struct CredentialBody {
    #[schema(format = "uuid")]
    id: String,
    /// `signing_key` or `certificate`.
    form: &'static str,
    /// What it reaches.
    #[schema(value_type = Vec<EnvironmentName>)]
    environments: Vec<&'static str>,
    key_id: Option<String>,
    team_id: Option<String>,
    /// The topics that it is good for, where it says so.
    topics: Vec<String>,
    /// When it ends, where it does.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// SHA-256 of the certificate, or of the public half of the signing key.
    fingerprint: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// What is wrong with it, or will be; nothing when all is well.
    findings: Vec<FindingBody>,
}

/// The credentials of an app, the newest first. The newest that reaches an environment and has not expired is used there.
#[derive(Serialize, ToSchema)]
pub(crate) struct CredentialList {
    credentials: Vec<CredentialBody>,
}

/// Uploads a credential
///
/// As JSON, or as a form with a file (`curl -F p8=@AuthKey_ABCDE12345.p8 -F team_id=…`; the key id is then taken from the name
/// of the file). It is read at once, and answered with what it is good for, and with what the doctor finds in it. What waits for want of it is sent.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/credentials",
    operation_id = "upload_credential",
    tag = "credentials",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    request_body(content(
        (UploadBody = "application/json"),
        (UploadBody = "multipart/form-data")
    )),
    responses((status = 201, description = "What it is good for", body = CredentialBody)),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn upload(
    State(server): State<Shared>,
    by: By<Admin>,
    Place(bundle_id): Place<String>,
    request: Request,
) -> Answered<(StatusCode, axum::Json<CredentialBody>)> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(body, CREDENTIAL_BYTES, server.config.request_timeout).await?;
    let uploaded = read_upload(&parts.headers, &bytes)?;
    let now = server.clock.now();
    let (credential, file) = read_credential(uploaded, now).await?;
    let app = server.app_or_new(&by, &bundle_id).await?;
    let row = server
        .store
        .add_credential(app, credential, by.key_id(), now)
        .await?;
    tracing::info!(app = bundle_id, key = by.key_id(), credential = %row.id, "a credential was added");
    tell_the_engine(&server, app).await;
    Ok((
        StatusCode::CREATED,
        axum::Json(CredentialBody::new(&bundle_id, &row, file.as_ref(), now)),
    ))
}

/// Lists the credentials of an app
#[utoipa::path(
    get,
    path = "/v1/apps/{bundle_id}/credentials",
    operation_id = "list_credentials",
    tag = "credentials",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    responses((status = 200, description = "The credentials", body = CredentialList)),
    security(("api_key" = ["read"]))
)]
pub(crate) async fn list(
    State(server): State<Shared>,
    by: By<Read>,
    Place(bundle_id): Place<String>,
) -> Answered<axum::Json<CredentialList>> {
    let app = server.app(&by, &bundle_id).await?;
    let rows = server.store.credentials(app).await?;
    let now = server.clock.now();
    let body = |row| CredentialBody::new(&bundle_id, row, None, now);
    Ok(axum::Json(CredentialList {
        credentials: rows.iter().map(body).collect(),
    }))
}

/// Removes a credential
///
/// What would need it waits until there is another.
#[utoipa::path(
    delete,
    path = "/v1/apps/{bundle_id}/credentials/{id}",
    operation_id = "remove_credential",
    tag = "credentials",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("id" = String, Path, description = "The credential", format = "uuid")
    ),
    responses((status = 204, description = "It is removed")),
    security(("api_key" = ["admin"]))
)]
pub(crate) async fn remove(
    State(server): State<Shared>,
    by: By<Admin>,
    Place((bundle_id, id)): Place<(String, String)>,
) -> Answered<StatusCode> {
    let id: CredentialId = id
        .parse()
        .map_err(|_not_a_uuid| Problem::field("id", "It is not a UUID, as ids of credentials are."))?;
    let app = server.app(&by, &bundle_id).await?;
    let now = server.clock.now();
    if !server.store.remove_credential(app, id, by.key_id(), now).await? {
        let detail = "There is no such credential of this app.";
        return Err(Problem::new(ProblemKind::CredentialNotFound, detail).at("id"));
    }
    tracing::info!(app = bundle_id, key = by.key_id(), credential = %id, "a credential was removed");
    tell_the_engine(&server, app).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The change is on the disk; if the engine cannot read it now, it will with its next look.
pub(crate) async fn tell_the_engine(server: &Shared, app: AppId) {
    if let Err(error) = server.engine.credentials_changed(app).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the engine could not reload credentials"
        );
    }
}

/// Opening a keystore can take long on purpose, so others are not kept waiting.
pub(crate) async fn read_credential(
    uploaded: Uploaded,
    now: Timestamp,
) -> Result<(NewCredential, Option<CredentialFile>), Problem> {
    let read = move || Ok((uploaded.credential.read(now)?, uploaded.examine()));
    let read = tokio::task::spawn_blocking(read).await;
    let read =
        read.map_err(|_panicked| Problem::new(ProblemKind::Internal, "Reading the file was interrupted."))?;
    read.map_err(|error: ReadCredentialError| {
        Problem::new(ProblemKind::UnreadableCredential, sentence(&error.to_string()))
            .hint(sentence(error.hint()))
    })
}

fn read_upload(headers: &HeaderMap, bytes: &[u8]) -> Result<Uploaded, Problem> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("application/json");
    if essence(content_type).eq_ignore_ascii_case("multipart/form-data") {
        return form::read(content_type, bytes);
    }
    if !essence(content_type).eq_ignore_ascii_case("application/json") {
        let detail = format!("The body is `{}`.", body::printable(essence(content_type)));
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail)
            .at("content-type")
            .hint("Send JSON, or a form: `curl -F p8=@AuthKey_ABCDE12345.p8 -F team_id=…`."));
    }
    body::parse_secret::<UploadBody>(bytes)?
        .read()
        .map(Uploaded::from)
}

impl UploadBody {
    fn read(self) -> Result<CredentialUpload, Problem> {
        let environments = self
            .environments
            .map(|all| all.into_iter().collect::<EnvironmentSet>());
        if environments.is_some_and(EnvironmentSet::is_empty) {
            return Err(Problem::field(
                "/environments",
                "It is empty; leave it out, and it means both.",
            ));
        }
        match (self.p8, self.p12, self.pem) {
            (Some(pem), None, None) => signing_key(
                pem.into_bytes(),
                self.key_id.as_deref(),
                self.team_id.as_deref(),
                environments,
                self.topics.unwrap_or_default(),
            ),
            (None, Some(text), None) => keystore(&text, self.password.unwrap_or_default(), environments),
            (None, None, Some(pem)) => Ok(CredentialUpload::Pem {
                pem: Zeroizing::new(pem.into_bytes()),
                environments,
            }),
            _ => Err(Problem::field(
                "",
                "There must be exactly one of `p8`, `p12` and `pem`.",
            )),
        }
    }
}

fn signing_key(
    pem: Vec<u8>,
    key_id: Option<&str>,
    team_id: Option<&str>,
    environments: Option<EnvironmentSet>,
    topics: Vec<String>,
) -> Result<CredentialUpload, Problem> {
    let pem = Zeroizing::new(pem);
    if topics.len() > 64
        || topics
            .iter()
            .any(|topic| topic.parse::<tidings_apns::Topic>().is_err())
    {
        return Err(Problem::field("/topics", "They are not up to 64 topics."));
    }
    Ok(CredentialUpload::SigningKey {
        pem,
        key_id: named("/key_id", key_id)?,
        team_id: named("/team_id", team_id)?,
        environments: environments.unwrap_or(EnvironmentSet::BOTH),
        topics,
    })
}

fn named<T>(field: &'static str, text: Option<&str>) -> Result<T, Problem>
where
    T: std::str::FromStr<Err = tidings_apns::ParseError>,
{
    let text = text.ok_or_else(|| {
        let name = field.trim_start_matches('/').replace('_', " ");
        Problem::field(
            field,
            format!("A signing key needs its {name}, and that is missing."),
        )
    })?;
    text.trim()
        .parse()
        .map_err(|error: tidings_apns::ParseError| Problem::field(field, sentence(&error.to_string())))
}

fn keystore(
    text: &str,
    password: String,
    environments: Option<EnvironmentSet>,
) -> Result<CredentialUpload, Problem> {
    use base64::Engine as _;
    let text: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_bytes());
    let bytes = bytes.map_err(|_not_base64| Problem::field("/p12", "It is not base64."))?;
    Ok(CredentialUpload::Keystore {
        bytes: Zeroizing::new(bytes),
        password: Zeroizing::new(password),
        environments,
    })
}

impl CredentialBody {
    fn new(bundle_id: &str, row: &CredentialRow, file: Option<&CredentialFile>, now: Timestamp) -> Self {
        Self {
            id: row.id.to_string(),
            form: row.form.as_str(),
            environments: row.environments.iter().map(Environment::as_str).collect(),
            key_id: row.key_id.as_ref().map(ToString::to_string),
            team_id: row.team_id.as_ref().map(ToString::to_string),
            topics: row.topics.clone(),
            expires_at: row.not_after.map(|at| at.to_string()),
            fingerprint: row.fingerprint.clone(),
            created_at: row.created_at.to_string(),
            findings: diagnosis::of_credential(bundle_id, row, file, now),
        }
    }
}
