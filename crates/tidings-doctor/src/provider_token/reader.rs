//! From text to facts about a provider token.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use tidings_apns::Timestamp;

use super::ProviderTokenFacts;
use super::signature;
use crate::text::cut;

/// More than a provider token with everything around it in a line of a log takes.
const SIZE_LIMIT: usize = 1 << 14;

/// A value of a claim is ten characters long; this much is shown of one that is not.
const VALUE_LIMIT: usize = 64;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads a provider token out of a text such as a header in a log; nothing if there is none in it.
pub fn read(text: &str) -> Option<ProviderTokenFacts> {
    if text.len() > SIZE_LIMIT {
        return None;
    }
    let found = candidate(text)?;
    let mut parts = found.token.split('.');
    let header = object(parts.next()?)?;
    let claims = parts.next().and_then(object);
    let signature = parts.next();
    // Whatever has a header of this kind and no algorithm is not a token of any kind.
    header.get("alg")?;
    let mut flaws = found.flaws;
    let mut facts = ProviderTokenFacts {
        algorithm: header.get("alg").map(shown),
        key_id: name(&header, "kid", "its header", &mut flaws),
        ..ProviderTokenFacts::default()
    };
    check_algorithm(facts.algorithm.as_deref(), &mut flaws);
    match &claims {
        Some(claims) => {
            facts.team_id = name(claims, "iss", "its claims", &mut flaws);
            facts.issued_at = issued_at(claims, &mut flaws);
            check_audience(claims, &mut flaws);
            if claims.contains_key("kid") && !header.contains_key("kid") {
                flaws.push("`kid` stands among its claims; it belongs into its header".to_owned());
            }
        }
        None => flaws.push("its claims (the second part) are missing or damaged".to_owned()),
    }
    flaws.extend(signature::flaw(signature, decoded));
    if parts.next().is_some() {
        flaws.push("it has more than three parts".to_owned());
    }
    facts.flaws = flaws;
    Some(facts)
}

struct Candidate {
    token: String,
    flaws: Vec<String>,
}

/// The token in the text, with what is wrong with how it is written.
fn candidate(text: &str) -> Option<Candidate> {
    let start = start_of_token(text)?;
    let rest = text.get(start..)?;
    let body = rest.trim_end_matches(|c: char| !is_of_token(c));
    let all_is_token = body.chars().all(|c| is_of_token(c) || c.is_whitespace());
    let body = if all_is_token {
        body
    } else {
        rest.split(|c: char| !is_of_token(c)).next().unwrap_or_default()
    };
    let mut flaws = Vec::new();
    if body.contains(char::is_whitespace) {
        flaws.push("there is a line break or a space in it".to_owned());
    }
    if body.contains('=') {
        flaws.push("it is padded with `=`: base64url in tokens has no padding".to_owned());
    }
    if body.contains(['+', '/']) {
        flaws.push("it has `+` or `/` in it: tokens are in base64url, with `-` and `_`".to_owned());
    }
    let token = body.chars().filter(|c| !c.is_whitespace());
    Some(Candidate {
        token: token.collect(),
        flaws,
    })
}

/// A header begins with `{`, a quotation mark or a space: `eyJ` or `ey` and something.
fn start_of_token(text: &str) -> Option<usize> {
    let mut previous = None;
    for (at, c) in text.char_indices() {
        let begins = !previous.is_some_and(is_of_token);
        if begins && text.get(at..).is_some_and(|rest| rest.starts_with("ey")) {
            return Some(at);
        }
        previous = Some(c);
    }
    None
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_+/=.".contains(c)
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    let url_safe = part
        .bytes()
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        })
        .collect::<Vec<_>>();
    LENIENT.decode(url_safe).ok()
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&decoded(part)?).ok()
}

fn check_algorithm(algorithm: Option<&str>, flaws: &mut Vec<String>) {
    if let Some(algorithm) = algorithm
        && algorithm != "ES256"
    {
        flaws.push(format!("it is signed with `{algorithm}`; APNs takes ES256 only"));
    }
}

/// The id in a field; ids of keys and teams are ten capital letters and digits.
fn name(fields: &Map<String, Value>, field: &str, place: &str, flaws: &mut Vec<String>) -> Option<String> {
    let Some(value) = fields.get(field) else {
        flaws.push(format!("`{field}` is missing from {place}"));
        return None;
    };
    let is_id = value.as_str().is_some_and(|id| {
        id.len() == 10
            && id
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    });
    if !is_id {
        flaws.push(format!(
            "`{field}` is not an id of ten capital letters and digits"
        ));
    }
    Some(shown(value))
}

fn issued_at(claims: &Map<String, Value>, flaws: &mut Vec<String>) -> Option<Timestamp> {
    /// The year 2286: a number of seconds beyond it is one of milliseconds.
    const MILLISECONDS: u64 = 10_000_000_000;
    let Some(value) = claims.get("iat") else {
        flaws.push("`iat` is missing from its claims".to_owned());
        return None;
    };
    if !value.is_u64() {
        flaws.push("`iat` is not a whole number of seconds".to_owned());
    }
    let seconds = match value {
        Value::String(text) => text.trim().parse().ok()?,
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?))?,
        _ => return None,
    };
    if seconds >= MILLISECONDS {
        flaws.push("`iat` is in milliseconds; it has to be in seconds".to_owned());
        return Some(Timestamp::from_unix_millis(seconds));
    }
    Some(Timestamp::from_unix_millis(seconds * 1000))
}

fn whole(number: f64) -> Option<u64> {
    // Too large a number would be in milliseconds anyhow, and a fraction does not matter here.
    let text = format!("{:.0}", number.trunc());
    text.parse().ok()
}

/// Tokens for other services of Apple's look alike.
fn check_audience(claims: &Map<String, Value>, flaws: &mut Vec<String>) {
    let is_for = |audience: &str| claims.get("aud").and_then(Value::as_str) == Some(audience);
    if is_for("appstoreconnect-v1") {
        flaws.push("it is a token for the App Store Connect API (`aud`), not for APNs".to_owned());
    }
}

/// A value without its quotation marks, at most as long as is worth showing.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    cut(&text, VALUE_LIMIT)
}
