//! `tidings bench service` and `registry`: their shape, and that everything that they count arrives. Their figures are for quiet
//! machines.

use crate::support::tidings;

#[test]
fn a_small_run_measures_all_three_ways() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let ran = tidings(&[
        "bench",
        "service",
        "--devices",
        "300",
        "--count",
        "60",
        "--data",
        data,
    ]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["broadcast"]["devices"], 300);
    assert_eq!(report["wire"]["statuses"]["200"], 300);
    for figure in [
        "/broadcast/per_second",
        "/broadcast/max_rss_bytes",
        "/single/per_second",
        "/single/accept_us/p50",
        "/single/accept_us/p99",
        "/single/accept_us/p999",
        "/single/to_answer_us/p99",
        "/wire/per_second",
    ] {
        let value = report.pointer(figure).and_then(serde_json::Value::as_f64);
        assert!(value.is_some_and(|value| value > 0.0), "{figure}: {report}");
    }
}

#[test]
fn a_small_run_compares_two_registries() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ran = tidings(&[
        "bench",
        "registry",
        "--devices",
        "600",
        "--few",
        "200",
        "--count",
        "40",
        "--connections",
        "4",
        "--data",
        data.to_str().unwrap(),
    ]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let report = ran.json();
    let deeds = report["deeds"].as_array().unwrap();
    assert_eq!(deeds.len(), 6, "{report}");
    for deed in deeds {
        for figure in [
            "/few/per_second",
            "/many/server_us",
            "/times/time",
            "/times/server",
        ] {
            let value = deed.pointer(figure).and_then(serde_json::Value::as_f64);
            assert!(value.is_some_and(|value| value > 0.0), "{figure}: {report}");
        }
    }
}
