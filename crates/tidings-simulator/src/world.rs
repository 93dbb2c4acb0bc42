//! What this APNs knows: accounts, apps, devices, device tokens, channels. Pure: time and chance are arguments.

pub(crate) mod accounts;
pub(crate) mod address_tokens;
pub(crate) mod channel;
pub(crate) mod device;
pub(crate) mod device_token;
pub(crate) mod devices;
pub(crate) mod key;
pub(crate) mod notification;
pub(crate) mod rate;
pub(crate) mod storage;

use crate::behaviour::Behaviour;
use crate::random::Random;

use accounts::Accounts;
use address_tokens::AddressTokens;
use channel::Channels;
use devices::Devices;
use rate::Rates;

/// Everything that requests are judged by and act on.
pub(crate) struct World {
    pub(crate) behaviour: Behaviour,
    pub(crate) random: Random,
    pub(crate) accounts: Accounts,
    pub(crate) devices: Devices,
    pub(crate) channels: Channels,
    pub(crate) address_tokens: AddressTokens,
    pub(crate) device_rates: Rates<Box<[u8]>>,
    pub(crate) channel_rates: Rates<String>,
}

impl World {
    pub(crate) fn new(seed: u64, behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            random: Random::seeded(seed),
            accounts: Accounts::default(),
            devices: Devices::default(),
            channels: Channels::default(),
            address_tokens: AddressTokens::default(),
            device_rates: Rates::default(),
            channel_rates: Rates::default(),
        }
    }
}
