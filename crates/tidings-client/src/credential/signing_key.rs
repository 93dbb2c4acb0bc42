//! The signing key (`.p8`) of a team, and the one provider token that everything using the key shares.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use tidings_apns::{KeyId, TeamId};
use tidings_credential::{ReadSigningKeyError, read_signing_key};

use crate::provider_token::clock::{Clock, SystemClock};
use crate::provider_token::renewal::History;
use crate::provider_token::{ProviderToken, mint};

/// A team's key for signing provider tokens, as downloaded from Apple's developer portal.
///
/// Cloning is cheap, and all clones share one provider token: make one `SigningKey` per key file and clone it to
/// every client that needs it, also across environments. Reading the same file twice makes two keys with two
/// tokens, which APNs may answer with `TooManyProviderTokenUpdates`.
#[derive(Clone)]
pub struct SigningKey {
    shared: Arc<Shared>,
}

struct Shared {
    key_id: KeyId,
    team_id: TeamId,
    key_pair: EcdsaKeyPair,
    clock: Arc<dyn Clock>,
    current: Mutex<Current>,
}

struct Current {
    token: Arc<ProviderToken>,
    history: History,
}

/// What became of a provider token that APNs called expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// A new token was minted; the request can be sent again with it.
    Replaced,
    /// Another request had reported it before; the token in use is newer, the request can be sent again with it.
    AlreadyReplaced,
    /// The last token minted for this reason is less than twenty minutes old. Sending again will fail again: the
    /// clock of this machine is most likely wrong.
    TooSoon,
}

impl SigningKey {
    /// Reads a `.p8` file: PEM holding a P-256 private key in PKCS#8.
    ///
    /// Forgives what happens to such files on their way (line ends, byte order marks, text around the key, `\n`
    /// spelled out, a missing first or last line, the SEC1 form).
    pub fn from_pem(pem: &[u8], key_id: KeyId, team_id: TeamId) -> Result<Self, ReadSigningKeyError> {
        Self::from_pem_with_clock(pem, key_id, team_id, Arc::new(SystemClock::new()))
    }

    /// Like [`from_pem`](Self::from_pem), with another source of time.
    pub fn from_pem_with_clock(
        pem: &[u8],
        key_id: KeyId,
        team_id: TeamId,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReadSigningKeyError> {
        let key_pair = read_key_pair(pem)?;
        let history = History::starting(clock.monotonic());
        let token = mint_token(&key_pair, &key_id, &team_id, &*clock, 0)
            .map_err(|Unspecified| ReadSigningKeyError::Damaged)?;
        let current = Mutex::new(Current {
            token: Arc::new(token),
            history,
        });
        Ok(Self {
            shared: Arc::new(Shared {
                key_id,
                team_id,
                key_pair,
                clock,
                current,
            }),
        })
    }

    /// The name Apple gave the key (`kid`).
    pub fn key_id(&self) -> &KeyId {
        &self.shared.key_id
    }

    /// The team the key belongs to (`iss`).
    pub fn team_id(&self) -> &TeamId {
        &self.shared.team_id
    }

    /// The public half: an uncompressed point on P-256, 65 bytes.
    pub fn public_key(&self) -> &[u8] {
        self.shared.key_pair.public_key().as_ref()
    }

    /// The provider token to send now. Cheap: a short lock and a reference count, except once in fifty minutes.
    pub fn provider_token(&self) -> Arc<ProviderToken> {
        let now = self.shared.clock.monotonic();
        let mut current = self.shared.lock();
        if current.history.is_due(now) && self.shared.replace(&mut current) {
            current.history.renewed(now);
        }
        Arc::clone(&current.token)
    }

    /// Tells that APNs answered `ExpiredProviderToken` to a request that carried `token`.
    pub fn report_expired(&self, token: &ProviderToken) -> Renewal {
        let now = self.shared.clock.monotonic();
        let mut current = self.shared.lock();
        if current.token.serial() != token.serial() {
            return Renewal::AlreadyReplaced;
        }
        if current.history.may_replace_expired(now) && self.shared.replace(&mut current) {
            current.history.replaced_as_expired(now);
            return Renewal::Replaced;
        }
        Renewal::TooSoon
    }
}

impl Shared {
    /// The lock protects no invariant that a panic could break: a token is replaced as a whole.
    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mints the next token. If the system has no randomness to sign with, the old token stays in use.
    fn replace(&self, current: &mut Current) -> bool {
        let serial = current.token.serial() + 1;
        mint_token(&self.key_pair, &self.key_id, &self.team_id, &*self.clock, serial)
            .map(|token| current.token = Arc::new(token))
            .is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.shared.key_id)
            .field("team_id", &self.shared.team_id)
            .finish_non_exhaustive()
    }
}

fn mint_token(
    key_pair: &EcdsaKeyPair,
    key_id: &KeyId,
    team_id: &TeamId,
    clock: &dyn Clock,
    serial: u64,
) -> Result<ProviderToken, Unspecified> {
    let since_epoch = clock
        .wall()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let issued_at = since_epoch.as_secs();
    let authorization = mint::authorization(key_pair, key_id, team_id, issued_at)?;
    Ok(ProviderToken::new(authorization, issued_at, serial))
}

fn read_key_pair(pem: &[u8]) -> Result<EcdsaKeyPair, ReadSigningKeyError> {
    let key = read_signing_key(pem)?;
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_der())
        .map_err(|_rejected| ReadSigningKeyError::Damaged)
}
