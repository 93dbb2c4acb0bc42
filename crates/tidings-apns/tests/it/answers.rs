//! Answers: statuses, reasons, error bodies, `Retry-After`, GOAWAY.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use tidings_apns::{
    AnswerHeaders, ApnsId, ErrorBody, GoAwayReason, Reason, Resend, Response, RetryAfter, Timestamp,
    UnixSeconds,
};

#[test]
fn a_200_is_accepted_whatever_its_body() {
    let apns_id = Some(ApnsId::from_u128(7));
    let headers = AnswerHeaders {
        apns_id,
        apns_unique_id: Some("u".into()),
        retry_after: None,
    };
    let response = Response::new(200, headers, b"{\"reason\":\"BadTopic\"}");
    assert!(response.is_accepted());
    assert_eq!(
        (response.apns_id(), response.apns_unique_id()),
        (apns_id, Some("u"))
    );
    assert_eq!(response.rejected(), None);
}

#[test]
fn a_rejection_keeps_everything_that_was_said() {
    let headers = AnswerHeaders {
        apns_id: Some(ApnsId::from_u128(7)),
        apns_unique_id: None,
        retry_after: Some(Duration::from_secs(3)),
    };
    let response = Response::new(
        410,
        headers,
        br#"{"reason":"Unregistered","timestamp":1750000000042}"#,
    );
    let rejected = response.rejected().unwrap();
    assert_eq!(rejected.status, 410);
    assert_eq!(rejected.reason, Reason::Unregistered);
    assert_eq!(
        rejected.timestamp,
        Some(Timestamp::from_unix_millis(1_750_000_000_042))
    );
    assert_eq!(rejected.retry_after, Some(Duration::from_secs(3)));
    assert_eq!(response.apns_id(), Some(ApnsId::from_u128(7)));
    assert!(!response.is_accepted());
}

#[test]
fn a_rejection_without_a_known_reason_is_judged_by_its_status() {
    for (status, body, resend) in [
        (400, "{\"reason\":\"NewIn2030\"}", Resend::AfterFix),
        (403, "", Resend::AfterFix),
        (429, "{\"reason\":\"NewIn2030\"}", Resend::Later),
        (502, "<html>Bad Gateway</html>", Resend::Later),
        (500, "{\"reason\":\"BadTopic\"}", Resend::AfterFix),
        (410, "{\"reason\":\"Unregistered\"}", Resend::Never),
    ] {
        let response = Response::new(status, AnswerHeaders::default(), body.as_bytes());
        assert_eq!(response.rejected().unwrap().resend(), resend, "{status} {body}");
    }
}

#[test]
fn every_body_is_readable_and_unknown_ones_are_kept() {
    let deep = "[".repeat(4000);
    for (body, reason, timestamp) in [
        ("", "", None),
        ("  \r\n", "", None),
        ("{}", "{}", None),
        ("null", "null", None),
        ("{\"reason\":null}", "{\"reason\":null}", None),
        ("{\"reason\":7}", "{\"reason\":7}", None),
        ("{\"reason\":\"\"}", "", None),
        ("{\"reason\":\"BadTopic\"}", "BadTopic", None),
        (
            "{ \"timestamp\" : 5 , \"reason\" : \"ExpiredToken\", \"more\": [1] }",
            "ExpiredToken",
            Some(5),
        ),
        (
            "{\"reason\":\"ExpiredToken\",\"timestamp\":\"soon\"}",
            "ExpiredToken",
            None,
        ),
        (
            "{\"reason\":\"ExpiredToken\",\"timestamp\":-1}",
            "ExpiredToken",
            None,
        ),
        (
            "{\"reason\":\"ExpiredToken\",\"timestamp\":null}",
            "ExpiredToken",
            None,
        ),
        ("{\"reason\":\"NewIn2030\"}", "NewIn2030", None),
        ("{\"reason\":\"Service Unavailable\"}", "ServiceUnavailable", None),
        ("{\"reason\":\"Bad", "{\"reason\":\"Bad", None),
        (&deep, deep.get(..256).unwrap(), None),
    ] {
        let read = ErrorBody::parse(body.as_bytes());
        assert_eq!(read.reason.as_str(), reason, "{body}");
        assert_eq!(read.timestamp.map(Timestamp::as_unix_millis), timestamp, "{body}");
    }
}

#[test]
fn an_unknown_reason_is_bounded_and_cannot_write_to_a_terminal() {
    let long = format!("{{\"reason\":\"{}\"}}", "é".repeat(1000));
    let reason = ErrorBody::parse(long.as_bytes()).reason;
    assert_eq!(reason.as_str(), "é".repeat(128));
    let evil = Reason::from_name("\u{1b}[2Jgone\n");
    assert_eq!(evil.as_str(), "\u{1b}[2Jgone\n");
    assert_eq!(evil.to_string(), "\\u{1b}[2Jgone\\n");
    assert_eq!(Reason::from_name("").to_string(), "no reason given");
}

#[test]
fn a_goaway_is_silent_or_a_reason_or_a_text() {
    let text = "Maximum active streams violated for this endpoint.";
    for (debug, said, reason) in [
        ("", "", None),
        (
            "{\"reason\":\"BadCertificateEnvironment\"}",
            "BadCertificateEnvironment",
            Some(Reason::BadCertificateEnvironment),
        ),
        (
            "{\"reason\":\"IdleTimeout\"}",
            "IdleTimeout",
            Some(Reason::IdleTimeout),
        ),
        ("Shutdown", "Shutdown", Some(Reason::Shutdown)),
        ("{\"reason\":\"NewIn2030\"}", "NewIn2030", None),
        (text, text, None),
    ] {
        let read = GoAwayReason::parse(debug.as_bytes());
        assert_eq!(read.as_str(), said);
        assert_eq!(read.reason(), reason.as_ref());
    }
    assert_eq!(GoAwayReason::parse(b"").to_string(), "no reason given");
    assert_eq!(GoAwayReason::parse(b"a\x07b").to_string(), "a\\u{7}b");
}

#[test]
fn retry_after_is_read_in_every_form_that_http_has() {
    let at = Some(RetryAfter::At(UnixSeconds(784_111_777)));
    for date in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(RetryAfter::parse(date.as_bytes()), at, "{date}");
    }
    assert_eq!(
        RetryAfter::parse(b" 7 "),
        Some(RetryAfter::Delay(Duration::from_secs(7)))
    );
    for bad in [
        "",
        "soon",
        "-1",
        "1.5",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 2030 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT",
    ] {
        assert_eq!(RetryAfter::parse(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn a_delay_counts_from_now_and_is_never_absurd() {
    let now = UNIX_EPOCH + Duration::from_secs(1000);
    let delay = |retry: RetryAfter| retry.delay(now).as_secs();
    assert_eq!(delay(RetryAfter::At(UnixSeconds(1030))), 30);
    assert_eq!(delay(RetryAfter::At(UnixSeconds(970))), 0);
    assert_eq!(delay(RetryAfter::Delay(Duration::from_secs(9))), 9);
    let huge = RetryAfter::parse(b"99999999999999999999999999").unwrap();
    assert_eq!(huge.delay(now), RetryAfter::MAX_DELAY);
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_of_answers_panic(bytes: Vec<u8>, status: u16) {
        let read = ErrorBody::parse(&bytes);
        prop_assert!(read.reason.as_str().len() <= Reason::MAX_UNKNOWN_BYTES);
        prop_assert!(GoAwayReason::parse(&bytes).as_str().len() <= Reason::MAX_UNKNOWN_BYTES);
        if let Some(retry) = RetryAfter::parse(&bytes) {
            prop_assert!(retry.delay(SystemTime::UNIX_EPOCH) <= RetryAfter::MAX_DELAY);
        }
        prop_assert_eq!(Response::new(status, AnswerHeaders::default(), &bytes).is_accepted(), (200..300).contains(&status));
    }

    #[test]
    fn any_reason_and_timestamp_come_back_from_their_body(name in ".{0,60}", millis: u64) {
        let body = serde_json::json!({"reason": name, "timestamp": millis}).to_string();
        let read = ErrorBody::parse(body.as_bytes());
        prop_assert_eq!(read.reason, Reason::from_name(&name));
        prop_assert_eq!(read.timestamp, Some(Timestamp::from_unix_millis(millis)));
    }

    #[test]
    fn a_date_in_http_is_the_instant_it_names(seconds in 0..4_102_444_800u64) {
        let text = UnixSeconds(seconds).to_string();
        let [year, month, day, hour, minute, second] = text
            .split(['-', 'T', ':', 'Z'])
            .filter(|field| !field.is_empty())
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let month = months[month.parse::<usize>().unwrap() - 1];
        let date = format!("Mon, {day} {month} {year} {hour}:{minute}:{second} GMT");
        prop_assert_eq!(RetryAfter::parse(date.as_bytes()), Some(RetryAfter::At(UnixSeconds(seconds))));
    }
}
