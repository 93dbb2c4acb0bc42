//! The rules: each looks at the facts of a case and says what it finds. A family has a file.

mod build;
mod certificate;
mod connection;
mod credential_reach;
mod delivery;
mod device_token;
mod elsewhere;
mod environment;
mod file;
mod gone;
pub(crate) mod home;
mod provider_token;
mod signing_key;
mod team;
mod topic;
mod topic_spelling;

use crate::facts::Facts;
use crate::remark::Remark;

/// A rule.
type Rule = fn(&Facts<'_>) -> Vec<Remark>;

/// All rules, in the order in which APNs is thought to check.
const ALL: &[Rule] = &[
    file::unreadable,
    connection::probes,
    connection::messages,
    certificate::validity,
    certificate::purpose,
    certificate::pairs,
    certificate::files,
    certificate::answers,
    signing_key::files,
    signing_key::ids,
    team::owner,
    team::shared_connection,
    signing_key::answers,
    credential_reach::environments,
    credential_reach::topics,
    provider_token::form,
    provider_token::age,
    provider_token::clock,
    provider_token::answers,
    topic_spelling::spelling,
    topic::against_builds,
    topic::against_registration,
    topic::watch,
    topic::answers,
    device_token::shape,
    environment::mismatch,
    environment::claims,
    environment::records,
    environment::asked,
    environment::disagreement,
    gone::times,
    build::push,
    build::entitlements_of_slices,
    build::profiles,
    build::sources,
    build::oddities,
    build::messages,
    delivery::answers,
    delivery::silence,
    elsewhere::messages,
];

/// What all rules say.
pub(crate) fn remarks(facts: &Facts<'_>) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = Vec::new();
    for remark in ALL.iter().flat_map(|rule| rule(facts)) {
        if !remarks.iter().any(|other| other.repeats(&remark)) {
            remarks.push(remark);
        }
    }
    remarks
}
