//! Passwords: which are taken, and their hashes: argon2id, with what OWASP recommends for it, off the threads that serve, and
//! few at once. For a name that nobody has the same is worked out, so that the time tells nothing.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::problem::{Problem, ProblemKind};

/// Memory for one hash, in KiB; 19 MiB and two passes are what OWASP recommends.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Hashes that are worked out at once.
const AT_ONCE: usize = 2;

/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The hash of no password, for names that nobody has. It costs as much as others.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$dGlkaW5ncyBub2JvZHkgIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Characters of a password: without a second factor, fifteen at least.
const SHORTEST: usize = 15;
const LONGEST: usize = 256;

/// Different characters of a password.
const DIFFERENT: usize = 5;

/// Works out hashes, few at once.
#[derive(Debug)]
pub(crate) struct Hashing {
    room: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Hashing {
    /// The hash of a password, to be kept.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Problem> {
        let hashed = self.work(move || hash(&password)).await?;
        hashed.ok_or_else(broken)
    }

    /// Whether a password is the one of which this is kept. Where nothing is kept it is not, and that takes as long.
    pub(crate) async fn is_right(
        &self,
        kept: Option<String>,
        password: Zeroizing<String>,
    ) -> Result<bool, Problem> {
        self.work(move || is_right(kept.as_deref(), &password)).await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let room = timeout(PATIENCE, Arc::clone(&self.room).acquire_owned()).await;
        let Ok(Ok(room)) = room else {
            let detail = "As many passwords are being looked at as the server takes.";
            return Err(Problem::new(ProblemKind::Overloaded, detail));
        };
        // The room is kept until the work is done, also if whoever asked has gone.
        let working = spawn_blocking(move || {
            let done = work();
            drop(room);
            done
        });
        working.await.map_err(|_panicked| broken())
    }
}

fn hash(password: &str) -> Option<String> {
    let mut salt = [0; SALT_BYTES];
    rand::fill(&mut salt).ok()?;
    let hashed: PasswordHash = argon2()?
        .hash_password_with_salt(password.as_bytes(), &salt)
        .ok()?;
    Some(hashed.to_string())
}

fn is_right(kept: Option<&str>, password: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(kept.unwrap_or(NOBODY)) else {
        return false;
    };
    let fits = argon2().is_some_and(|argon2| argon2.verify_password(password.as_bytes(), &parsed).is_ok());
    kept.is_some() && fits
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn broken() -> Problem {
    Problem::new(ProblemKind::Internal, "The password could not be looked at.")
}

/// Why a password is not taken from somebody with this name.
pub(crate) fn check(password: &str, name: &str) -> Result<(), String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(format!(
            "It is shorter than {SHORTEST} characters. A sentence is easy to remember."
        ));
    }
    if length > LONGEST {
        return Err(format!("It is longer than {LONGEST} characters."));
    }
    if password.chars().any(char::is_control) {
        return Err("There is a control character in it.".to_owned());
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT {
        return Err("It has too few different characters.".to_owned());
    }
    let (lower, name) = (password.to_lowercase(), name.to_lowercase());
    let beside = lower.replace(&name, "").chars().count();
    if name.chars().count() > 2 && beside < SHORTEST && lower.contains(&name) {
        return Err("Without your name in it, it is too short.".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_only_for_its_own_hash() {
        let kept = hash("a horse eats correct staples").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "what OWASP recommends"
        );
        assert!(is_right(Some(&kept), "a horse eats correct staples"));
        assert!(!is_right(Some(&kept), "a horse eats correct staplet"));
        assert!(!is_right(None, "a horse eats correct staples"));
        assert!(!is_right(Some("damaged"), "a horse eats correct staples"));
        assert_ne!(hash("the same"), hash("the same"), "each has a salt of its own");
    }

    #[test]
    fn for_nobody_the_same_is_worked_out() {
        let (nobody, somebody) = (PasswordHash::new(NOBODY).unwrap(), hash("somebody").unwrap());
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.params, somebody.params);
        let length = |hash: &PasswordHash| hash.hash.as_ref().map(argon2::password_hash::phc::Output::len);
        assert_eq!(length(&nobody), length(&somebody));
        let salt = |hash: &PasswordHash| hash.salt.as_ref().map(|salt| salt.as_ref().len());
        assert_eq!(salt(&nobody), salt(&somebody));
    }

    #[test]
    fn what_is_easily_guessed_is_not_taken() {
        for (password, is_taken) in [
            ("a horse eats staples", true),
            ("fourteen chars", false),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("abababababababababab", false),
            ("lovelace lovelace lovelace", false),
            ("ünïcödé counts by characters", true),
            ("with a \u{7} bell in it somewhere", false),
        ] {
            assert_eq!(check(password, "Lovelace").is_ok(), is_taken, "{password}");
        }
        assert!(check(&"long ".repeat(52), "Ada").is_err());
    }
}
