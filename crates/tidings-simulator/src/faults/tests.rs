//! Which requests a fault strikes, and how faults add up.

use std::time::Duration;

use super::*;

const APP: Option<&str> = Some("com.example");

fn faults(orders: &[NewFault]) -> Faults {
    let mut faults = Faults::default();
    for (place, order) in orders.iter().enumerate() {
        assert!(faults.add(order.check(place.to_string()).unwrap()));
    }
    faults
}

fn strike(faults: &mut Faults) -> Injected {
    faults.strike(
        FaultMoment::Request,
        Environment::Sandbox,
        APP,
        &mut Random::seeded(1),
    )
}

#[test]
fn a_fault_is_used_up_by_its_count() {
    let mut faults = faults(&[NewFault {
        count: Some(2),
        ..NewFault::answering(503, "ServiceUnavailable")
    }]);
    assert!(strike(&mut faults).status.is_some());
    assert!(strike(&mut faults).status.is_some());
    assert_eq!(strike(&mut faults), Injected::default());
    assert_eq!(faults.ids().count(), 0);
}

#[test]
fn a_fault_strikes_only_what_it_concerns() {
    let order = NewFault {
        environment: Some(Environment::Production),
        bundle_id: Some("com.example".to_owned()),
        ..NewFault::answering(500, "InternalServerError")
    };
    let mut faults = faults(&[order]);
    let mut random = Random::seeded(1);
    let mut hit = |moment, environment, bundle_id| {
        faults
            .strike(moment, environment, bundle_id, &mut random)
            .status
            .is_some()
    };
    assert!(hit(FaultMoment::Request, Environment::Production, APP));
    assert!(!hit(FaultMoment::Request, Environment::Sandbox, APP));
    assert!(!hit(
        FaultMoment::Request,
        Environment::Production,
        Some("com.other")
    ));
    assert!(!hit(FaultMoment::Request, Environment::Production, None));
    assert!(!hit(FaultMoment::Connect, Environment::Production, APP));
}

#[test]
fn probabilities_are_kept_and_repeatable() {
    let order = NewFault {
        probability: Some(0.25),
        ..NewFault::new(FaultKind::Refuse)
    };
    let run = || {
        let mut faults = faults(std::slice::from_ref(&order));
        let mut random = Random::seeded(3);
        (0..1000)
            .filter(|_| {
                faults
                    .strike(FaultMoment::Request, Environment::Sandbox, None, &mut random)
                    .refuse
            })
            .count()
    };
    assert!((200..300).contains(&run()));
    assert_eq!(run(), run());
}

#[test]
fn faults_of_different_kinds_add_up_and_the_older_of_two_alike_wins() {
    let latency = NewFault {
        milliseconds: Some(20),
        ..NewFault::new(FaultKind::Latency)
    };
    let mut faults = faults(&[
        NewFault::answering(500, "InternalServerError"),
        NewFault::answering(503, "Shutdown"),
        latency.clone(),
        latency,
    ]);
    let injected = strike(&mut faults);
    assert_eq!(injected.status.map(|status| status.status), Some(500));
    assert_eq!(injected.delay, Duration::from_millis(40));
}

#[test]
fn a_flapping_stream_limit_alternates() {
    let order = NewFault {
        limit: Some(500),
        flapping: Some(true),
        ..NewFault::new(FaultKind::MaxStreams)
    };
    let mut faults = faults(&[order]);
    let limits: Vec<_> = (0..4).map(|_| strike(&mut faults).max_streams).collect();
    assert_eq!(limits, [Some(500), Some(1), Some(500), Some(1)]);
}

#[test]
fn a_goaway_names_shutdown_unless_told_otherwise() {
    for (order, debug) in [
        (NewFault::new(FaultKind::Goaway), r#"{"reason":"Shutdown"}"#),
        (
            NewFault {
                reason: Some("IdleTimeout".to_owned()),
                ..NewFault::new(FaultKind::Goaway)
            },
            r#"{"reason":"IdleTimeout"}"#,
        ),
        (
            NewFault {
                debug: Some(String::new()),
                ..NewFault::new(FaultKind::Goaway)
            },
            "",
        ),
    ] {
        let Some(Ending::GoAway(go_away)) = strike(&mut faults(&[order])).ending else {
            panic!("no GOAWAY")
        };
        assert_eq!(go_away.debug, debug.as_bytes());
        assert_eq!(go_away.last_stream, LastStream::Current);
    }
}

#[test]
fn an_order_that_makes_no_sense_is_refused_with_its_field() {
    let of = NewFault::new;
    for (order, field) in [
        (of(FaultKind::Status), "status"),
        (
            NewFault {
                status: Some(99),
                ..of(FaultKind::Status)
            },
            "status",
        ),
        (of(FaultKind::Latency), "milliseconds"),
        (
            NewFault {
                milliseconds: Some(u64::MAX),
                ..of(FaultKind::SlowWindow)
            },
            "milliseconds",
        ),
        (of(FaultKind::MaxStreams), "limit"),
        (
            NewFault {
                probability: Some(1.5),
                ..of(FaultKind::Refuse)
            },
            "probability",
        ),
        (
            NewFault {
                probability: Some(f64::NAN),
                ..of(FaultKind::Refuse)
            },
            "probability",
        ),
        (
            NewFault {
                status: Some(500),
                ..of(FaultKind::Refuse)
            },
            "status",
        ),
        (
            NewFault {
                at: Some(FaultMoment::Connect),
                ..NewFault::answering(500, "x")
            },
            "at",
        ),
        (
            NewFault {
                retry_after: Some(RetryAfter::Text("a\nb".to_owned())),
                ..NewFault::answering(429, "x")
            },
            "retry_after",
        ),
    ] {
        assert_eq!(order.check(String::new()).unwrap_err().field, field);
    }
}

#[test]
fn there_are_never_too_many_faults() {
    let mut faults = Faults::default();
    let fault = NewFault::new(FaultKind::Refuse).check("id".to_owned()).unwrap();
    for _ in 0..LIMIT {
        assert!(faults.add(fault.clone()));
    }
    assert!(!faults.add(fault));
    assert!(faults.lift("id"));
    assert!(!faults.lift("id"));
}
