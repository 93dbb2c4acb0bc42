//! Provider tokens: what they say, that others accept them, and when they change.

use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use tidings_client::{Clock, ProviderToken, Renewal, SigningKey};

use crate::fixtures::{file, signing_key};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const START: Duration = Duration::from_secs(1_790_000_000);

/// A clock whose two times are set by the test.
#[derive(Debug)]
struct ManualClock {
    now: Mutex<(Duration, SystemTime)>,
}

impl ManualClock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            now: Mutex::new((Duration::ZERO, SystemTime::UNIX_EPOCH + START)),
        })
    }

    fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap();
        now.0 += by;
        now.1 += by;
    }

    fn set_wall(&self, since_epoch: Duration) {
        self.now.lock().unwrap().1 = SystemTime::UNIX_EPOCH + since_epoch;
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        self.now.lock().unwrap().0
    }

    fn wall(&self) -> SystemTime {
        self.now.lock().unwrap().1
    }
}

fn key_with(clock: &Arc<ManualClock>) -> SigningKey {
    let names = ("ABC123DEFG".parse().unwrap(), "DEF123GHIJ".parse().unwrap());
    SigningKey::from_pem_with_clock(&file("signing_key.p8"), names.0, names.1, Arc::clone(clock) as _)
        .unwrap()
}

fn jwt(token: &ProviderToken) -> &str {
    std::str::from_utf8(token.authorization())
        .unwrap()
        .strip_prefix("bearer ")
        .unwrap()
}

fn seconds(token: &ProviderToken) -> u64 {
    token
        .issued_at()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

#[test]
fn another_implementation_accepts_the_token_and_reads_our_names_in_it() {
    let key = key_with(&ManualClock::new());
    let token = key.provider_token();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let decoding_key = DecodingKey::from_ec_der(key.public_key());
    let decoded = jsonwebtoken::decode::<serde_json::Value>(jwt(&token), &decoding_key, &validation).unwrap();
    assert_eq!(decoded.header.alg, Algorithm::ES256);
    assert_eq!(decoded.header.kid.as_deref(), Some("ABC123DEFG"));
    assert_eq!(
        decoded.claims,
        serde_json::json!({ "iss": "DEF123GHIJ", "iat": START.as_secs() })
    );
}

#[test]
fn another_implementation_refuses_the_token_when_one_letter_is_changed() {
    let key = key_with(&ManualClock::new());
    let token = key.provider_token();
    let forged = jwt(&token).replacen("ey", "eZ", 2);
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let decoding_key = DecodingKey::from_ec_der(key.public_key());
    assert!(jsonwebtoken::decode::<serde_json::Value>(&forged, &decoding_key, &validation).is_err());
}

#[test]
fn the_signature_is_the_raw_64_bytes() {
    let token = signing_key().provider_token();
    let signature = jwt(&token).rsplit_once('.').unwrap().1;
    assert_eq!(signature.len(), 86);
}

#[test]
fn clones_and_threads_share_one_token() {
    let key = signing_key();
    let barrier = Barrier::new(8);
    let tokens = std::thread::scope(|scope| {
        let threads = (0..8).map(|_| {
            let (key, barrier) = (key.clone(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                key.provider_token()
            })
        });
        threads
            .collect::<Vec<_>>()
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(tokens.iter().all(|token| Arc::ptr_eq(token, &tokens[0])));
}

#[test]
fn the_token_is_renewed_after_fifty_minutes_and_says_the_new_time() {
    let clock = ManualClock::new();
    let key = key_with(&clock);
    let first = key.provider_token();
    clock.advance(49 * MINUTE + 59 * SECOND);
    assert!(Arc::ptr_eq(&key.provider_token(), &first));
    clock.advance(SECOND);
    let second = key.provider_token();
    assert_eq!(
        (second.serial(), seconds(&second)),
        (1, (START + 50 * MINUTE).as_secs())
    );
    assert_ne!(second.authorization(), first.authorization());
}

#[test]
fn a_wall_clock_that_jumps_changes_nothing_until_the_next_renewal() {
    let clock = ManualClock::new();
    let key = key_with(&clock);
    let first = key.provider_token();
    for jumped in [START * 2, Duration::ZERO, START / 2] {
        clock.set_wall(jumped);
        assert!(Arc::ptr_eq(&key.provider_token(), &first));
    }
    clock.advance(50 * MINUTE);
    assert_eq!(
        seconds(&key.provider_token()),
        (START / 2 + 50 * MINUTE).as_secs()
    );
}

#[test]
fn an_expired_token_is_replaced_once_for_all_who_report_it() {
    let clock = ManualClock::new();
    let key = key_with(&clock);
    let first = key.provider_token();
    clock.advance(MINUTE);
    assert_eq!(key.report_expired(&first), Renewal::Replaced);
    assert_eq!(key.clone().report_expired(&first), Renewal::AlreadyReplaced);
    assert_eq!(key.provider_token().serial(), 1);
}

#[test]
fn a_replacement_that_is_expired_too_waits_twenty_minutes() {
    let clock = ManualClock::new();
    let key = key_with(&clock);
    assert_eq!(key.report_expired(&key.provider_token()), Renewal::Replaced);
    clock.advance(19 * MINUTE + 59 * SECOND);
    assert_eq!(key.report_expired(&key.provider_token()), Renewal::TooSoon);
    assert_eq!(key.provider_token().serial(), 1);
    clock.advance(SECOND);
    assert_eq!(key.report_expired(&key.provider_token()), Renewal::Replaced);
    assert_eq!(key.provider_token().serial(), 2);
}

#[test]
fn a_machine_that_believes_to_live_before_1970_still_has_a_token() {
    let clock = ManualClock::new();
    clock.now.lock().unwrap().1 = SystemTime::UNIX_EPOCH - MINUTE;
    assert_eq!(seconds(&key_with(&clock).provider_token()), 0);
}

#[test]
fn debug_never_shows_the_token() {
    let token = signing_key().provider_token();
    let shown = format!("{token:?}");
    assert!(
        !shown.contains(jwt(&token))
            && !shown.contains("bearer")
            && shown.starts_with("ProviderToken { serial: 0")
    );
}
