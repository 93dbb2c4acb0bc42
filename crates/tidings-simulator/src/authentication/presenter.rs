//! Reads the credential of each request of one connection. Verified provider tokens are remembered, because a provider
//! sends the same one thousands of times.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tidings_credential::ProviderToken;

use crate::clock::Timestamp;
use crate::state::Shared;
use crate::validation::request::Request;

use super::session::Session;
use super::{Presented, VerifiedToken, fingerprint};

/// How many tokens of a connection are remembered.
const REMEMBERED: usize = 4;

/// The credentials of one connection.
#[derive(Default)]
pub(crate) struct Presenter {
    known: VecDeque<(Box<str>, Arc<VerifiedToken>)>,
}

/// A request's credential, with what only the moment of its arrival can tell.
pub(crate) struct Presentation {
    pub(crate) presented: Presented,
    /// Its address has sent too many different tokens lately.
    pub(crate) too_many_of_address: bool,
}

impl Presenter {
    /// Reads a request's credential.
    pub(crate) fn present(&mut self, request: &Request, session: &Session, shared: &Shared) -> Presentation {
        if let Some(certificate) = &session.certificate {
            return Presented::Certificate(Arc::clone(certificate)).into();
        }
        let Some(text) = request.provider_token() else {
            return Presented::Nothing.into();
        };
        if let Some((_, token)) = self.known.iter().find(|(known, _)| **known == *text) {
            return Presented::Token(Arc::clone(token)).into();
        }
        let too_many_of_address = note_address(text, session, shared);
        let presented = match verify(text, shared) {
            None => Presented::InvalidToken,
            Some(token) => Presented::Token(self.remember(text, token)),
        };
        Presentation {
            presented,
            too_many_of_address,
        }
    }

    fn remember(&mut self, text: &str, token: VerifiedToken) -> Arc<VerifiedToken> {
        let token = Arc::new(token);
        self.known.truncate(REMEMBERED - 1);
        self.known.push_front((text.into(), Arc::clone(&token)));
        token
    }
}

impl From<Presented> for Presentation {
    fn from(presented: Presented) -> Self {
        Self {
            presented,
            too_many_of_address: false,
        }
    }
}

/// Verifies the signature, without holding the lock.
fn verify(text: &str, shared: &Shared) -> Option<VerifiedToken> {
    let token = ProviderToken::read(text)?;
    let key = shared.lock().world.accounts.key(token.key_id()).cloned()?;
    if key.team_id != token.team_id() || !token.is_signed_by(&key.public_key) {
        return None;
    }
    let digest = fingerprint(text.as_bytes());
    let mut state = shared.lock();
    let now = state.clock.now();
    let issued_at = state.world.accounts.issued_at(digest, || {
        let said = Timestamp::from_millis(token.issued_at().as_unix_millis());
        now.issued_at(said)
    });
    Some(VerifiedToken {
        key_id: token.key_id().to_owned(),
        team_id: token.team_id().to_owned(),
        issued_at,
        digest,
    })
}

fn note_address(text: &str, session: &Session, shared: &Shared) -> bool {
    let mut state = shared.lock();
    let now = state.clock.now().simulated;
    let rules = &state.world.behaviour.provider_token;
    let Some(limit) = rules.different_tokens_per_address else {
        return false;
    };
    let interval = Duration::from_secs(rules.update_interval_seconds);
    let digest = fingerprint(text.as_bytes());
    state
        .world
        .address_tokens
        .is_one_too_many(session.address, digest, now, limit, interval)
}
