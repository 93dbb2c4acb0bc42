//! What must hold for ours in every world that comes with the program, and that the figures can be repeated.

use serde_json::Value;

use crate::support::tidings;

/// Plays a world with few devices; the policies' figures, ours last.
fn play(world: &str, seed: u64) -> Value {
    let seed = seed.to_string();
    let ran = tidings(&[
        "bench",
        "truth",
        "--world",
        world,
        "--devices",
        "2000",
        "--seed",
        &seed,
        "--format",
        "json",
    ]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    ran.json()
}

/// Three seeds; in each what must hold holds.
fn assert_true(world: &str) {
    for seed in 1..=3 {
        let report = play(world, seed);
        let policies = report["policies"].as_array().unwrap();
        let ours = policies.last().unwrap();
        assert_eq!(ours["name"], "tidings");
        assert_eq!(ours["live_devices_lost"], 0, "{world} {seed}: {ours}");
        assert_eq!(ours["undelivered_after_repair"], 0, "{world} {seed}: {ours}");
        let most = ours["pushes_to_dead_after_first_410_max"].as_u64().unwrap();
        assert!(most <= 2, "{world} {seed}: {ours}");
        for policy in policies {
            assert_eq!(
                policy["notifications_due"], ours["notifications_due"],
                "one world for all"
            );
        }
    }
}

#[test]
fn in_the_ordinary_world_ours_loses_nothing() {
    assert_true("ordinary");
}

#[test]
fn in_the_careless_world_ours_loses_nothing() {
    assert_true("careless");
}

#[test]
fn in_the_world_of_waves_ours_loses_nothing() {
    assert_true("apple_waves");
}

#[test]
fn in_the_world_of_dirty_imports_ours_loses_nothing() {
    assert_true("dirty_import");
}

#[test]
fn the_same_seed_gives_the_same_figures_and_another_seed_gives_others() {
    let once = play("careless", 5);
    assert_eq!(once, play("careless", 5));
    assert_ne!(once["policies"], play("careless", 6)["policies"]);
}

#[test]
fn the_json_has_the_names_that_others_rely_on() {
    let report = play("ordinary", 1);
    assert_eq!(
        (&report["world"], &report["seed"]),
        (&"ordinary".into(), &1.into())
    );
    let policies = report["policies"].as_array().unwrap();
    let names: Vec<&Value> = policies.iter().map(|policy| &policy["name"]).collect();
    assert_eq!(
        names,
        [
            "delete_on_400_and_410",
            "delete_on_410",
            "timestamped_410_and_400",
            "never_delete",
            "tidings"
        ]
    );
    for figure in [
        "live_devices_lost",
        "notifications_due",
        "undelivered_to_live",
        "pushes_to_dead",
        "pushes_to_dead_after_first_410_max",
        "hours_to_notice",
        "registry_rows",
    ] {
        assert!(policies[0][figure].is_number(), "{figure}: {report}");
    }
}

#[test]
fn what_the_common_recipes_cost_is_seen() {
    let report = play("careless", 1);
    let figure = |policy: usize, name: &str| report["policies"][policy][name].as_u64().unwrap();
    assert!(figure(0, "live_devices_lost") > 100, "{report}");
    assert!(
        figure(3, "pushes_to_dead") > figure(4, "pushes_to_dead"),
        "{report}"
    );
    assert!(figure(3, "undelivered_after_repair") > 0, "{report}");
}

#[test]
fn a_world_of_ones_own_is_read_and_the_year_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let (world, plot) = (folder.path().join("quiet.toml"), folder.path().join("year.svg"));
    std::fs::write(&world, "days = 60\n[mistakes]\nwrong_environment = 0\n").unwrap();
    let (world, plot_name) = (world.to_str().unwrap(), plot.to_str().unwrap());
    let ran = tidings(&[
        "bench",
        "truth",
        "--world",
        world,
        "--devices",
        "200",
        "--plot",
        plot_name,
    ]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("The world quiet, seed 1"), "{ran:?}");
    assert!(ran.stdout.contains("timestamped_410_and_400"), "{ran:?}");
    let svg = std::fs::read_to_string(plot).unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<polyline").count(), 10);
}

#[test]
fn a_world_with_an_unknown_key_or_that_is_not_there_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("odd.toml");
    std::fs::write(&world, "[people]\nuninstals_per_year = 1.0\n").unwrap();
    let world = world.to_str().unwrap();
    tidings(&["bench", "truth", "--world", world])
        .assert_failed_with_hint(1, &["uninstals_per_year", "line 2"]);
    tidings(&["bench", "truth", "--world", "nowhere"]).assert_failed_with_hint(1, &["nowhere", "careless"]);
    tidings(&["bench", "truth", "--devices", "1"]).assert_failed(2, &["--devices"]);
}

#[test]
fn the_help_shows_examples() {
    let help = tidings(&["bench", "truth", "--help"]);
    assert_eq!(help.status, Some(0), "{help:?}");
    assert!(
        help.stdout.contains("tidings bench truth --world careless"),
        "{help:?}"
    );
}

#[test]
fn the_detector_is_measured_by_itself() {
    let arguments = [
        "bench",
        "truth",
        "--detector",
        "--answers",
        "20000",
        "--format",
        "json",
    ];
    let report = tidings(&arguments).json();
    assert_eq!(report, tidings(&arguments).json());
    assert_eq!(report["background"].as_array().unwrap().len(), 5);
    assert_eq!(report["faults"][3]["missed_share"], 0.0, "{report}");
    let text = tidings(&["bench", "truth", "--detector", "--answers", "20000"]);
    assert!(text.stdout.contains("false alarms"), "{text:?}");
}
