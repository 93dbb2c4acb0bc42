//! A payload of each push type to begin with: the least that is of use.

use tidings_apns::{PushType, Timestamp};

/// An example for a push type.
pub(crate) fn example(push_type: PushType, now: Timestamp) -> String {
    match push_type {
        PushType::Alert => ALERT.to_owned(),
        PushType::Background => BACKGROUND.to_owned(),
        PushType::Voip => VOIP.to_owned(),
        PushType::Complication => COMPLICATION.to_owned(),
        PushType::FileProvider => FILE_PROVIDER.to_owned(),
        PushType::LiveActivity => {
            // One that is older than what the device has seen is thrown away.
            LIVE_ACTIVITY.replace("NOW", &(now.as_unix_millis() / 1000).to_string())
        }
        PushType::PushToTalk => PUSH_TO_TALK.to_owned(),
        PushType::Widgets | PushType::Controls => RELOAD.to_owned(),
        _ => EMPTY.to_owned(),
    }
}

const ALERT: &str = r#"{
  "aps": {
    "alert": {
      "title": "Tea is ready",
      "body": "It was steeped for four minutes."
    },
    "sound": "default"
  }
}"#;

const BACKGROUND: &str = r#"{
  "aps": {
    "content-available": 1
  },
  "menu": "changed"
}"#;

const VOIP: &str = r#"{
  "call_id": "8F0C2D",
  "caller": "Ada"
}"#;

const COMPLICATION: &str = r#"{
  "tea": "ready"
}"#;

const FILE_PROVIDER: &str = r#"{
  "container-identifier": "NSFileProviderWorkingSetContainerItemIdentifier",
  "domain": "recipes"
}"#;

const LIVE_ACTIVITY: &str = r#"{
  "aps": {
    "timestamp": NOW,
    "event": "update",
    "content-state": {
      "minutes": 4
    }
  }
}"#;

const PUSH_TO_TALK: &str = r#"{
  "activeSpeaker": "Ada"
}"#;

const RELOAD: &str = r#"{
  "aps": {
    "content-changed": true
  }
}"#;

const EMPTY: &str = r#"{
  "aps": {}
}"#;
