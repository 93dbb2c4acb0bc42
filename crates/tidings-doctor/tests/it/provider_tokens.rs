//! Provider tokens, as pasted from a log.

use proptest::prelude::*;
use tidings_apns::Timestamp;
use tidings_doctor::{ProviderTokenFacts, read_provider_token};
use tidings_testkit::credentials::ProviderTokenSpec;

const ISSUED_AT: u64 = 1_790_000_000;

fn spec() -> ProviderTokenSpec {
    ProviderTokenSpec::new("KEYID12345", "TEAMID1234", ISSUED_AT)
}

fn read(text: &str) -> ProviderTokenFacts {
    read_provider_token(text).expect("a provider token")
}

fn claims(json: &str) -> String {
    ProviderTokenSpec {
        claims: json.to_owned(),
        ..spec()
    }
    .text()
}

fn header(json: &str) -> String {
    ProviderTokenSpec {
        header: json.to_owned(),
        ..spec()
    }
    .text()
}

#[test]
fn a_right_token_is_read_and_has_no_flaw() {
    let token = spec().text();
    for text in [
        token.clone(),
        format!("bearer {token}"),
        format!("Bearer {token}\n"),
        format!("authorization: bearer {token}"),
        format!("  > Authorization: Bearer {token}\r\n"),
        format!("\"authorization\": \"bearer {token}\","),
        format!(
            "curl -H 'authorization: bearer {token}' -H 'apns-topic: com.example' https://api.push.apple.com"
        ),
    ] {
        let expected = ProviderTokenFacts {
            algorithm: Some("ES256".to_owned()),
            key_id: Some("KEYID12345".to_owned()),
            team_id: Some("TEAMID1234".to_owned()),
            issued_at: Some(Timestamp::from_unix_millis(ISSUED_AT * 1000)),
            flaws: Vec::new(),
        };
        assert_eq!(read(&text), expected, "{text}");
    }
}

#[test]
fn whatever_is_wrong_with_the_form_of_a_token_is_said() {
    let token = spec().text();
    let (start, end) = token.split_at(40);
    let with_break = format!("{start}\n{end}");
    let padded = token.replace('.', "==.");
    let short = ProviderTokenSpec {
        signature: Some(vec![7; 32]),
        ..spec()
    };
    let unsigned = ProviderTokenSpec {
        signature: None,
        ..spec()
    };
    let plain_base64 = ProviderTokenSpec {
        signature: Some(vec![0xfb; 64]),
        ..spec()
    };
    let plain_base64 = plain_base64.text().replace('-', "+").replace('_', "/");
    for (text, flaw) in [
        (with_break, "line break"),
        (padded, "padded"),
        (plain_base64, "base64url"),
        (format!("{token}.x"), "more than three parts"),
        (spec().with_der_signature().text(), "in DER"),
        (short.text(), "32 bytes and not 64"),
        (unsigned.text(), "signature (the third part) is missing"),
        (
            format!("{}.", unsigned.text()),
            "signature (the third part) is missing",
        ),
        (
            header(r#"{"alg":"HS256","kid":"KEYID12345"}"#),
            "`HS256`; APNs takes ES256 only",
        ),
        (header(r#"{"alg":"RS256","kid":"KEYID12345"}"#), "`RS256`"),
        (header(r#"{"alg":"ES256"}"#), "`kid` is missing from its header"),
        (header(r#"{ "alg":"ES256","kid":"keyid"}"#), "`kid` is not an id"),
        (header(r#"{"alg":"ES256","kid":42}"#), "`kid` is not an id"),
        (
            claims(r#"{"iat":1790000000}"#),
            "`iss` is missing from its claims",
        ),
        (
            claims(r#"{"iss":"com.example.app","iat":1790000000}"#),
            "`iss` is not an id",
        ),
        (claims(r#"{"iss":"TEAMID1234"}"#), "`iat` is missing"),
        (
            claims(r#"{"iss":"TEAMID1234","iat":"1790000000"}"#),
            "not a whole number",
        ),
        (
            claims(r#"{"iss":"TEAMID1234","iat":1790000000.25}"#),
            "not a whole number",
        ),
        (
            claims(r#"{"iss":"TEAMID1234","iat":1790000000042}"#),
            "in milliseconds",
        ),
        (
            claims(r#"{"iss":"TEAMID1234","iat":1790000000,"aud":"appstoreconnect-v1"}"#),
            "App Store Connect",
        ),
        (
            claims("damaged"),
            "claims (the second part) are missing or damaged",
        ),
    ] {
        let facts = read(&text);
        assert_eq!(facts.flaws.len(), 1, "{text}: {:?}", facts.flaws);
        assert!(facts.flaws[0].contains(flaw), "{flaw}: {:?}", facts.flaws);
    }
}

#[test]
fn the_time_is_read_however_it_is_written() {
    for iat in ["1790000000", "\"1790000000\"", "1790000000.75", "1790000000000"] {
        let facts = read(&claims(&format!(r#"{{"iss":"TEAMID1234","iat":{iat}}}"#)));
        assert_eq!(
            facts.issued_at,
            Some(Timestamp::from_unix_millis(ISSUED_AT * 1000)),
            "{iat}"
        );
    }
    let facts = read(&claims(r#"{"iss":"TEAMID1234","iat":18446744073709551615}"#));
    assert!(facts.flaws.iter().any(|flaw| flaw.contains("milliseconds")));
}

#[test]
fn a_key_id_among_the_claims_is_found_out() {
    let text = ProviderTokenSpec {
        header: r#"{"alg":"ES256"}"#.to_owned(),
        claims: r#"{"iss":"TEAMID1234","iat":1790000000,"kid":"KEYID12345"}"#.to_owned(),
        ..spec()
    };
    let flaws = read(&text.text()).flaws.join("\n");
    assert!(flaws.contains("belongs into its header"), "{flaws}");
}

#[test]
fn what_is_no_token_is_left_to_others() {
    for text in [
        "",
        "ey",
        "hey there",
        "eyJhbGciOiJ",
        "eyJub3RoaW5nIjoxfQ.e30.AA",
        "-----BEGIN PRIVATE KEY-----",
        "0123456789abcdef",
    ] {
        assert_eq!(read_provider_token(text), None, "{text}");
    }
    assert_eq!(read_provider_token(&spec().text().repeat(200)), None);
}

#[test]
fn what_is_shown_of_a_foreign_token_is_short_and_harmless() {
    let facts = read(&header(&format!(
        r#"{{"alg":"\u001b[31m{}","kid":"{}"}}"#,
        "x".repeat(500),
        "y".repeat(500)
    )));
    let algorithm = facts.algorithm.expect("an algorithm");
    assert!(algorithm.len() <= 64 && !algorithm.contains('\u{1b}'));
    assert!(
        facts.flaws.iter().all(|flaw| flaw.len() < 200),
        "{:?}",
        facts.flaws
    );
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC*") {
        let _ = read_provider_token(&text);
    }

    #[test]
    fn a_token_with_any_character_changed_is_survived(at in 0usize..200, to: char) {
        let mut token = spec().text().chars().collect::<Vec<_>>();
        let at = at % token.len();
        token[at] = to;
        let _ = read_provider_token(&token.into_iter().collect::<String>());
    }
}
