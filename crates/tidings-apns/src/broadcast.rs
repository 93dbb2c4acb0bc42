//! One update for everybody who follows a channel.

use crate::apns_id::ApnsId;
use crate::bundle_id::BundleId;
use crate::channel_id::ChannelId;
use crate::check::CheckError;
use crate::expiration::Expiration;
use crate::payload::Payload;
use crate::priority::Priority;
use crate::push_type::PushType;

/// Whether a channel keeps its latest broadcast for devices that cannot be reached. Chosen when the channel is
/// made, and never changed (Apple, *Setting up broadcast push notifications*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoragePolicy {
    /// Nothing is stored: more broadcasts may be published, and each must expire at once.
    NoStorage,
    /// The latest broadcast is stored, for at most eight hours.
    MostRecent,
}

impl StoragePolicy {
    /// The number in `message-storage-policy`.
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::NoStorage => 0,
            Self::MostRecent => 1,
        }
    }

    /// The policy with this number.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::NoStorage),
            1 => Some(Self::MostRecent),
            _ => None,
        }
    }
}

/// A Live Activity update published on a broadcast channel (Apple, *Sending broadcast push notification
/// requests to APNs*).
///
/// APNs wants the priority and the expiration with every broadcast, so neither is optional: they are
/// [`Priority::Immediate`] and [`Expiration::Once`] unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    bundle_id: BundleId,
    channel_id: ChannelId,
    priority: Priority,
    expiration: Expiration,
    expiration_text: Box<str>,
    payload: Payload,
    request_id: Option<ApnsId>,
}

impl Broadcast {
    /// The only push type that can be broadcast.
    pub const PUSH_TYPE: PushType = PushType::LiveActivity;

    /// The largest payload of a broadcast, in bytes.
    pub const PAYLOAD_LIMIT: usize = 5120;

    /// Begins a broadcast. `bundle_id` is the app's own, without a suffix.
    pub fn builder(bundle_id: BundleId, channel_id: ChannelId, payload: Payload) -> BroadcastBuilder {
        BroadcastBuilder(Self {
            bundle_id,
            channel_id,
            priority: Priority::Immediate,
            expiration: Expiration::Once,
            expiration_text: "0".into(),
            payload,
            request_id: None,
        })
    }

    /// The app, for the path.
    pub fn bundle_id(&self) -> &BundleId {
        &self.bundle_id
    }

    /// The channel, for `apns-channel-id`.
    pub fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    /// The priority, for `apns-priority`.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// The expiration, for `apns-expiration`.
    pub fn expiration(&self) -> Expiration {
        self.expiration
    }

    /// The text of `apns-expiration`.
    pub fn expiration_text(&self) -> &str {
        &self.expiration_text
    }

    /// The body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The id, for `apns-request-id`; APNs makes one when there is none.
    pub fn request_id(&self) -> Option<ApnsId> {
        self.request_id
    }

    /// Refuses what APNs would certainly refuse.
    pub fn check(&self) -> Result<(), CheckError> {
        let (size, limit) = (self.payload.len(), Self::PAYLOAD_LIMIT);
        if size > limit {
            return Err(CheckError::PayloadTooLarge { size, limit });
        }
        Ok(())
    }

    /// [`Self::check`], knowing what the channel stores.
    pub fn check_on(&self, policy: StoragePolicy) -> Result<(), CheckError> {
        self.check()?;
        if policy == StoragePolicy::NoStorage && self.expiration.is_stored() {
            let expiration = self.expiration.as_unix_seconds();
            return Err(CheckError::StoredOnChannelWithoutStorage { expiration });
        }
        Ok(())
    }
}

/// A [`Broadcast`] in the making.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct BroadcastBuilder(Broadcast);

impl BroadcastBuilder {
    /// Sets `apns-priority`.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.0.priority = priority;
        self
    }

    /// Sets `apns-expiration`.
    pub fn expiration(mut self, expiration: Expiration) -> Self {
        self.0.expiration = expiration;
        self.0.expiration_text = expiration.to_string().into();
        self
    }

    /// Sets `apns-request-id`.
    pub fn request_id(mut self, request_id: ApnsId) -> Self {
        self.0.request_id = Some(request_id);
        self
    }

    /// The broadcast, if APNs has no reason to refuse it for its own sake.
    pub fn build(self) -> Result<Broadcast, CheckError> {
        self.0.check()?;
        Ok(self.0)
    }

    /// The broadcast, whatever APNs will say to it.
    pub fn build_unchecked(self) -> Broadcast {
        self.0
    }
}
