//! Answers in gorush's form.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::body::{Notification, Platform};
use crate::problem::Problem;

/// How many characters at each end of a device token are not shown, as gorush has it where nothing else is configured.
const HIDDEN: usize = 10;

/// What was taken, and what was not.
#[derive(Debug, Serialize)]
pub(super) struct Pushed {
    success: &'static str,
    /// Device tokens of notifications to Apple devices.
    counts: usize,
    logs: Vec<Log>,
}

impl Default for Pushed {
    fn default() -> Self {
        Self {
            success: "ok",
            counts: 0,
            logs: Vec::new(),
        }
    }
}

/// A device token to which nothing is sent, and why.
#[derive(Debug, Serialize)]
struct Log {
    #[serde(skip_serializing_if = "Option::is_none")]
    notif_id: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    platform: &'static str,
    token: String,
    message: String,
    error: String,
}

impl Pushed {
    /// So many device tokens were meant.
    pub(super) fn count(&mut self, tokens: usize) {
        self.counts += tokens;
    }

    /// Nothing is sent to this device token.
    pub(super) fn failed(&mut self, notification: &Notification, token: &str, error: &str) {
        self.logs.push(Log {
            notif_id: notification.notif_id.clone(),
            kind: "failed-push",
            platform: match notification.platform() {
                Platform::Apple => "ios",
                Platform::Android => "android",
                Platform::Huawei => "huawei",
                Platform::Unknown => "",
            },
            token: masked(token),
            message: notification.message.clone().unwrap_or_default(),
            error: error.to_owned(),
        });
    }

    #[cfg(test)]
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A device token of which enough is shown to find it, and not enough to send to it.
fn masked(token: &str) -> String {
    let length = token.chars().count();
    let is_shown = |place: usize| (HIDDEN..length.saturating_sub(HIDDEN)).contains(&place);
    let shown = token.chars().enumerate().map(|(place, character)| {
        if is_shown(place) && !character.is_control() {
            character
        } else {
            '*'
        }
    });
    shown.collect()
}

impl IntoResponse for Pushed {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self)
    }
}

/// The request as a whole is refused.
pub(super) struct Refused(pub(super) Problem);

#[derive(Serialize)]
struct RefusedBody {
    code: u16,
    message: String,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status = problem.status();
        // gorush calls everything that it cannot read a bad request.
        let status = if status == StatusCode::UNPROCESSABLE_ENTITY {
            StatusCode::BAD_REQUEST
        } else {
            status
        };
        let body = RefusedBody {
            code: status.as_u16(),
            message: format!(
                "{}: {} {}",
                problem.kind.title(),
                problem.detail(),
                problem.advice()
            ),
        };
        json(status, &body)
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_token_is_not_shown_whole() {
        let token = format!("{}middle{}", "a".repeat(10), "b".repeat(10));
        assert_eq!(
            masked(&token),
            format!("{}middle{}", "*".repeat(10), "*".repeat(10))
        );
        assert_eq!(masked("00ff"), "****");
        assert_eq!(masked(""), "");
        assert_eq!(
            masked(&format!("{}\n{}", "é".repeat(10), "é".repeat(10))).len(),
            21
        );
    }

    #[test]
    fn answers_have_gorushs_form() {
        let mut pushed = Pushed::default();
        let notification = Notification::example(r#"{"platform": 2, "notif_id": "n1", "message": "Tea"}"#);
        pushed.count(3);
        pushed.failed(&notification, "00ff", "no");
        let expected = serde_json::json!({
            "success": "ok",
            "counts": 3,
            "logs": [{
                "notif_id": "n1",
                "type": "failed-push",
                "platform": "android",
                "token": "****",
                "message": "Tea",
                "error": "no",
            }],
        });
        assert_eq!(pushed.json(), expected);
    }
}
