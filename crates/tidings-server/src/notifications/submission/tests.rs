//! What is accepted, what is refused and where, and what is assumed.

use super::*;
use crate::body::parse;

const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

fn check(json: &str) -> Result<Submission, Problem> {
    let body: SubmissionBody = parse(json.as_bytes())?;
    body.check("com.example.app", NOW, &ServerConfig::default())
}

/// A notification to one device with these members.
fn with(members: &str) -> Result<Submission, Problem> {
    check(&format!(r#"{{"to": {{"tokens": ["00ff"]}}, {members}}}"#))
}

fn accepted(members: &str) -> NewNotification {
    with(members).expect(members).notification
}

fn refused(members: &str) -> (ProblemKind, String) {
    let problem = with(members).expect_err(members);
    let body = serde_json::to_value(problem.body()).expect("a problem is JSON");
    (
        problem.kind,
        body["field"].as_str().unwrap_or_default().to_owned(),
    )
}

const ALERT: &str = r#""aps": {"alert": "Tea"}"#;

#[test]
fn little_needs_to_be_said() {
    let notification = accepted(ALERT);
    assert_eq!(notification.push_type, PushType::Alert);
    assert_eq!(notification.kind, TokenKind::Alert);
    assert_eq!(&*notification.payload, r#"{"aps":{"alert":"Tea"}}"#);
    assert_eq!(notification.priority, None);
    assert_eq!(notification.urgency, Urgency::Urgent);
    assert_eq!(notification.on_unknown, OnUnknown::Retry);
}

#[test]
fn kind_and_push_type_follow_from_each_other() {
    for (members, push_type, kind) in [
        (
            r#""push_type": "voip", "aps": {}"#,
            PushType::Voip,
            TokenKind::Voip,
        ),
        (r#""kind": "voip", "aps": {}"#, PushType::Voip, TokenKind::Voip),
        (
            r#""push_type": "background", "aps": {}"#,
            PushType::Background,
            TokenKind::Alert,
        ),
        (
            r#""push_type": "mdm", "data": {"mdm": "x"}"#,
            PushType::Mdm,
            TokenKind::Alert,
        ),
        (
            r#""push_type": "liveactivity", "aps": {"event": "start"}"#,
            PushType::LiveActivity,
            TokenKind::LiveActivityStart,
        ),
        (
            r#""push_type": "liveactivity", "aps": {"event": "update"}"#,
            PushType::LiveActivity,
            TokenKind::LiveActivityUpdate,
        ),
        (
            r#""push_type": "widgets", "aps": {}"#,
            PushType::Widgets,
            TokenKind::Widget,
        ),
    ] {
        let notification = accepted(members);
        assert_eq!(
            (notification.push_type, notification.kind),
            (push_type, kind),
            "{members}"
        );
    }
    let (kind, field) = refused(r#""push_type": "alert", "kind": "voip", "aps": {}"#);
    assert_eq!((kind, field.as_str()), (ProblemKind::InvalidField, "/kind"));
}

#[test]
fn a_payload_has_the_size_that_its_push_type_takes() {
    let text = |bytes: usize| {
        format!(
            r#""aps": {{"alert": "{}"}}"#,
            "x".repeat(bytes - r#"{"aps":{"alert":""}}"#.len())
        )
    };
    assert_eq!(accepted(&text(4096)).payload.len(), 4096);
    assert_eq!(
        refused(&text(4097)),
        (ProblemKind::PayloadTooLarge, "/aps".to_owned())
    );
    let voip = |bytes| format!(r#""push_type": "voip", {}"#, text(bytes));
    assert_eq!(accepted(&voip(5120)).payload.len(), 5120);
    assert_eq!(refused(&voip(5121)).0, ProblemKind::PayloadTooLarge);
}

#[test]
fn priorities_that_devices_ignore_are_refused() {
    let background = r#""push_type": "background", "aps": {"content-available": 1}"#;
    assert_eq!(accepted(background).priority, Some(Priority::Considerate));
    assert_eq!(
        refused(&format!(r#"{background}, "priority": 10"#)).1,
        "/priority"
    );
    assert_eq!(refused(&format!(r#"{ALERT}, "priority": 7"#)).1, "/priority");
    assert_eq!(
        refused(r#""push_type": "pushtotalk", "aps": {}, "priority": 5"#).1,
        "/priority"
    );
    assert_eq!(
        accepted(&format!(r#"{ALERT}, "priority": 5"#)).urgency,
        Urgency::Normal
    );
}

#[test]
fn a_notification_that_would_be_too_late_is_refused() {
    let later = NOW.saturating_add(std::time::Duration::from_mins(1));
    let latest = NOW.saturating_add(std::time::Duration::from_mins(2));
    assert_eq!(
        accepted(&format!(r#"{ALERT}, "expires_at": "{later}""#)).expires_at,
        Some(later)
    );
    assert_eq!(
        refused(&format!(r#"{ALERT}, "expires_at": "{NOW}""#)).1,
        "/expires_at"
    );
    assert_eq!(
        refused(&format!(r#"{ALERT}, "deadline": "{NOW}""#)).1,
        "/deadline"
    );
    assert_eq!(
        refused(&format!(
            r#"{ALERT}, "send_at": "{latest}", "expires_at": "{later}""#
        ))
        .1,
        "/expires_at"
    );
    assert_eq!(
        refused(&format!(r#"{ALERT}, "send_at": "2100-01-01T00:00:00Z""#)).1,
        "/send_at"
    );
    assert_eq!(
        refused(&format!(r#"{ALERT}, "expires_at": 1800000060"#)).1,
        "/expires_at"
    );
    assert_eq!(
        accepted(&format!(r#"{ALERT}, "send_at": "{NOW}""#)).send_at,
        None,
        "it is now"
    );
}

#[test]
fn once_is_kept_as_the_headers_zero() {
    let zero = Some(Timestamp::from_unix_millis(0));
    assert_eq!(accepted(&format!(r#"{ALERT}, "expires_at": 0"#)).expires_at, zero);
    assert_eq!(
        accepted(r#""push_type": "pushtotalk", "aps": {}"#).expires_at,
        zero
    );
}

#[test]
fn a_collapse_id_has_a_bound() {
    let with_id = |bytes: usize| format!(r#"{ALERT}, "collapse_id": "{}""#, "x".repeat(bytes));
    assert!(accepted(&with_id(64)).collapse_id.is_some());
    assert_eq!(refused(&with_id(65)).1, "/collapse_id");
}

#[test]
fn to_many_is_a_campaign_and_to_few_is_not() {
    for (to, urgency) in [
        (r#"{"everyone": true}"#, Urgency::Campaign),
        (r#"{"tags": {"any": ["a"]}}"#, Urgency::Campaign),
        (r#"{"users": ["a"]}"#, Urgency::Urgent),
        (
            &format!(
                r#"{{"users": [{}]}}"#,
                (0..101).map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(",")
            ),
            Urgency::Campaign,
        ),
    ] {
        let submission = check(&format!(r#"{{"to": {to}, {ALERT}}}"#)).unwrap();
        assert_eq!(submission.notification.urgency, urgency, "{to}");
    }
}

#[test]
fn what_is_strange_but_possible_is_a_warning() {
    let submission = with(r#""aps": {"allert": "Tea"}"#).unwrap();
    let codes: Vec<_> = submission
        .warnings
        .iter()
        .map(|lint| lint.code.as_str())
        .collect();
    assert!(codes.contains(&"aps-unknown-key"), "{codes:?}");
}

#[test]
fn fields_that_do_not_exist_are_refused() {
    assert_eq!(
        refused(r#""aps": {}, "colapse_id": "x""#).0,
        ProblemKind::InvalidField
    );
    assert_eq!(
        check(r#"{"aps": {}}"#).unwrap_err().kind,
        ProblemKind::InvalidField
    );
}
