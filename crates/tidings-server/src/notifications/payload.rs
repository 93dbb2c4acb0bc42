//! The payload, composed of `aps` and of the app's own keys beside it, and looked at closely: readers differ on what
//! repeated keys mean, and on how deep is too deep, so neither is let through.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::body::escape;
use crate::limits::PAYLOAD_DEPTH;
use crate::problem::{Problem, ProblemKind};

/// Why a payload is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PayloadRefusal {
    /// A JSON pointer.
    pub(crate) field: String,
    pub(crate) detail: String,
}

impl From<PayloadRefusal> for Problem {
    fn from(refusal: PayloadRefusal) -> Self {
        Self::new(ProblemKind::InvalidPayload, refusal.detail).at(refusal.field)
    }
}

/// The payload with this `aps` and these keys beside it, without superfluous white space.
pub(crate) fn compose(aps: Option<&RawValue>, data: Option<&RawValue>) -> Result<String, PayloadRefusal> {
    if aps.is_none() && data.is_none() {
        return Err(refusal("/aps", "There is neither `aps` nor `data`."));
    }
    let aps = aps.map(|aps| object("/aps", aps, None)).transpose()?;
    let data = data.map(|data| object("/data", data, Some("aps"))).transpose()?;
    let mut out = String::from("{");
    if let Some(aps) = aps {
        out.push_str("\"aps\":");
        out.push_str(&aps);
    }
    let members = data
        .as_deref()
        .and_then(members)
        .filter(|members| !members.is_empty());
    if let Some(members) = members {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(members);
    }
    out.push('}');
    Ok(out)
}

fn refusal(field: impl Into<String>, detail: impl Into<String>) -> PayloadRefusal {
    PayloadRefusal {
        field: field.into(),
        detail: detail.into(),
    }
}

/// What stands between the braces.
fn members(object: &str) -> Option<&str> {
    object.strip_prefix('{')?.strip_suffix('}')
}

/// An object that nothing is wrong with, without white space. `taken` is a key that it must not have.
fn object(field: &str, raw: &RawValue, taken: Option<&'static str>) -> Result<String, PayloadRefusal> {
    let text = raw.get();
    if !text.starts_with('{') {
        return Err(refusal(field, "It is not a JSON object."));
    }
    let found = RefCell::new(None);
    let look = Look {
        path: &RefCell::new(field.to_owned()),
        found: &found,
        depth: 0,
        taken,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match look.deserialize(&mut deserializer) {
        Ok(()) => Ok(without_white_space(text)),
        Err(error) => Err(found.into_inner().unwrap_or_else(|| {
            let message = error.to_string();
            let end = message.rfind(" at line ").unwrap_or(message.len());
            refusal(
                field,
                crate::problem::sentence(message.get(..end).unwrap_or_default()),
            )
        })),
    }
}

/// Leaves out what stands between values. The text is JSON already.
fn without_white_space(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    out.extend(json.chars().filter(|character| {
        if in_text {
            in_text = escaped || *character != '"';
            escaped = !escaped && *character == '\\';
            return true;
        }
        in_text = *character == '"';
        !matches!(character, ' ' | '\t' | '\r' | '\n')
    }));
    out
}

/// Looks at a value and everything in it.
#[derive(Clone, Copy)]
struct Look<'a> {
    path: &'a RefCell<String>,
    found: &'a RefCell<Option<PayloadRefusal>>,
    depth: usize,
    taken: Option<&'static str>,
}

impl Look<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > PAYLOAD_DEPTH {
            return Err(self.refuse(format!("It is nested more than {PAYLOAD_DEPTH} deep.")));
        }
        let taken = None;
        Ok(Self { depth, taken, ..self })
    }

    fn refuse<E: serde::de::Error>(self, detail: String) -> E {
        let field = self.path.borrow().clone();
        *self.found.borrow_mut() = Some(refusal(field, detail));
        E::custom("refused")
    }

    /// Goes to a place below, and returns to where it was.
    fn at<T>(self, step: &str, look: impl FnOnce() -> T) -> T {
        let before = self.path.borrow().len();
        {
            let mut path = self.path.borrow_mut();
            path.push('/');
            path.push_str(&escape(step));
        }
        let result = look();
        // What was refused has taken a copy.
        self.path.borrow_mut().truncate(before);
        result
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let below = self.deeper()?;
        let mut index = 0_usize;
        while self
            .at(&index.to_string(), || list.next_element_seed(below))?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let below = self.deeper()?;
        let mut keys: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if self.taken == Some(key.as_str()) {
                let detail = format!("`{key}` has a place of its own, beside `data`.");
                return Err(self.at(&key, || self.refuse(detail)));
            }
            self.at(&key, || map.next_value_seed(below))?;
            keys.push(key);
        }
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => Err(self.at(&pair[0], || {
                self.refuse("The key stands there more than once.".to_owned())
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect(json)
    }

    fn composed(aps: Option<&str>, data: Option<&str>) -> Result<String, PayloadRefusal> {
        let (aps, data) = (aps.map(raw), data.map(raw));
        compose(aps.as_deref(), data.as_deref())
    }

    fn refused_at(aps: &str) -> String {
        composed(Some(aps), None).expect_err(aps).field
    }

    #[test]
    fn the_apps_keys_stand_beside_apples() {
        let both = composed(
            Some(r#"{ "alert" : "a b" }"#),
            Some(r#"{"k": [1, 2.50], "l":{}}"#),
        );
        assert_eq!(both.unwrap(), r#"{"aps":{"alert":"a b"},"k":[1,2.50],"l":{}}"#);
        assert_eq!(composed(Some("{}"), None).unwrap(), r#"{"aps":{}}"#);
        assert_eq!(composed(Some("{}"), Some("{}")).unwrap(), r#"{"aps":{}}"#);
        assert_eq!(composed(None, Some(r#"{"mdm":"x"}"#)).unwrap(), r#"{"mdm":"x"}"#);
        assert_eq!(composed(None, Some("{}")).unwrap(), "{}");
        assert_eq!(composed(None, None).unwrap_err().field, "/aps");
    }

    #[test]
    fn white_space_in_texts_stays() {
        let odd = r#"{"a": "x \" y \\", "b" : "\t z"}"#;
        assert_eq!(
            composed(Some(odd), None).unwrap(),
            r#"{"aps":{"a":"x \" y \\","b":"\t z"}}"#
        );
    }

    #[test]
    fn what_readers_understand_differently_is_refused() {
        assert_eq!(refused_at(r#"{"a": 1, "b": 2, "a": 3}"#), "/aps/a");
        assert_eq!(
            refused_at(r#"{"l": [0, {"x/y": 1, "x\/y": 2}]}"#),
            "/aps/l/1/x~1y"
        );
        assert_eq!(refused_at("[]"), "/aps");
        assert_eq!(refused_at("\"text\""), "/aps");
        assert_eq!(refused_at(r#"{"a": 1e999}"#), "/aps");
        assert_eq!(refused_at(r#"{"a": "\ud800"}"#), "/aps");
        let beside = composed(None, Some(r#"{"aps": {}}"#)).unwrap_err();
        assert_eq!(beside.field, "/data/aps");
        // Deeper down it is a key like any other.
        assert!(composed(None, Some(r#"{"a": {"aps": 1}}"#)).is_ok());
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth) + "1", "}".repeat(depth));
        assert!(composed(Some(&nested(PAYLOAD_DEPTH)), None).is_ok());
        assert!(refused_at(&nested(PAYLOAD_DEPTH + 1)).starts_with("/aps/a/a"));
        assert!(refused_at(&nested(120)).starts_with("/aps/a/a"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_payload_says_what_was_said(value in prop::collection::hash_map("[a-z ]{1,4}", any_json(), 0..4)) {
            let value = Value::Object(value.into_iter().filter(|(key, _)| key != "aps").collect());
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let payload = composed(Some(&pretty), Some(&pretty)).unwrap();
            let read: Value = serde_json::from_str(&payload).unwrap();
            prop_assert_eq!(&read["aps"], &value);
            for (key, member) in value.as_object().unwrap() {
                prop_assert_eq!(&read[key], member);
            }
            prop_assert_eq!(payload.contains('\n'), false);
        }
    }
}
