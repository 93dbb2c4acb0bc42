//! A request and what is read from it.

use super::*;

const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
const TOPIC: (&str, &str) = ("apns-topic", "com.example.app");
const PROOF: (&str, &str) = ("authorization", "bearer x");
const BODY: &str = r#"{"aps":{"alert":"Tea"}}"#;

fn request(headers: &[(&str, &str)], body: &str) -> Request {
    let headers = [headers, &[PROOF]].concat();
    Request::example("POST", "/3/device/00ff", &headers, body)
}

fn read(request: &Request) -> Result<Order, Answer> {
    Order::read(&Head::read(request)?, NOW)
}

fn order(headers: &[(&str, &str)], body: &str) -> Order {
    read(&request(headers, body)).expect("nothing is wrong with it")
}

fn refusal(request: &Request) -> Answer {
    read(request).expect_err("something is wrong with it")
}

#[test]
fn a_plain_request_is_read() {
    let order = order(&[TOPIC], BODY);
    assert_eq!(order.device_token.as_bytes(), [0x00, 0xff]);
    assert_eq!(order.addressing.bundle_id.as_str(), "com.example.app");
    assert_eq!(order.addressing.push_type, PushType::Alert);
    let notification = order.notification(TokenKind::Alert, OnUnknown::Retry, NOW);
    assert_eq!(&*notification.payload, BODY);
    assert_eq!(notification.urgency, Urgency::Urgent);
    assert_eq!((notification.priority, notification.expires_at), (None, None));
}

#[test]
fn all_that_apns_takes_is_carried() {
    let order = order(
        &[
            TOPIC,
            ("apns-push-type", "alert"),
            ("apns-priority", "5"),
            ("apns-expiration", "1800000060"),
            ("apns-collapse-id", "score"),
        ],
        BODY,
    );
    let notification = order.notification(TokenKind::Alert, OnUnknown::Drop, NOW);
    assert_eq!(notification.priority, Some(Priority::Considerate));
    assert_eq!(
        notification.expires_at,
        Some(Timestamp::from_unix_millis(1_800_000_060_000))
    );
    assert_eq!(
        notification.collapse_id.as_ref().map(CollapseId::as_str),
        Some("score")
    );
    assert_eq!(notification.on_unknown, OnUnknown::Drop);
    assert_eq!(notification.environment, None);
}

#[test]
fn every_push_type_goes_to_its_kind_of_device_token() {
    for push_type in PushType::ALL {
        let app: BundleId = "com.example.app".parse().unwrap();
        let topic = Topic::for_kind(&app, push_type);
        let headers = [
            ("apns-topic", topic.as_str()),
            ("apns-push-type", push_type.as_str()),
        ];
        let addressing = order(&headers, BODY).addressing;
        assert_eq!(addressing.bundle_id, app, "{push_type}");
        assert_eq!(addressing.push_type, push_type);
        assert!(addressing.kind.takes(push_type), "{push_type}");
    }
}

#[test]
fn a_live_activity_is_started_by_another_device_token_than_it_is_updated_by() {
    let headers = [("apns-topic", "com.example.app.push-type.liveactivity")];
    for (body, kind) in [
        (r#"{"aps":{"event":"start"}}"#, TokenKind::LiveActivityStart),
        (r#"{"aps":{"event":"update"}}"#, TokenKind::LiveActivityUpdate),
        (r#"{"aps":{"event":7}}"#, TokenKind::LiveActivityUpdate),
        (r"{}", TokenKind::LiveActivityUpdate),
    ] {
        let addressing = order(&headers, body).addressing;
        assert_eq!(addressing.push_type, PushType::LiveActivity);
        assert_eq!(addressing.kind, kind, "{body}");
    }
}

#[test]
fn without_a_push_type_topic_and_payload_tell_it() {
    let silent = r#"{"aps":{"content-available":1}}"#;
    for (topic, priority, body, push_type) in [
        ("com.example.app", None, BODY, PushType::Alert),
        ("com.example.app", None, r#"{"mdm":"x"}"#, PushType::Alert),
        ("com.example.app", None, silent, PushType::Background),
        ("com.example.app", Some("5"), silent, PushType::Background),
        ("com.example.app", Some("10"), silent, PushType::Alert),
        (
            "com.example.app",
            None,
            r#"{"aps":{"content-available":1,"badge":2}}"#,
            PushType::Alert,
        ),
        ("com.example.app.voip", None, BODY, PushType::Voip),
        ("com.example.app.push-type.widgets", None, BODY, PushType::Widgets),
    ] {
        let priority = priority.map(|priority| ("apns-priority", priority));
        let headers: Vec<_> = [("apns-topic", topic)].into_iter().chain(priority).collect();
        assert_eq!(
            order(&headers, body).addressing.push_type,
            push_type,
            "{topic} {body}"
        );
    }
}

#[test]
fn an_app_may_be_called_as_if_it_had_a_suffix() {
    let headers = [("apns-topic", "com.example.voip"), ("apns-push-type", "alert")];
    assert_eq!(
        order(&headers, BODY).addressing.bundle_id.as_str(),
        "com.example.voip"
    );
}

#[test]
fn what_is_over_is_tried_once() {
    for (seconds, expires_at) in [("0", 0), ("1799999999", 0), ("1800000001", 1_800_000_001_000)] {
        let order = order(&[TOPIC, ("apns-expiration", seconds)], BODY);
        assert_eq!(
            order.expires_at,
            Some(Timestamp::from_unix_millis(expires_at)),
            "{seconds}"
        );
    }
}

#[test]
fn what_is_wrong_has_apples_status_and_reason() {
    let voip = ("apns-topic", "com.example.app.voip");
    let long = "x".repeat(65);
    let large = format!(r#"{{"aps":{{"alert":"{}"}}}}"#, "x".repeat(4096));
    let whole = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        Request::example(method, path, headers, body)
    };
    for (request, status, reason) in [
        (whole("POST", "/", &[TOPIC, PROOF], BODY), 404, "BadPath"),
        (
            whole("POST", "/4/broadcasts/apps/a", &[TOPIC, PROOF], BODY),
            404,
            "BadPath",
        ),
        (
            whole("GET", "/3/device/00ff", &[TOPIC, PROOF], ""),
            405,
            "MethodNotAllowed",
        ),
        (
            whole("POST", "/3/device/00ff", &[TOPIC], BODY),
            403,
            "MissingProviderToken",
        ),
        (
            whole("POST", "/3/device/00ff", &[TOPIC, ("authorization", "x")], BODY),
            403,
            "MissingProviderToken",
        ),
        (
            whole(
                "POST",
                "/3/device/00ff",
                &[TOPIC, ("authorization", "bearer ")],
                BODY,
            ),
            403,
            "MissingProviderToken",
        ),
        (
            whole("POST", "/3/device/", &[TOPIC, PROOF], BODY),
            400,
            "MissingDeviceToken",
        ),
        (
            whole("POST", "/3/device", &[TOPIC, PROOF], BODY),
            400,
            "MissingDeviceToken",
        ),
        (
            whole("POST", "/3/device/xyz", &[TOPIC, PROOF], BODY),
            400,
            "BadDeviceToken",
        ),
        (
            whole("POST", "/3/device/00ff/", &[TOPIC, PROOF], BODY),
            400,
            "BadDeviceToken",
        ),
        (
            whole(
                "POST",
                &format!("/3/device/{}", "00".repeat(513)),
                &[TOPIC, PROOF],
                BODY,
            ),
            400,
            "BadDeviceToken",
        ),
        (request(&[], BODY), 400, "MissingTopic"),
        (request(&[("apns-topic", "")], BODY), 400, "MissingTopic"),
        (request(&[("apns-topic", "a b")], BODY), 400, "BadTopic"),
        (
            request(&[TOPIC, ("apns-push-type", "voip")], BODY),
            400,
            "BadTopic",
        ),
        (request(&[TOPIC, TOPIC], BODY), 400, "DuplicateHeaders"),
        (request(&[TOPIC, PROOF], BODY), 400, "DuplicateHeaders"),
        (
            request(&[TOPIC, ("apns-id", "not-a-uuid")], BODY),
            400,
            "BadMessageId",
        ),
        (
            request(&[TOPIC, ("apns-push-type", "loud")], BODY),
            400,
            "InvalidPushType",
        ),
        (
            request(&[TOPIC, ("apns-priority", "7")], BODY),
            400,
            "BadPriority",
        ),
        (
            request(&[TOPIC, ("apns-expiration", "soon")], BODY),
            400,
            "BadExpirationDate",
        ),
        (
            request(&[TOPIC, ("apns-expiration", "-1")], BODY),
            400,
            "BadExpirationDate",
        ),
        (
            request(&[TOPIC, ("apns-collapse-id", &long)], BODY),
            400,
            "BadCollapseId",
        ),
        (request(&[TOPIC], ""), 400, "PayloadEmpty"),
        (request(&[TOPIC], "Tea"), 400, "PayloadEmpty"),
        (request(&[TOPIC], "[1]"), 400, "PayloadEmpty"),
        (request(&[TOPIC], &large), 413, "PayloadTooLarge"),
        (request(&[voip], &"x".repeat(5121)), 413, "PayloadTooLarge"),
    ] {
        let answer = refusal(&request);
        assert_eq!(
            (answer.status, answer.reason.as_deref()),
            (status, Some(reason)),
            "{} {}",
            request.method,
            request.path
        );
    }
    // Calls may say more.
    assert!(read(&request(&[voip], &large)).is_ok());
}

#[test]
fn background_notifications_at_full_priority_go_as_they_go_to_apple() {
    let headers = [TOPIC, ("apns-push-type", "background"), ("apns-priority", "10")];
    let order = order(&headers, r#"{"aps":{"content-available":1}}"#);
    assert_eq!(order.addressing.push_type, PushType::Background);
    assert_eq!(order.priority, Some(Priority::Immediate));
}

#[test]
fn a_host_name_claims_an_environment_only_where_it_speaks_of_one() {
    for (host, environment) in [
        ("api.push.apple.com", Some(Environment::Production)),
        ("api.push.apple.com:443", Some(Environment::Production)),
        ("api.sandbox.push.apple.com", Some(Environment::Sandbox)),
        ("api.development.push.apple.com:2197", Some(Environment::Sandbox)),
        ("sandbox.push.example.com", Some(Environment::Sandbox)),
        ("push.example.com", None),
        ("127.0.0.1:8443", None),
        ("", None),
    ] {
        assert_eq!(claimed(host), environment, "{host}");
    }
}

#[test]
fn a_request_that_says_something_else_has_other_contents() {
    let contents = |headers: &[(&str, &str)], body| order(headers, body).contents();
    let first = contents(&[TOPIC], BODY);
    assert_eq!(
        contents(
            &[TOPIC, ("apns-id", "00000000-0000-4000-8000-000000000000")],
            BODY
        ),
        first
    );
    for (headers, body) in [
        (vec![TOPIC, ("apns-priority", "5")], BODY),
        (vec![TOPIC, ("apns-collapse-id", "a")], BODY),
        (vec![TOPIC, ("apns-expiration", "0")], BODY),
        (vec![TOPIC, ("apns-push-type", "background")], BODY),
        (vec![TOPIC], r#"{"aps":{"alert":"Coffee"}}"#),
    ] {
        assert_ne!(contents(&headers, body), first, "{headers:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_request_is_read_or_refused(
        path in "(/3/device/)?[0-9a-z/]{0,20}",
        headers in proptest::collection::vec(("(apns-id|apns-topic|apns-priority|apns-expiration|apns-push-type|authorization)", ".{0,20}"), 0..5),
        body in ".{0,60}",
    ) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = Request::example("POST", &path, &headers, &body);
        if let Err(answer) = read(&request) {
            proptest::prop_assert!((400..600).contains(&answer.status));
            proptest::prop_assert!(answer.reason.is_some());
        }
    }
}
