//! Whether a request is accepted: a list of named checks in a configured order, the first refusal wins.
//!
//! Apple documents the refusals but hardly their order. What is known: the method comes first (a HEAD of the root path
//! gives 405), provider tokens come before device tokens, and the environment of a device token before its topic (all
//! observed in the field). The rest of the default order is a choice, which is why it is a table.

mod broadcast;
mod credential;
mod device;
mod header;
pub(crate) mod management;
mod order;
pub(crate) mod request;
mod step;

#[cfg(test)]
mod tests;

use crate::authentication::Presented;
use crate::authentication::session::Session;
use crate::clock::Timestamp;
use crate::vocabulary::Rejection;
use crate::world::World;

use request::Request;

pub(crate) use device::topic;
pub(crate) use header::is_canonical_uuid;
pub use order::Orders;
pub use step::Step;

/// Everything a check may look at.
pub(crate) struct Examination<'a> {
    pub(crate) request: &'a Request,
    pub(crate) presented: &'a Presented,
    pub(crate) session: &'a Session,
    pub(crate) world: &'a World,
    pub(crate) now: Timestamp,
    /// The address has sent too many different provider tokens lately.
    pub(crate) too_many_tokens_of_address: bool,
}

/// How an examination ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The first refusal, if there was any.
    pub(crate) rejection: Option<Rejection>,
    /// All checks of the credential were made and passed.
    pub(crate) authenticated: bool,
}

/// Runs the checks in their order until one refuses.
pub(crate) fn examine(order: &[Step], examination: &Examination<'_>) -> Outcome {
    let refusal = order
        .iter()
        .enumerate()
        .find_map(|(place, step)| step.check(examination).map(|rejection| (place, rejection)));
    let passed = refusal.map_or(order.len(), |(place, _)| place);
    let authenticated = order
        .iter()
        .skip(passed)
        .all(|step| !step.is_about_the_credential());
    Outcome {
        rejection: refusal.map(|(_, rejection)| rejection),
        authenticated,
    }
}
