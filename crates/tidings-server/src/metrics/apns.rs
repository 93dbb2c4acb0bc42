//! The connections to APNs, as they are now and as they were counted.

use std::collections::BTreeMap;

use tidings_delivery::{ConnectionReport, LaneConnection, LaneCounts};
use tidings_store::AppId;

use super::reading::{Labels, Reading};
use crate::server::BundleIds;

/// Connections, streams, and what happened to them.
pub(super) fn connections(
    report: &ConnectionReport,
    counts: &[LaneCounts],
    names: &BundleIds,
) -> [Reading; 6] {
    let connections = &report.connections;
    let in_use = |lane: &LaneConnection| f64::from(lane.connection.streams);
    let allowed = |lane: &LaneConnection| f64::from(lane.connection.streams_allowed.unwrap_or(0));
    [
        Reading::gauges(
            "apns_connections",
            "Connections to APNs, by app, environment and state",
            {
                let states = connections.iter().map(|lane| {
                    let mut labels = labels(names, lane.app_id, lane.environment.as_str());
                    labels.push(("state", lane.connection.state.as_str().to_owned()));
                    (labels, 1.0)
                });
                summed(states)
            },
        ),
        Reading::gauges(
            "apns_streams_in_use",
            "Requests that wait for their answers on connections to APNs, by app and environment",
            each_lane(connections, names, in_use),
        ),
        Reading::gauges(
            "apns_streams_allowed",
            "Requests that APNs lets wait at once on the connections that are open, by app and environment",
            each_lane(connections, names, allowed),
        ),
        Reading::counters(
            "apns_connections_opened",
            "Connections to APNs that were opened, by app and environment; those beyond the first are reconnections, or more of them because that helped",
            counted(counts, names, |lane| lane.counts.opened),
        ),
        Reading::counters(
            "apns_connections_not_opened",
            "Attempts to connect to APNs that failed, by app and environment",
            counted(counts, names, |lane| lane.counts.not_opened),
        ),
        Reading::counters(
            "apns_goaways",
            "How often APNs closed a connection by GOAWAY, by app, environment and code (NO_ERROR is the usual one)",
            go_aways(counts, names),
        ),
    ]
}

fn labels(names: &BundleIds, app: AppId, environment: &str) -> Labels {
    let app = names.get(&app).map(ToString::to_string).unwrap_or_default();
    vec![("app", app), ("environment", environment.to_owned())]
}

fn each_lane(
    connections: &[LaneConnection],
    names: &BundleIds,
    value: impl Fn(&LaneConnection) -> f64,
) -> Vec<(Labels, f64)> {
    let values = connections.iter().map(|lane| {
        let labels = labels(names, lane.app_id, lane.environment.as_str());
        (labels, value(lane))
    });
    summed(values)
}

/// What has the same labels, added up.
fn summed(values: impl Iterator<Item = (Labels, f64)>) -> Vec<(Labels, f64)> {
    let mut sums: BTreeMap<Labels, f64> = BTreeMap::new();
    for (labels, value) in values {
        *sums.entry(labels).or_default() += value;
    }
    sums.into_iter().collect()
}

fn counted(
    counts: &[LaneCounts],
    names: &BundleIds,
    value: impl Fn(&LaneCounts) -> u64,
) -> Vec<(Labels, u64)> {
    let lanes = counts.iter().map(|lane| {
        let labels = labels(names, lane.app_id, lane.environment.as_str());
        (labels, value(lane))
    });
    lanes.collect()
}

fn go_aways(counts: &[LaneCounts], names: &BundleIds) -> Vec<(Labels, u64)> {
    let lanes = counts.iter().flat_map(|lane| {
        lane.counts.go_aways.iter().map(|(code, count)| {
            let mut labels = labels(names, lane.app_id, lane.environment.as_str());
            labels.push(("code", (*code).to_owned()));
            (labels, *count)
        })
    });
    lanes.collect()
}
