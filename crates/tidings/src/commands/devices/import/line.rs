//! From the values of a line to the object that the server takes.

use serde_json::{Map, Value};
use tidings_apns::{DeviceToken, Environment, Timestamp};
use tidings_truth::TokenState;

use super::columns::Field;

/// Why a line is not taken, in words.
pub(super) type Refusal = String;

/// What a line says, field by field.
#[derive(Debug, Default)]
pub(super) struct Line {
    object: Map<String, Value>,
    state: Option<String>,
}

impl Line {
    /// Adds the value of a table's cell; an empty one says nothing.
    pub(super) fn add_text(&mut self, field: Field, text: &str) -> Result<(), Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let value = match field {
            Field::Tags => tags(text),
            _ => Value::from(text),
        };
        self.add(field, value)
    }

    /// Adds a value of an object; `null` and an empty text say nothing.
    pub(super) fn add(&mut self, field: Field, value: Value) -> Result<(), Refusal> {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(());
        }
        let value = match (field, value) {
            (Field::Token, value) => token(&text(field, value)?)?,
            (Field::Environment, value) => match environment(&text(field, value)?)? {
                Some(environment) => environment,
                None => return Ok(()),
            },
            (Field::RegisteredAt, value) => instant(&value)?,
            (Field::State, value) => {
                self.state = Some(text(field, value)?);
                return Ok(());
            }
            (Field::Tags, Value::String(text)) => tags(&text),
            (Field::Tags, value) => value,
            // Numbers are names, too: user 42.
            (_, Value::Number(number)) => Value::from(number.to_string()),
            (_, value) => value,
        };
        self.object.insert(field.name().to_owned(), value);
        Ok(())
    }

    /// The object; nothing if the line says that its token is dead.
    pub(super) fn finish(mut self, environment: Option<Environment>) -> Result<Option<String>, Refusal> {
        if !self.object.contains_key(Field::Token.name()) {
            return Err("there is no device token".to_owned());
        }
        let state = self.state.and_then(|state| state.parse::<TokenState>().ok());
        if state.is_some_and(TokenState::is_final) {
            return Ok(None);
        }
        if let Some(environment) = environment {
            let environment = Value::from(environment.as_str());
            self.object
                .entry(Field::Environment.name())
                .or_insert(environment);
        }
        Ok(Some(Value::Object(self.object).to_string()))
    }
}

fn text(field: Field, value: Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(format!("`{}` is not a text", field.name())),
    }
}

/// Other programs write `<00fc13ad ff785122>`, as old versions of iOS printed it.
fn token(text: &str) -> Result<Value, Refusal> {
    let digits: String = text
        .chars()
        .filter(|character| !character.is_ascii_whitespace() && !['<', '>'].contains(character))
        .collect();
    let token = digits.parse::<DeviceToken>().map_err(|error| error.to_string())?;
    Ok(Value::from(token.to_string()))
}

fn environment(text: &str) -> Result<Option<Value>, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("unknown") {
        return Ok(None);
    }
    let environment = text.parse::<Environment>().map_err(|error| error.to_string())?;
    Ok(Some(Value::from(environment.as_str())))
}

fn tags(text: &str) -> Value {
    let tags = text.split(';').map(str::trim).filter(|tag| !tag.is_empty());
    tags.collect::<Vec<_>>().into()
}

/// RFC 3339, or as databases and other services write times; without a zone, UTC is meant; a day; seconds or milliseconds since
/// 1970.
fn instant(value: &Value) -> Result<Value, Refusal> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err("`registered_at` is no time".to_owned()),
    };
    let read = text
        .parse::<u64>()
        .ok()
        .map(of_number)
        .or_else(|| text.parse().ok())
        .or_else(|| format!("{text}T00:00:00Z").parse().ok())
        .or_else(|| with_usual_zone(&text).parse().ok());
    let at: Timestamp = read.ok_or_else(|| {
        "`registered_at` should be a time such as 2026-11-24T18:30:00Z, or seconds since 1970".to_owned()
    })?;
    Ok(Value::from(at.to_string()))
}

/// The same time with its zone as RFC 3339 wants it: `… UTC`, `…+00` (`PostgreSQL`), `… +0200` (Ruby) and no zone at all are
/// usual, too.
fn with_usual_zone(text: &str) -> String {
    let utc = ["UTC", "GMT"]
        .iter()
        .find_map(|zone| text.strip_suffix(zone))
        .map(str::trim_end);
    if let Some(time) = utc {
        return format!("{time}Z");
    }
    // A sign that stands after the day, whose parts have dashes between them, is that of an offset.
    let sign = text.rfind(['+', '-']).filter(|at| *at > "2026-11-24".len());
    let Some((time, offset)) = sign.and_then(|at| text.split_at_checked(at)) else {
        return format!("{text}Z");
    };
    let time = time.trim_end();
    match offset.split_at_checked(3) {
        Some((hours, "")) => format!("{time}{hours}:00"),
        Some((hours, minutes)) => format!("{time}{hours}:{}", minutes.trim_start_matches(':')),
        None => text.to_owned(),
    }
}

fn of_number(number: u64) -> Timestamp {
    /// Seconds reach this in the year 5138; milliseconds passed it in 1973.
    const MILLISECONDS_FROM: u64 = 100_000_000_000;
    let millis = if number < MILLISECONDS_FROM {
        number * 1000
    } else {
        number
    };
    Timestamp::from_unix_millis(millis)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(fields: &[(Field, Value)]) -> Result<Option<Value>, Refusal> {
        let mut line = Line::default();
        for (field, value) in fields {
            line.add(*field, value.clone())?;
        }
        let json = line.finish(None)?;
        Ok(json.map(|json| serde_json::from_str(&json).unwrap()))
    }

    #[test]
    fn a_token_is_taken_as_other_programs_write_it() {
        let token = json!("<00FC13AD ff785122>");
        assert_eq!(
            line(&[(Field::Token, token)]),
            Ok(Some(json!({"token": "00fc13adff785122"})))
        );
        assert!(line(&[(Field::Token, json!("xyz"))]).is_err());
        assert_eq!(line(&[]), Err("there is no device token".to_owned()));
    }

    #[test]
    fn an_environment_may_be_unknown() {
        for (text, environment) in [
            ("", Value::Null),
            ("unknown", Value::Null),
            ("Development", json!("sandbox")),
            ("production", json!("production")),
        ] {
            let line = line(&[(Field::Token, json!("00")), (Field::Environment, json!(text))]);
            assert_eq!(line.unwrap().unwrap()["environment"], environment, "{text}");
        }
    }

    #[test]
    fn times_are_taken_in_the_usual_forms() {
        for value in [
            json!("2026-11-24T18:30:00Z"),
            json!("2026-11-24T20:30:00+02:00"),
            json!("2026-11-24 18:30:00"),
            json!("2026-11-24 18:30:00 UTC"),
            json!("2026-11-24 18:30:00.000000"),
            json!("2026-11-24 18:30:00.000+00"),
            json!("2026-11-24 13:30:00-05"),
            json!("2026-11-24 20:30:00 +0200"),
            json!(1_795_545_000_u64),
            json!("1795545000000"),
        ] {
            assert_eq!(instant(&value), Ok(json!("2026-11-24T18:30:00.000Z")), "{value}");
        }
        assert_eq!(
            instant(&json!("2026-11-24")),
            Ok(json!("2026-11-24T00:00:00.000Z"))
        );
        for value in [
            "yesterday",
            "2026-11-24 18:30:00 CET",
            "2026-11-24 18:30:00+",
            "2026-11-24 18:30+0x",
        ] {
            assert!(instant(&json!(value)).is_err(), "{value}");
        }
    }

    #[test]
    fn what_is_empty_says_nothing() {
        for value in [json!(null), json!(""), json!(" ")] {
            let line = line(&[(Field::Token, json!("00")), (Field::UserId, value)]);
            assert_eq!(line, Ok(Some(json!({"token": "00"}))));
        }
    }

    #[test]
    fn what_is_dead_is_left_out_and_what_is_doubtful_is_not() {
        for (state, is_taken) in [
            ("active", true),
            ("quarantined", true),
            ("unregistered", false),
            ("rejected", false),
            ("superseded", false),
            ("whatever", true),
        ] {
            let line = line(&[(Field::Token, json!("00")), (Field::State, json!(state))]);
            assert_eq!(line.unwrap().is_some(), is_taken, "{state}");
        }
    }

    #[test]
    fn cells_of_a_table_are_texts_and_empty_ones_say_nothing() {
        let mut line = Line::default();
        line.add_text(Field::Token, "00").unwrap();
        line.add_text(Field::Tags, "a; b;").unwrap();
        line.add_text(Field::UserId, " ").unwrap();
        let json = line.finish(Some(Environment::Sandbox)).unwrap().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&json).unwrap(),
            json!({"token": "00", "tags": ["a", "b"], "environment": "sandbox"})
        );
    }
}
