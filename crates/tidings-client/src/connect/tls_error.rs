//! What went wrong between two TLS endpoints, in words.

use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::error::ConnectFault;

/// Why there is no secure connection, or no longer one.
///
/// With TLS 1.3 a server judges the client's certificate after the client has finished its handshake; its refusal
/// arrives with the first read. `From<rustls::Error>` turns such an error into this one too.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No trusted authority vouches for the server, or one does in name only.
    #[error("the server's certificate comes from an authority that is not trusted here")]
    UnknownIssuer,
    /// The server's certificate is out of date.
    #[error("the server's certificate has expired")]
    ServerExpired {
        /// When it ended, if known.
        not_after: Option<SystemTime>,
    },
    /// The server's certificate is not valid yet.
    #[error("the server's certificate is not valid yet")]
    ServerNotYetValid {
        /// When it begins, if known.
        not_before: Option<SystemTime>,
    },
    /// The server's certificate is for another name.
    #[error("the server's certificate is not for this host but for {}", names(presented))]
    WrongHost {
        /// The names it is for.
        presented: Vec<String>,
    },
    /// The server's certificate is unusable for another reason.
    #[error("the server's certificate is not valid")]
    ServerCertificate(#[source] rustls::Error),
    /// The server did not accept the client certificate; the alert says why.
    #[error("the server did not accept the client certificate (TLS alert {})", alert_name(*alert))]
    ClientCertificateRefused {
        /// Its reason.
        alert: AlertDescription,
    },
    /// The server ended the handshake.
    #[error("the server refused the connection (TLS alert {})", alert_name(*alert))]
    Alert {
        /// Its reason.
        alert: AlertDescription,
    },
    /// The server does not speak HTTP/2.
    #[error("the server does not speak HTTP/2 on this port")]
    NoHttp2,
    /// The server does not speak TLS.
    #[error("the server does not speak TLS on this port")]
    NotTls,
    /// Anything else that goes wrong between two TLS implementations.
    #[error("the TLS session failed")]
    Session(#[source] rustls::Error),
}

impl TlsError {
    /// Where the cause lies, as far as can be told from here.
    pub fn fault(&self) -> ConnectFault {
        match self {
            Self::ClientCertificateRefused { .. } => ConnectFault::Credential,
            Self::UnknownIssuer | Self::WrongHost { .. } | Self::NoHttp2 | Self::NotTls => {
                ConnectFault::Configuration
            }
            Self::ServerExpired { .. }
            | Self::ServerNotYetValid { .. }
            | Self::ServerCertificate(_)
            | Self::Alert { .. }
            | Self::Session(_) => ConnectFault::Network,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "update this machine's root certificates (APNs needs USERTrust RSA), or use the bundled roots; for a simulator or an inspecting proxy give its root as PEM"
            }
            Self::ServerExpired { .. } | Self::ServerNotYetValid { .. } => {
                "check this machine's clock; if it is right, check that host and port are those of APNs"
            }
            Self::WrongHost { .. } => {
                "check the host name, and that nothing between here and APNs answers in its place"
            }
            Self::ServerCertificate(_) => "check that nothing between here and APNs answers in its place",
            Self::ClientCertificateRefused {
                alert: AlertDescription::CertificateExpired,
            } => {
                "renew the push certificate at developer.apple.com for the same App ID; device tokens stay valid"
            }
            Self::ClientCertificateRefused {
                alert: AlertDescription::CertificateRequired,
            } => "give a client certificate; this server asks for one",
            Self::ClientCertificateRefused { .. } => {
                "check at developer.apple.com that the push certificate is not revoked and is one for push"
            }
            Self::Alert { .. } => {
                "check that host and port are those of APNs and that nothing in between inspects TLS"
            }
            Self::NoHttp2 => {
                "check host and port; a proxy or firewall that inspects TLS may have removed HTTP/2: let APNs pass uninspected"
            }
            Self::NotTls => "check host and port: APNs speaks TLS on 443 and 2197",
            Self::Session(_) => {
                "check that nothing between here and APNs inspects TLS; if it persists, report it"
            }
        }
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => of_certificate(error),
            rustls::Error::AlertReceived(alert) => of_alert(alert),
            rustls::Error::NoApplicationProtocol => Self::NoHttp2,
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            other => Self::Session(other),
        }
    }
}

fn of_certificate(error: CertificateError) -> TlsError {
    match error {
        // A bad signature is an authority that bears the name of a trusted one: the root was renewed, or a simulator
        // has made itself a new one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsError::UnknownIssuer,
        CertificateError::Expired => TlsError::ServerExpired { not_after: None },
        CertificateError::ExpiredContext { not_after, .. } => TlsError::ServerExpired {
            not_after: Some(system_time(not_after)),
        },
        CertificateError::NotValidYet => TlsError::ServerNotYetValid { not_before: None },
        CertificateError::NotValidYetContext { not_before, .. } => TlsError::ServerNotYetValid {
            not_before: Some(system_time(not_before)),
        },
        CertificateError::NotValidForName => TlsError::WrongHost {
            presented: Vec::new(),
        },
        CertificateError::NotValidForNameContext { presented, .. } => TlsError::WrongHost { presented },
        other => TlsError::ServerCertificate(rustls::Error::InvalidCertificate(other)),
    }
}

fn of_alert(alert: AlertDescription) -> TlsError {
    match alert {
        AlertDescription::NoApplicationProtocol => TlsError::NoHttp2,
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateRequired
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => TlsError::ClientCertificateRefused { alert },
        alert => TlsError::Alert { alert },
    }
}

fn system_time(time: UnixTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs())
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        "others".to_owned()
    } else {
        presented.join(", ")
    }
}

/// The name as RFC 8446 writes it: `CertificateExpired` is `certificate_expired`.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    for letter in format!("{alert:?}").chars() {
        if letter.is_ascii_uppercase() && name.ends_with(|last: char| last.is_ascii_lowercase()) {
            name.push('_');
        }
        name.push(letter);
    }
    name.to_ascii_lowercase()
}
