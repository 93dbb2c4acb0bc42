//! What an app tells of itself, as JSON.

use serde::Deserialize;
use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_store::{ImportedDevice, Registration};
use utoipa::ToSchema;

use crate::limits::{NAME_BYTES, TAGS};
use crate::names::{EnvironmentName, KindName, NameText};
use crate::parameters::device_token;
use crate::problem::Problem;

/// What an app tells of itself at every launch. What is left out stays as it was.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = Registration)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistrationBody {
    /// What the token is for; `alert` unless it was registered otherwise.
    #[schema(value_type = Option<KindName>)]
    kind: Option<TokenKind>,
    /// The environment that the app believes to be in, from `aps-environment` of its embedded provisioning profile;
    /// `development` is another word for `sandbox`. Leave it out rather than guess: it is found out.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<Environment>,
    /// An id that the app makes when it is installed, and keeps. With it, older tokens of the same installation are
    /// superseded at once; without it, they are pushed to until APNs says so, which can take months.
    #[schema(min_length = 1, max_length = 256)]
    installation_id: Option<String>,
    /// Whose device it is.
    #[schema(min_length = 1, max_length = 256)]
    user_id: Option<String>,
    /// Tags to send by; an empty list takes all away.
    #[schema(value_type = Option<Vec<NameText>>, max_items = 64)]
    tags: Option<Vec<String>>,
    /// The user's locale.
    #[schema(min_length = 1, max_length = 256)]
    locale: Option<String>,
    /// The app's version.
    #[schema(min_length = 1, max_length = 256)]
    app_version: Option<String>,
    /// The system's version.
    #[schema(min_length = 1, max_length = 256)]
    os_version: Option<String>,
    /// The model of the device.
    #[schema(min_length = 1, max_length = 256)]
    device_model: Option<String>,
}

/// A line of an import: a device token from somewhere else.
#[derive(Deserialize, ToSchema)]
#[schema(as = ImportedDevice)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportedBody {
    /// The device token in hexadecimal digits.
    token: String,
    /// What the token is for; `alert` where nothing is said.
    #[schema(value_type = Option<KindName>)]
    kind: Option<TokenKind>,
    /// The environment, where it is known.
    #[schema(value_type = Option<EnvironmentName>)]
    environment: Option<Environment>,
    /// The id of the installation.
    installation_id: Option<String>,
    /// Whose device it is.
    user_id: Option<String>,
    /// Tags to send by.
    tags: Option<Vec<String>>,
    /// The user's locale.
    locale: Option<String>,
    /// The app's version.
    app_version: Option<String>,
    /// The system's version.
    os_version: Option<String>,
    /// The model of the device.
    device_model: Option<String>,
    /// When the app last registered the token, where that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    registered_at: Option<Timestamp>,
}

impl RegistrationBody {
    /// The registration, if all of it makes sense. `at` is where the body stands in the request.
    pub(crate) fn read(self, at: &str) -> Result<Registration, Problem> {
        let name = |field: &str, value| name(at, field, value);
        Ok(Registration {
            kind: self.kind,
            environment: self.environment,
            installation_id: name("installation_id", self.installation_id)?,
            user_id: name("user_id", self.user_id)?,
            tags: self.tags.map(|tags| read_tags(at, tags)).transpose()?,
            locale: name("locale", self.locale)?,
            app_version: name("app_version", self.app_version)?,
            os_version: name("os_version", self.os_version)?,
            device_model: name("device_model", self.device_model)?,
        })
    }
}

impl ImportedBody {
    /// The device, if all of it makes sense.
    pub(crate) fn read(self) -> Result<ImportedDevice, Problem> {
        let token = device_token("/token", &self.token)?;
        let body = RegistrationBody {
            kind: self.kind,
            environment: self.environment,
            installation_id: self.installation_id,
            user_id: self.user_id,
            tags: self.tags,
            locale: self.locale,
            app_version: self.app_version,
            os_version: self.os_version,
            device_model: self.device_model,
        };
        Ok(ImportedDevice {
            token,
            registration: body.read("")?,
            registered_at: self.registered_at,
        })
    }
}

fn name(at: &str, field: &str, value: Option<String>) -> Result<Option<String>, Problem> {
    if let Some(text) = &value {
        check_name(text).map_err(|why| Problem::field(format!("{at}/{field}"), why))?;
    }
    Ok(value)
}

fn read_tags(at: &str, tags: Vec<String>) -> Result<Vec<String>, Problem> {
    if tags.len() > TAGS {
        let detail = format!("There are {} tags, and at most {TAGS} are taken.", tags.len());
        return Err(Problem::field(format!("{at}/tags"), detail));
    }
    for (index, tag) in tags.iter().enumerate() {
        check_name(tag).map_err(|why| Problem::field(format!("{at}/tags/{index}"), why))?;
    }
    Ok(tags)
}

/// Whether a text can be a name of the caller's; why not.
pub(crate) fn check_name(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("It is empty; leave it out instead.".to_owned());
    }
    if text.len() > NAME_BYTES {
        return Err(format!(
            "{} bytes are more than the {NAME_BYTES} that are taken.",
            text.len()
        ));
    }
    match text.chars().find(|character| character.is_control()) {
        Some(found) => Err(format!("There is a control character in it: {found:?}.")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemKind;

    fn problem(json: &str) -> (ProblemKind, serde_json::Value) {
        let body: RegistrationBody = serde_json::from_str(json).expect(json);
        let problem = body.read("").expect_err(json);
        (
            problem.kind,
            serde_json::to_value(problem.body()).expect("a problem is JSON"),
        )
    }

    #[test]
    fn names_have_bounds() {
        let long = "x".repeat(257);
        for (json, field) in [
            (format!(r#"{{"user_id": "{long}"}}"#), "/user_id"),
            (r#"{"installation_id": ""}"#.to_owned(), "/installation_id"),
            (r#"{"tags": ["a", "b\u0000"]}"#.to_owned(), "/tags/1"),
            (format!(r#"{{"tags": {:?}}}"#, vec!["x"; 65]), "/tags"),
        ] {
            let (kind, body) = problem(&json);
            assert_eq!(kind, ProblemKind::InvalidField);
            assert_eq!(body["field"], field);
        }
    }

    #[test]
    fn the_environment_is_understood_in_apples_word_too() {
        let body: RegistrationBody = serde_json::from_str(r#"{"environment": "development"}"#).unwrap();
        assert_eq!(body.read("").unwrap().environment, Some(Environment::Sandbox));
    }

    #[test]
    fn a_line_of_an_import_names_its_token() {
        let body: ImportedBody = serde_json::from_str(r#"{"token": "xyz"}"#).unwrap();
        assert_eq!(body.read().unwrap_err().kind, ProblemKind::InvalidDeviceToken);
    }
}
