//! Spans as OTLP writes them in JSON: ids in hexadecimal, numbers of 64 bits as text (OpenTelemetry, *OTLP specification*).

use serde_json::{Value, json};
use tidings_delivery::{Span, SpanKind, SpanValue};

/// What is sent to `/v1/traces`.
pub(super) fn request(spans: &[Span]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        attribute("service.name", &SpanValue::from("tidings")),
        attribute("service.version", &SpanValue::from(version)),
    ];
    json!({
        "resourceSpans": [{
            "resource": {"attributes": resource},
            "scopeSpans": [{
                "scope": {"name": "tidings", "version": version},
                "spans": spans.iter().map(written).collect::<Vec<_>>(),
            }],
        }],
    })
}

fn written(span: &Span) -> Value {
    let attributes = span.attributes.iter().map(|(name, value)| attribute(name, value));
    let mut written = json!({
        "traceId": format!("{:032x}", span.context.trace_id),
        "spanId": format!("{:016x}", span.context.span_id),
        "name": span.name,
        "kind": kind(span.kind),
        "startTimeUnixNano": span.began_at.as_nanos().to_string(),
        "endTimeUnixNano": span.ended_at.as_nanos().to_string(),
        "attributes": attributes.collect::<Vec<_>>(),
        "status": if span.failed { json!({"code": 2}) } else { json!({}) },
    });
    if let Some(parent) = span.parent {
        written["parentSpanId"] = format!("{parent:016x}").into();
    }
    written
}

const fn kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
    }
}

fn attribute(name: &str, value: &SpanValue) -> Value {
    let value = match value {
        SpanValue::Text(text) => json!({"stringValue": text}),
        SpanValue::Number(number) => json!({"intValue": number.to_string()}),
    };
    json!({"key": name, "value": value})
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidings_delivery::TraceContext;

    use super::*;

    #[test]
    fn a_span_is_written_as_collectors_read_it() {
        let span = Span {
            context: TraceContext {
                trace_id: 0xab,
                span_id: 0xcd,
            },
            parent: Some(1),
            name: "send apns".into(),
            kind: SpanKind::Client,
            began_at: Duration::new(1_700_000_000, 5),
            ended_at: Duration::new(1_700_000_001, 0),
            attributes: vec![("http.response.status_code", 410.into())],
            failed: true,
        };
        let written = &request(&[span])["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        let expected = json!({
            "traceId": "000000000000000000000000000000ab",
            "spanId": "00000000000000cd",
            "parentSpanId": "0000000000000001",
            "name": "send apns",
            "kind": 3,
            "startTimeUnixNano": "1700000000000000005",
            "endTimeUnixNano": "1700000001000000000",
            "attributes": [{"key": "http.response.status_code", "value": {"intValue": "410"}}],
            "status": {"code": 2},
        });
        assert_eq!(*written, expected);
    }
}
