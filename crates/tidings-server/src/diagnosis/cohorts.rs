//! What device tokens that fail have in common, asked of the store's counts in two ways: those that APNs refuses, and those
//! that belong elsewhere than the app claims.

use tidings_doctor::cohort::{Group, infer};
use tidings_store::{Cohort, CohortSample};

use super::body::CohortBody;

/// What can be said of the cohorts of an app.
pub(super) fn of(sample: &CohortSample) -> Vec<CohortBody> {
    let refused = shared(sample, "refused", |cohort| cohort.refused);
    let misplaced = shared(sample, "misplaced", |cohort| cohort.misplaced);
    [refused, misplaced].into_iter().flatten().collect()
}

fn shared(sample: &CohortSample, what: &'static str, failing: impl Fn(&Cohort) -> u64) -> Option<CohortBody> {
    let groups: Vec<Group> = sample
        .cohorts
        .iter()
        .map(|cohort| group(cohort, failing(cohort)))
        .collect();
    let shared = infer(&groups)?;
    Some(CohortBody {
        what,
        sentence: shared.sentence,
        failing: shared.failing,
        healthy: shared.healthy,
        is_whole: sample.is_whole,
    })
}

fn group(cohort: &Cohort, failing: u64) -> Group {
    let traits = &cohort.traits;
    Group {
        app_version: traits.app_version.clone(),
        os_version: traits.os_version.clone(),
        device_model: traits.device_model.clone(),
        locale: None,
        kind: traits.kind,
        claimed: traits.claimed,
        registered_day: Some(traits.registered_day),
        // Those that do well are by definition accepted, so this would tell the two apart, and say nothing.
        proven: true,
        failing,
        healthy: cohort.healthy,
    }
}
