//! A policy: what is done with a device token when APNs refuses it.

use super::nature::{Nature, PersonId, Second, TokenId};
use super::notification::Message;
use super::sender::Sender;

/// One way to keep a registry.
pub(super) trait Policy {
    fn name(&self) -> &'static str;

    /// Does everything that is due by now: timers, and what the operator does.
    fn wake(&mut self, nature: &Nature, now: Second);

    /// The app of this person was launched and tells its device token.
    fn register(&mut self, nature: &Nature, now: Second, person: PersonId);

    /// A device token was brought from elsewhere, without its environment.
    fn import(&mut self, nature: &Nature, now: Second, token: TokenId);

    /// Sends to every device token of the registry.
    fn send_to_all(&mut self, nature: &Nature, now: Second, message: Message);

    /// Sends to the device tokens of one person.
    fn send_to(&mut self, nature: &Nature, now: Second, person: PersonId, message: Message);

    /// Whether notifications to this token would be sent.
    fn has(&self, token: TokenId) -> bool;

    /// How many device tokens are kept, for whatever purpose.
    fn rows(&self, nature: &Nature, now: Second) -> usize;

    fn sender(&self) -> &Sender;

    fn sender_mut(&mut self) -> &mut Sender;
}
