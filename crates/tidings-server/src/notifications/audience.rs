//! To whom a notification goes, as JSON.

use serde::Deserialize;
use tidings_apns::DeviceToken;
use tidings_store::Audience;
use utoipa::ToSchema;

use crate::body::maybe_object;
use crate::devices::check_name;
use crate::limits::{NAMES, TAGS};
use crate::names::NameText;
use crate::parameters::device_token;
use crate::problem::Problem;

/// To whom a notification goes: exactly one of these.
#[derive(Deserialize, ToSchema)]
#[schema(as = To)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToBody {
    /// To these device tokens. Those that are not registered are passed over.
    #[schema(min_items = 1, max_items = 1000)]
    tokens: Option<Vec<String>>,
    /// To all devices of these users.
    #[schema(value_type = Option<Vec<NameText>>, min_items = 1, max_items = 1000)]
    users: Option<Vec<String>>,
    /// To these installations.
    #[schema(value_type = Option<Vec<NameText>>, min_items = 1, max_items = 1000)]
    installations: Option<Vec<String>>,
    /// To whoever has these tags.
    #[serde(default, deserialize_with = "maybe_object")]
    tags: Option<TagsBody>,
    /// To every device of the app: `true`.
    everyone: Option<bool>,
}

/// A condition on tags. What is given must hold; at least one of the three is given.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = Tags)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagsBody {
    /// At least one of these.
    #[serde(default)]
    #[schema(value_type = Vec<NameText>, max_items = 64)]
    any: Vec<String>,
    /// All of these.
    #[serde(default)]
    #[schema(value_type = Vec<NameText>, max_items = 64)]
    all: Vec<String>,
    /// None of these.
    #[serde(default)]
    #[schema(value_type = Vec<NameText>, max_items = 64)]
    none: Vec<String>,
}

impl ToBody {
    /// The audience, if it is one.
    pub(crate) fn read(self) -> Result<Audience, Problem> {
        match self {
            Self {
                tokens: Some(tokens),
                users: None,
                installations: None,
                tags: None,
                everyone: None,
            } => read_tokens(&tokens).map(Audience::Tokens),
            Self {
                tokens: None,
                users: Some(users),
                installations: None,
                tags: None,
                everyone: None,
            } => read_names("/to/users", users).map(Audience::Users),
            Self {
                tokens: None,
                users: None,
                installations: Some(installations),
                tags: None,
                everyone: None,
            } => read_names("/to/installations", installations).map(Audience::Installations),
            Self {
                tokens: None,
                users: None,
                installations: None,
                tags: Some(tags),
                everyone: None,
            } => tags.read(),
            Self {
                tokens: None,
                users: None,
                installations: None,
                tags: None,
                everyone: Some(true),
            } => Ok(Audience::Everyone),
            _ => Err(Problem::field(
                "/to",
                "It is not exactly one of `tokens`, `users`, `installations`, `tags` and `everyone: true`.",
            )),
        }
    }
}

impl TagsBody {
    fn read(self) -> Result<Audience, Problem> {
        let Self { any, all, none } = self;
        if any.is_empty() && all.is_empty() && none.is_empty() {
            let detail = "There is no condition in it.";
            return Err(
                Problem::field("/to/tags", detail).hint("To reach all devices, say `everyone: true`.")
            );
        }
        for (field, tags) in [
            ("/to/tags/any", &any),
            ("/to/tags/all", &all),
            ("/to/tags/none", &none),
        ] {
            check_names(field, tags, TAGS)?;
        }
        Ok(Audience::Tags { any, all, none })
    }
}

fn read_tokens(tokens: &[String]) -> Result<Vec<DeviceToken>, Problem> {
    check_count("/to/tokens", tokens.len())?;
    let read = |(index, text): (usize, &String)| device_token(format!("/to/tokens/{index}"), text);
    let mut tokens = tokens
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?;
    // A device gets a notification once, however often it is named.
    tokens.sort_unstable();
    tokens.dedup();
    Ok(tokens)
}

fn read_names(field: &'static str, mut names: Vec<String>) -> Result<Vec<String>, Problem> {
    check_count(field, names.len())?;
    check_names(field, &names, NAMES)?;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn check_count(field: &'static str, count: usize) -> Result<(), Problem> {
    if (1..=NAMES).contains(&count) {
        return Ok(());
    }
    let detail = format!("There are {count} in it, and 1 to {NAMES} are taken.");
    Err(Problem::field(field, detail).hint("Split it, or send by tags."))
}

fn check_names(field: &'static str, names: &[String], most: usize) -> Result<(), Problem> {
    if names.len() > most {
        let detail = format!("There are {} in it, and at most {most} are taken.", names.len());
        return Err(Problem::field(field, detail));
    }
    for (index, name) in names.iter().enumerate() {
        check_name(name).map_err(|why| Problem::field(format!("{field}/{index}"), why))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemKind;

    fn read(json: &str) -> Result<Audience, Problem> {
        serde_json::from_str::<ToBody>(json).expect(json).read()
    }

    fn field(json: &str) -> String {
        let problem = read(json).expect_err(json);
        let body = serde_json::to_value(problem.body()).expect("a problem is JSON");
        body["field"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn exactly_one_audience_is_meant() {
        for json in [
            "{}",
            r#"{"tokens": ["00"], "users": ["a"]}"#,
            r#"{"everyone": false}"#,
            r#"{"everyone": true, "tags": {"any": ["a"]}}"#,
        ] {
            assert_eq!(field(json), "/to", "{json}");
        }
        assert_eq!(read(r#"{"everyone": true}"#).unwrap(), Audience::Everyone);
    }

    #[test]
    fn a_device_is_named_once() {
        let audience = read(r#"{"tokens": ["00FF", "00ff", "01"]}"#).unwrap();
        assert_eq!(audience.names(), 2);
        let audience = read(r#"{"users": ["b", "a", "b"]}"#).unwrap();
        assert_eq!(audience, Audience::Users(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert_eq!(field(r#"{"tokens": ["00", "0"]}"#), "/to/tokens/1");
        assert_eq!(field(r#"{"users": [""]}"#), "/to/users/0");
        assert_eq!(field(r#"{"users": []}"#), "/to/users");
        assert_eq!(field(r#"{"tags": {}}"#), "/to/tags");
        assert_eq!(field(r#"{"tags": {"all": ["a", ""]}}"#), "/to/tags/all/1");
        let many = format!(r#"{{"tokens": {:?}}}"#, vec!["00"; 1001]);
        assert_eq!(field(&many), "/to/tokens");
        assert_eq!(
            read(r#"{"tokens": ["<00>"]}"#).unwrap_err().kind,
            ProblemKind::InvalidDeviceToken
        );
    }
}
