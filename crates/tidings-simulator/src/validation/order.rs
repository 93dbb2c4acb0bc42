//! The order of the checks, for each kind of request.

use serde::{Deserialize, Serialize};

use super::Step;

/// The checks of each kind of request, in their order. A check that is not named is not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orders {
    /// `POST /3/device/…`, and every path that is nothing else.
    pub device: Vec<Step>,
    /// `POST /4/broadcasts/apps/…`
    pub broadcast: Vec<Step>,
    /// `/1/apps/…` on the listeners for channel management.
    pub management: Vec<Step>,
}

const CREDENTIAL: [Step; 7] = [
    Step::CredentialPresent,
    Step::CertificateValid,
    Step::ProviderTokenValid,
    Step::KeyEnvironment,
    Step::KeyRelation,
    Step::ProviderTokenAge,
    Step::ProviderTokenUpdates,
];

const DEVICE: [Step; 14] = [
    Step::ApnsId,
    Step::Expiration,
    Step::Priority,
    Step::CollapseId,
    Step::PushType,
    Step::TopicPresent,
    Step::TopicSyntax,
    Step::TopicAllowed,
    Step::PayloadPresent,
    Step::PayloadSize,
    Step::DeviceTokenKnown,
    Step::DeviceTokenTopic,
    Step::DeviceTokenAlive,
    Step::DeviceRate,
];

const BROADCAST: [Step; 14] = [
    Step::RequestId,
    Step::BundleIdCovered,
    Step::BundleIdPlain,
    Step::Capability,
    Step::ChannelIdPresent,
    Step::ChannelIdSyntax,
    Step::BroadcastPushType,
    Step::Expiration,
    Step::BroadcastPriority,
    Step::ChannelRegistered,
    Step::ChannelExpiration,
    Step::PayloadPresent,
    Step::PayloadSize,
    Step::ChannelRate,
];

const MANAGEMENT: [Step; 11] = [
    Step::RequestId,
    Step::BundleIdCovered,
    Step::BundleIdPlain,
    Step::RequestPayload,
    Step::RequestParameters,
    Step::Capability,
    Step::ChannelLimit,
    Step::PayloadSize,
    Step::ChannelIdPresent,
    Step::ChannelIdSyntax,
    Step::ChannelRegistered,
];

impl Default for Orders {
    fn default() -> Self {
        Self {
            device: order(&[Step::Method, Step::Path, Step::DeviceTokenPresent], &DEVICE),
            broadcast: order(&[Step::Method, Step::Path], &BROADCAST),
            management: order(&[Step::Path], &MANAGEMENT),
        }
    }
}

fn order(first: &[Step], last: &[Step]) -> Vec<Step> {
    [first, &[Step::DuplicateHeaders], &CREDENTIAL, last].concat()
}

impl Orders {
    /// The first check that an order names twice, with the name of the order.
    pub(crate) fn repeated(&self) -> Option<(&'static str, Step)> {
        [
            ("device", &self.device),
            ("broadcast", &self.broadcast),
            ("management", &self.management),
        ]
        .into_iter()
        .find_map(|(name, order)| repeated(order).map(|step| (name, step)))
    }
}

fn repeated(order: &[Step]) -> Option<Step> {
    order
        .iter()
        .enumerate()
        .find(|(place, step)| order[..*place].contains(step))
        .map(|(_, step)| *step)
}
