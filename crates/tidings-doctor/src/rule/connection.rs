//! The way to APNs, by probes that failed and by messages about it.

use tidings_apns::Environment;

use crate::case::{Probe, ProbeOutcome, ProbeStep};
use crate::catalogue::{Entry, Sign, certificate, connection as entries};
use crate::facts::Facts;
use crate::remark::Remark;

/// In the names of the authorities that issue APNs's certificates, or have issued them.
const PUBLIC_AUTHORITIES: [&str; 6] = [
    "Apple",
    "Sectigo",
    "USERTrust",
    "COMODO",
    "AAA Certificate Services",
    "DigiCert",
];

/// Words of a client that does not trust the peer.
const UNTRUSTED: [&str; 7] = [
    "unknownissuer",
    "unknown issuer",
    "unknown ca",
    "unknown_ca",
    "local issuer",
    "certificate verify failed",
    "unable to verify the first certificate",
];

/// Words of a peer that refuses a certificate for its age.
const EXPIRED: [&str; 4] = [
    "certificate_expired",
    "certificate expired",
    "certificate has expired",
    "certificateexpired",
];

/// Words of a negotiation without HTTP/2.
const NO_HTTP2: [&str; 3] = ["alpn", "http/1.1", "applicationprotocol"];

/// A step that failed at every port of an environment; where one port works, the other is not needed.
pub(super) fn probes(facts: &Facts<'_>) -> Vec<Remark> {
    let failed = |probe: &&Probe| matches!(probe.outcome, ProbeOutcome::Failed { .. });
    let works = |step: ProbeStep, environment: Environment| {
        let same = |probe: &&Probe| probe.environment == environment && probe.step >= step;
        facts.case.probes.iter().filter(same).any(|probe| !failed(&probe))
    };
    let probes = facts.case.probes.iter().filter(failed);
    probes
        .filter(|probe| !works(probe.step, probe.environment))
        .filter_map(told)
        .collect()
}

fn told(probe: &Probe) -> Option<Remark> {
    let ProbeOutcome::Failed { error, issuer } = &probe.outcome else {
        return None;
    };
    let (entry, what) = match probe.step {
        ProbeStep::Dns => (&entries::NAME_NOT_RESOLVED, "Its name is not resolved"),
        ProbeStep::Tcp => (&entries::PORT_BLOCKED, "No connection comes about"),
        ProbeStep::Tls => tls(error, issuer.as_deref()),
        ProbeStep::Request | ProbeStep::Device => (
            &entries::TLS_FAILED,
            "The connection ended before it was answered",
        ),
    };
    let issuer = issuer
        .as_ref()
        .map(|issuer| format!("the peer's certificate was issued by: {issuer}"));
    Some(
        Remark::certain(entry, format!("{}: {what}.", probe.endpoint))
            .evidence(format!("{}: {error}", probe.endpoint))
            .evidences(issuer),
    )
}

fn tls(error: &str, issuer: Option<&str>) -> (&'static Entry, &'static str) {
    let error = error.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| error.contains(word));
    let is_public = |issuer: &str| PUBLIC_AUTHORITIES.iter().any(|name| issuer.contains(name));
    match issuer {
        _ if has(&NO_HTTP2) => (&entries::NO_HTTP2, "HTTP/2 was not negotiated"),
        Some(issuer) if !is_public(issuer) => (&entries::PROXY_INTERCEPTS, "Somebody else answers for APNs"),
        _ if has(&UNTRUSTED) => (
            &entries::TRUST_STORE_LACKS_ROOT,
            "This machine does not trust the authority behind APNs's certificate",
        ),
        _ => (&entries::TLS_FAILED, "TLS was not negotiated"),
    }
}

/// What a message says of the way to APNs.
pub(super) fn messages(facts: &Facts<'_>) -> Vec<Remark> {
    let message = &facts.message;
    if !message.is_sign_of(Sign::NoConnection) {
        return Vec::new();
    }
    let quoted = |entry: &'static Entry, title: &str, question: &str| {
        vec![
            Remark::likely(entry, title)
                .evidence("message: as given")
                .question(question),
        ]
    };
    if message.has(&EXPIRED) {
        return expired(facts);
    }
    if message.has(&UNTRUSTED) {
        let question = "Who issued the certificate that the peer shows (`openssl s_client -connect api.push.apple.com:443`): a public \
                        authority, or your company?";
        let title = "The sender does not trust the authority that issued the peer's certificate.";
        return quoted(&entries::TRUST_STORE_LACKS_ROOT, title, question);
    }
    if message.has(&["alpn", "http/1.1"]) {
        let question =
            "Does `curl -v --http2 https://api.push.apple.com/` negotiate h2 from the same machine?";
        return quoted(
            &entries::NO_HTTP2,
            "HTTP/2 was not negotiated with APNs.",
            question,
        );
    }
    if message.has(&["enotfound", "could not resolve", "name or service not known"]) {
        return quoted(
            &entries::NAME_NOT_RESOLVED,
            entries::NAME_NOT_RESOLVED.title,
            "Does `dig api.push.apple.com` answer there?",
        );
    }
    if message.has(&[
        "econnrefused",
        "etimedout",
        "connection refused",
        "connection timed out",
    ]) {
        let question = "Do `nc -vz api.push.apple.com 443` and `2197` connect from the same machine?";
        return quoted(&entries::PORT_BLOCKED, entries::PORT_BLOCKED.title, question);
    }
    let question = "Does it work from the same machine without the client certificate, or past the proxy?";
    quoted(
        &entries::TLS_FAILED,
        "The connection ended while TLS was negotiated.",
        question,
    )
}

/// The certificate at hand says it better, where there is one.
fn expired(facts: &Facts<'_>) -> Vec<Remark> {
    let is_over = |end| end <= facts.case.now;
    if facts
        .own_credentials()
        .filter_map(super::certificate::end)
        .any(is_over)
    {
        return Vec::new();
    }
    let title = "The peer ended TLS because a certificate has expired: as a rule the push certificate.";
    let question = "When does the push certificate end (`openssl x509 -in FILE -noout -enddate`)?";
    vec![
        Remark::likely(&certificate::EXPIRED, title)
            .evidence("message: certificate expired")
            .question(question),
    ]
}
