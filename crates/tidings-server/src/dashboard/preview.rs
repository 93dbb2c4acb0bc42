//! How a notification will look on a locked screen, as far as its payload says.

use serde_json::Value;

use super::wording::Foreign;

/// What a device would show.
pub(crate) struct Preview {
    pub(crate) title: Option<Foreign>,
    pub(crate) subtitle: Option<Foreign>,
    pub(crate) body: Option<Foreign>,
    pub(crate) badge: Option<Foreign>,
    pub(crate) has_sound: bool,
    /// Nothing is shown: the app is woken, or something else than an alert happens.
    pub(crate) is_silent: bool,
    short: Option<String>,
}

impl Preview {
    /// Of a payload as JSON.
    pub(crate) fn of(payload: &str) -> Self {
        let value: Value = serde_json::from_str(payload).unwrap_or_default();
        let aps = &value["aps"];
        let alert = &aps["alert"];
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        // A text to be looked up in the app is named by its key.
        let or_key = |name: &str, key: &str| {
            let key = || text(&alert[key]).map(|key| format!("“{key}” in the app's language"));
            text(&alert[name]).or_else(key)
        };
        let title = or_key("title", "title-loc-key");
        let subtitle = or_key("subtitle", "subtitle-loc-key");
        let body = text(alert).or_else(|| or_key("body", "loc-key"));
        Self {
            is_silent: title.is_none() && subtitle.is_none() && body.is_none(),
            short: title.clone().or_else(|| body.clone()),
            title: title.map(|text| Foreign::short(&text, 120)),
            subtitle: subtitle.map(|text| Foreign::short(&text, 120)),
            body: body.map(|text| Foreign::short(&text, 400)),
            badge: aps["badge"].as_u64().map(|badge| Foreign::new(badge.to_string())),
            has_sound: !aps["sound"].is_null(),
        }
    }

    /// Its title, or else its text; as it is.
    pub(crate) fn title_or_text(self) -> String {
        self.short.unwrap_or_default()
    }

    /// Its title, or else its text.
    pub(crate) fn in_short(&self) -> Foreign {
        match &self.short {
            Some(text) => Foreign::short(text, 60),
            None => Foreign::new("(nothing to be shown)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_a_text_or_has_parts() {
        let plain = Preview::of(r#"{"aps":{"alert":"Tea","badge":2,"sound":"default"}}"#);
        assert_eq!(plain.body, Some(Foreign::new("Tea")));
        assert!(plain.has_sound && plain.badge.is_some() && !plain.is_silent);
        let parts = Preview::of(r#"{"aps":{"alert":{"title":"Tea","loc-key":"READY"}}}"#);
        assert_eq!(parts.title, Some(Foreign::new("Tea")));
        assert_eq!(parts.body, Some(Foreign::new("“READY” in the app's language")));
        assert!(Preview::of(r#"{"aps":{"content-available":1}}"#).is_silent);
        assert!(Preview::of("no JSON").is_silent);
    }
}
