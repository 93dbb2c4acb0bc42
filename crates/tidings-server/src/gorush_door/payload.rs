//! From gorush's fields to Apple's dictionary.

use serde_json::{Map, Value, json};

use super::body::{Alert, Notification};

/// The dictionary `aps`.
pub(super) fn aps(notification: &Notification) -> Map<String, Value> {
    let mut aps = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            aps.insert(key.to_owned(), value);
        }
    };
    put("alert", alert(notification));
    put(
        "badge",
        notification.badge.filter(|badge| *badge >= 0).map(Value::from),
    );
    put("sound", sound(notification));
    put("category", text(notification.category.as_ref()));
    put("thread-id", text(notification.thread_id.as_ref()));
    put("url-args", list(notification.url_args.as_ref()));
    put(
        "interruption-level",
        text(notification.interruption_level.as_ref()),
    );
    put(
        "content-available",
        notification.content_available.then(|| json!(1)),
    );
    put("mutable-content", notification.mutable_content.then(|| json!(1)));
    put("content-state", notification.content_state.clone());
    put("event", text(notification.event.as_ref()));
    put("timestamp", date(notification.timestamp));
    put("stale-date", date(notification.stale_date));
    put("dismissal-date", date(notification.dismissal_date));
    aps
}

/// A text where there is nothing but a message, else a dictionary.
fn alert(notification: &Notification) -> Option<Value> {
    let nothing = Alert::default();
    let given = notification.alert.as_ref().unwrap_or(&nothing);
    let mut alert = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            alert.insert(key.to_owned(), value);
        }
    };
    put("title", text(notification.title.as_ref()));
    put("title", text(given.title.as_ref()));
    put("subtitle", text(given.subtitle.as_ref()));
    put("title-loc-key", text(given.title_loc_key.as_ref()));
    put("title-loc-args", list(given.title_loc_args.as_ref()));
    put("loc-key", text(given.loc_key.as_ref()));
    put("loc-args", list(given.loc_args.as_ref()));
    put("action-loc-key", text(given.action_loc_key.as_ref()));
    put("action", text(given.action.as_ref()));
    put("launch-image", text(given.launch_image.as_ref()));
    put("summary-arg", text(given.summary_arg.as_ref()));
    let count = given.summary_arg_count.filter(|count| *count > 0);
    put("summary-arg-count", count.map(Value::from));
    let message = text(notification.message.as_ref());
    let body = text(given.body.as_ref());
    if alert.is_empty() && body.is_none() {
        return message;
    }
    if let Some(body) = body.or(message) {
        alert.insert("body".to_owned(), body);
    }
    Some(Value::Object(alert))
}

/// A name or a dictionary; a name or a volume beside it make it critical.
fn sound(notification: &Notification) -> Option<Value> {
    let given = notification.sound.clone().filter(|sound| match sound {
        Value::String(name) => !name.is_empty(),
        Value::Object(_) => true,
        _ => false,
    });
    let name = text(notification.name.as_ref());
    let volume = notification.volume.filter(|volume| *volume > 0.0);
    if name.is_none() && volume.is_none() {
        return given;
    }
    let mut critical = match given {
        Some(Value::Object(sound)) => sound,
        Some(name) => Map::from_iter([("name".to_owned(), name)]),
        None => Map::new(),
    };
    critical.insert("critical".to_owned(), json!(1));
    if let Some(name) = name {
        critical.insert("name".to_owned(), name);
    }
    if let Some(volume) = volume {
        critical.insert("volume".to_owned(), json!(volume));
    }
    Some(Value::Object(critical))
}

/// An empty text is none: gorush cannot tell the two apart.
fn text(given: Option<&String>) -> Option<Value> {
    let text = given.filter(|text| !text.is_empty())?;
    Some(Value::String(text.clone()))
}

fn list(given: Option<&Vec<String>>) -> Option<Value> {
    let list = given.filter(|list| !list.is_empty())?;
    Some(json!(list))
}

fn date(seconds: Option<i64>) -> Option<Value> {
    seconds.filter(|seconds| *seconds > 0).map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &Value) -> Value {
        Value::Object(aps(&Notification::example(&json.to_string())))
    }

    #[test]
    fn gorushs_fields_become_apples() {
        for (given, expected) in [
            (json!({"message": "Tea"}), json!({"alert": "Tea"})),
            (
                json!({"message": "Tea", "title": "Kitchen"}),
                json!({"alert": {"title": "Kitchen", "body": "Tea"}}),
            ),
            (
                json!({"title": "Kitchen"}),
                json!({"alert": {"title": "Kitchen"}}),
            ),
            (
                json!({"message": "Tea", "alert": {"subtitle": "now"}}),
                json!({"alert": {"subtitle": "now", "body": "Tea"}}),
            ),
            (
                json!({"title": "a", "message": "b", "alert": {"title": "c", "body": "d"}}),
                json!({"alert": {"title": "c", "body": "d"}}),
            ),
            (
                json!({"alert": {
                    "loc-key": "k", "loc-args": ["1"], "title-loc-key": "t", "title-loc-args": ["2"],
                    "action": "a", "action-loc-key": "l", "launch-image": "i", "summary-arg": "s", "summary-arg-count": 2
                }}),
                json!({"alert": {
                    "loc-key": "k", "loc-args": ["1"], "title-loc-key": "t", "title-loc-args": ["2"],
                    "action": "a", "action-loc-key": "l", "launch-image": "i", "summary-arg": "s", "summary-arg-count": 2
                }}),
            ),
            (json!({"badge": 0}), json!({"badge": 0})),
            (json!({"badge": -1}), json!({})),
            (json!({"sound": "ding.aiff"}), json!({"sound": "ding.aiff"})),
            (
                json!({"sound": {"critical": 1, "name": "a", "volume": 0.5}}),
                json!({"sound": {"critical": 1, "name": "a", "volume": 0.5}}),
            ),
            (
                json!({"name": "a", "volume": 0.5}),
                json!({"sound": {"critical": 1, "name": "a", "volume": 0.5}}),
            ),
            (
                json!({"sound": "a", "volume": 0.5}),
                json!({"sound": {"critical": 1, "name": "a", "volume": 0.5}}),
            ),
            (json!({"sound": 7}), json!({})),
            (
                json!({"content_available": true, "mutable_content": true}),
                json!({"content-available": 1, "mutable-content": 1}),
            ),
            (json!({"content_available": false}), json!({})),
            (
                json!({"category": "c", "thread-id": "t", "url-args": ["u"], "interruption_level": "passive"}),
                json!({"category": "c", "thread-id": "t", "url-args": ["u"], "interruption-level": "passive"}),
            ),
            (
                json!({"event": "end", "timestamp": 5, "content-state": {"a": 1}, "stale-date": 6, "dismissal-date": 0}),
                json!({"event": "end", "timestamp": 5, "content-state": {"a": 1}, "stale-date": 6}),
            ),
            (
                json!({"title": "", "message": "", "sound": "", "category": ""}),
                json!({}),
            ),
        ] {
            assert_eq!(of(&given), expected, "{given}");
        }
    }
}
