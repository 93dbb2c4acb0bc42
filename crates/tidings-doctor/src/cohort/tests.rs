//! Cohorts that are there are found, those that are not are not.

use proptest::prelude::*;

use super::*;

fn group(version: &str, claimed: Environment, failing: u64, healthy: u64) -> Group {
    Group {
        app_version: Some(version.to_owned()),
        claimed: Some(claimed),
        failing,
        healthy,
        ..Group::default()
    }
}

const SANDBOX: Environment = Environment::Sandbox;
const PRODUCTION: Environment = Environment::Production;

#[test]
fn a_pair_is_named_where_one_alone_would_blame_the_healthy() {
    let groups = [
        group("812", SANDBOX, 4112, 3),
        group("812", PRODUCTION, 0, 40_000),
        group("811", SANDBOX, 0, 9000),
        group("811", PRODUCTION, 0, 46_885),
    ];
    let shared = infer(&groups).unwrap();
    assert_eq!(
        shared.sentence,
        "All 4,112 failing device tokens were registered as sandbox and have the app version 812; so is it with 3 of 95,888 others."
    );
    assert_eq!(
        shared.suggests(PRODUCTION).map(|it| it.code),
        Some("sandbox-token-to-production")
    );
    assert_eq!(shared.suggests(SANDBOX), None);
}

#[test]
fn one_is_named_where_it_is_enough() {
    let groups = [
        group("812", PRODUCTION, 95, 10),
        group("811", PRODUCTION, 5, 9000),
        group("810", PRODUCTION, 2, 20_000),
    ];
    let shared = infer(&groups).unwrap();
    assert_eq!(shared.attributes, [(Attribute::AppVersion, "812".to_owned())]);
    assert_eq!(
        (shared.failing_with, shared.failing, shared.healthy_with),
        (95, 102, 10)
    );
    assert!(
        shared
            .sentence
            .starts_with("95 of 102 failing device tokens have the app version 812")
    );
}

#[test]
fn days_are_compared_and_not_only_equal() {
    let day = |day: u32, failing, healthy| Group {
        registered_day: Some(day),
        failing,
        healthy,
        ..Group::default()
    };
    let groups: Vec<Group> = (20_000..20_030)
        .map(|it| {
            if it < 20_010 {
                day(it, 30, 0)
            } else {
                day(it, 0, 1000)
            }
        })
        .collect();
    let shared = infer(&groups).unwrap();
    assert_eq!(
        shared.attributes,
        [(Attribute::RegisteredUntil, "2024-10-13".to_owned())]
    );
}

#[test]
fn few_and_incomparable_ones_are_no_cohort() {
    assert_eq!(infer(&[]), None);
    assert_eq!(
        infer(&[group("812", SANDBOX, 9, 0), group("811", PRODUCTION, 0, 1000)]),
        None
    );
    assert_eq!(infer(&[group("812", SANDBOX, 5000, 0)]), None);
    assert_eq!(infer(&[group("812", SANDBOX, 5000, 9)]), None);
}

#[test]
fn what_healthy_ones_have_as_well_is_not_named() {
    assert_eq!(
        infer(&[
            group("812", PRODUCTION, 1000, 60_000),
            group("811", PRODUCTION, 100, 30_000)
        ]),
        None
    );
}

prop_compose! {
    fn any_group()(version in 0..6_u8, os in 0..4_u8, kind in 0..3_usize, sandbox: bool, proven: bool, day in 0..5_u32, healthy in 0..2000_u64) -> Group {
        Group {
            app_version: Some(format!("{version}")),
            os_version: Some(format!("{os}.1")),
            kind: TokenKind::ALL[kind],
            claimed: Some(if sandbox { SANDBOX } else { PRODUCTION }),
            registered_day: Some(20_000 + day),
            proven,
            healthy,
            ..Group::default()
        }
    }
}

proptest! {
    #[test]
    fn a_planted_cohort_is_found(groups in prop::collection::vec(any_group(), 20..60), failing in 20..5000_u64) {
        let mut groups = groups;
        groups.push(Group { app_version: Some("broken".to_owned()), failing, ..groups[0].clone() });
        prop_assume!(groups.iter().map(|it| it.healthy).sum::<u64>() > 1000);
        for group in &mut groups {
            if group.app_version.as_deref() == Some("broken") { group.healthy = 0; }
        }
        let shared = infer(&groups).unwrap();
        prop_assert_eq!((shared.failing_with, shared.failing), (failing, failing));
        prop_assert!(upper(shared.healthy_with, shared.healthy) < 0.5);
    }

    #[test]
    fn failures_that_strike_everywhere_alike_name_nothing(groups in prop::collection::vec(any_group(), 1..60), every in 1..50_u64) {
        let groups: Vec<Group> = groups.into_iter().map(|it| Group { failing: it.healthy, healthy: it.healthy * every, ..it }).collect();
        prop_assert_eq!(infer(&groups), None);
    }

    #[test]
    fn neither_order_nor_the_cut_of_groups_matters(groups in prop::collection::vec(any_group(), 1..30), failing in prop::collection::vec(0..300_u64, 30)) {
        let mut groups: Vec<Group> = groups.into_iter().zip(failing).map(|(it, failing)| Group { failing, ..it }).collect();
        let before = infer(&groups);
        groups.reverse();
        let halves: Vec<Group> = groups
            .iter()
            .flat_map(|it| [Group { failing: it.failing / 2, healthy: it.healthy / 2, ..it.clone() }, Group { failing: it.failing.div_ceil(2), healthy: it.healthy.div_ceil(2), ..it.clone() }])
            .collect();
        prop_assert_eq!(&infer(&groups), &before);
        prop_assert_eq!(&infer(&halves), &before);
    }

    #[test]
    fn what_is_named_is_shared_by_most_failing_and_few_healthy(groups in prop::collection::vec(any_group(), 1..30), failing in prop::collection::vec(0..3000_u64, 30)) {
        let groups: Vec<Group> = groups.into_iter().zip(failing).map(|(it, failing)| Group { failing, ..it }).collect();
        if let Some(shared) = infer(&groups) {
            prop_assert!(shared.failing_with * 10 >= shared.failing * 8);
            prop_assert!(ratio(shared.failing_with, shared.failing) - ratio(shared.healthy_with, shared.healthy) > 0.5);
            prop_assert!((1..=2).contains(&shared.attributes.len()));
        }
    }
}
