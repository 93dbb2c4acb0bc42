//! Parameters of the query and of the path. What is not known is refused: a slip in a filter must not list everything.

use std::str::FromStr;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tidings_apns::ParseError;

use crate::body::printable;
use crate::limits::{NAME_BYTES, PAGE, PAGE_MOST};
use crate::problem::{Problem, ProblemKind, sentence};

/// The parameters of the query, each of which is taken once.
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(pairs) = query.map_err(|rejection| {
            Problem::new(ProblemKind::InvalidParameter, sentence(&rejection.body_text()))
        })?;
        Ok(Self(pairs))
    }
}

impl Parameters {
    /// The value of a parameter.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        let Some(place) = self.0.iter().position(|(key, _)| key == name) else {
            return Ok(None);
        };
        let (_, value) = self.0.swap_remove(place);
        if self.0.iter().any(|(key, _)| key == name) {
            return Err(invalid(name, "It is given more than once."));
        }
        if value.len() > 4 * NAME_BYTES {
            return Err(invalid(name, "It is too long."));
        }
        Ok(Some(value))
    }

    /// The value of a parameter, read.
    pub(crate) fn value<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let value = text
            .parse()
            .map_err(|error: T::Err| invalid(name, sentence(&error.to_string())))?;
        Ok(Some(value))
    }

    /// How many rows a page has.
    pub(crate) fn limit(&mut self) -> Result<usize, Problem> {
        let limit = self.value("limit")?.unwrap_or(PAGE);
        if (1..=PAGE_MOST).contains(&limit) {
            return Ok(limit);
        }
        Err(invalid("limit", format!("It is not from 1 to {PAGE_MOST}.")))
    }

    /// Refuses what is left.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let detail = format!("There is no parameter `{}` here.", printable(name));
                Err(Problem::new(ProblemKind::InvalidParameter, detail).at(printable(name)))
            }
        }
    }
}

pub(crate) fn invalid(name: &'static str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(ProblemKind::InvalidParameter, detail).at(name)
}

/// The variable parts of a path.
pub(crate) struct Place<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path(place)) => Ok(Self(place)),
            Err(rejection) => {
                let detail = sentence(&rejection.body_text());
                Err(Problem::new(ProblemKind::MalformedRequest, detail))
            }
        }
    }
}

/// A part of a path as a value.
pub(crate) fn read<T>(name: &'static str, text: &str) -> Result<T, Problem>
where
    T: FromStr<Err = ParseError>,
{
    text.parse()
        .map_err(|error: ParseError| Problem::field(name, sentence(&error.to_string())))
}

/// A device token of a path or a body, or why it is none.
pub(crate) fn device_token(
    field: impl Into<std::borrow::Cow<'static, str>>,
    text: &str,
) -> Result<tidings_apns::DeviceToken, Problem> {
    text.parse().map_err(|error: ParseError| {
        Problem::new(ProblemKind::InvalidDeviceToken, sentence(&error.to_string())).at(field)
    })
}

/// A segment `name:action` taken apart.
pub(crate) fn action(segment: &str) -> (&str, Option<&str>) {
    match segment.rsplit_once(':') {
        Some((name, action)) => (name, Some(action)),
        None => (segment, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Parameters(pairs.iter().map(owned).collect())
    }

    #[test]
    fn a_parameter_that_nobody_takes_is_refused() {
        let mut given = parameters(&[("limit", "7"), ("lmit", "8")]);
        assert_eq!(given.limit().unwrap(), 7);
        assert_eq!(given.finish().unwrap_err().kind, ProblemKind::InvalidParameter);
    }

    #[test]
    fn a_parameter_is_given_once() {
        assert!(parameters(&[("tag", "a"), ("tag", "b")]).text("tag").is_err());
        assert_eq!(
            parameters(&[("tag", "a")]).text("tag").unwrap().as_deref(),
            Some("a")
        );
        assert_eq!(parameters(&[]).text("tag").unwrap(), None);
    }

    #[test]
    fn a_page_has_a_sensible_length() {
        for (text, fits) in [
            ("0", false),
            ("1", true),
            ("1000", true),
            ("1001", false),
            ("-1", false),
            ("x", false),
        ] {
            assert_eq!(parameters(&[("limit", text)]).limit().is_ok(), fits, "{text}");
        }
        assert_eq!(parameters(&[]).limit().unwrap(), PAGE);
    }

    #[test]
    fn an_action_stands_behind_the_last_colon() {
        assert_eq!(action("abc:restore"), ("abc", Some("restore")));
        assert_eq!(action("abc"), ("abc", None));
        assert_eq!(action("a:b:c"), ("a:b", Some("c")));
    }
}
