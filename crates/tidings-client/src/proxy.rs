//! An HTTP proxy that opens tunnels with CONNECT (RFC 9110, section 9.3.6), for networks that let nothing else out.

mod answer;
pub(crate) mod tunnel;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use self::answer::{NotHttp, ProxyAnswer};
pub use self::tunnel::{CredentialsGiven, ProxyError};

/// Where the proxy is and how to sign in, read from `http://user:password@host:port`.
///
/// User and password are optional and may be percent-encoded; the port is 80 if left out; `host:port` alone will do.
/// `Display` and `Debug` never show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<Zeroizing<String>>,
}

/// Why a text is not the address of a usable proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseProxyError {
    /// The proxy speaks something else.
    #[error("cannot use a proxy of scheme {scheme:?}, only http")]
    Scheme {
        /// The scheme that was given.
        scheme: String,
    },
    /// There is no host, or it holds characters that no host has.
    #[error("cannot read the host of the proxy address")]
    Host,
    /// What follows the host is not a port.
    #[error("cannot read the port of the proxy address")]
    Port,
    /// User or password are not valid percent-encoded text.
    #[error("cannot read user and password of the proxy address")]
    Credentials,
    /// There is more than an address.
    #[error("the proxy address goes on after the port")]
    Trailing,
}

impl Proxy {
    /// The proxy's host name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The proxy's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref().map(|value| value.as_str())
    }
}

impl FromStr for Proxy {
    type Err = ParseProxyError;

    fn from_str(text: &str) -> Result<Self, ParseProxyError> {
        let authority = authority(text.trim())?;
        let (user_info, place) = match authority.rsplit_once('@') {
            Some((user_info, place)) => (Some(user_info), place),
            None => (None, authority),
        };
        let (host, port) = split_place(place)?;
        if host.is_empty() || !host.bytes().all(is_host_byte) {
            return Err(ParseProxyError::Host);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            authorization: user_info.map(basic).transpose()?,
        })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "http://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "http://{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// The part between scheme and path.
fn authority(text: &str) -> Result<&str, ParseProxyError> {
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some((scheme, _)) => {
            return Err(ParseProxyError::Scheme {
                scheme: scheme.to_owned(),
            });
        }
        None => text,
    };
    match rest.split_once(['/', '?', '#']) {
        Some((authority, "")) => Ok(authority),
        Some(_) => Err(ParseProxyError::Trailing),
        None => Ok(rest),
    }
}

fn split_place(place: &str) -> Result<(&str, u16), ParseProxyError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(ParseProxyError::Host)?;
            let port = after.strip_prefix(':').or(after.is_empty().then_some(""));
            (host, port.ok_or(ParseProxyError::Port)?)
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    match port {
        "" => Ok((host, 80)),
        digits => Ok((
            host,
            digits
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(ParseProxyError::Port)?,
        )),
    }
}

/// The letters of names, of addresses and of zones (`fe80::1%eth0`).
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte)
}

/// `Basic` authentication (RFC 7617) from the `user:password` of a URL.
fn basic(user_info: &str) -> Result<Zeroizing<String>, ParseProxyError> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let mut credentials = Zeroizing::new(percent_decoded(user)?);
    if credentials.contains(&b':') {
        return Err(ParseProxyError::Credentials);
    }
    credentials.push(b':');
    credentials.extend_from_slice(&Zeroizing::new(percent_decoded(password)?));
    Ok(Zeroizing::new(format!(
        "Basic {}",
        *Zeroizing::new(STANDARD.encode(&*credentials))
    )))
}

fn percent_decoded(text: &str) -> Result<Vec<u8>, ParseProxyError> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_digit(bytes.next())? << 4 | hex_digit(bytes.next())?,
            _ => byte,
        });
    }
    Ok(decoded)
}

fn hex_digit(byte: Option<u8>) -> Result<u8, ParseProxyError> {
    match byte {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(ParseProxyError::Credentials),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, u16, Option<String>) {
        let proxy = text.parse::<Proxy>().unwrap();
        (
            proxy.host.clone(),
            proxy.port,
            proxy.authorization().map(str::to_owned),
        )
    }

    #[test]
    fn every_usual_form_of_address_is_read() {
        let cases = [
            ("http://proxy.example:3128", ("proxy.example", 3128, None)),
            ("HTTP://proxy.example:3128/", ("proxy.example", 3128, None)),
            (" proxy.example:8080 ", ("proxy.example", 8080, None)),
            ("http://proxy.example", ("proxy.example", 80, None)),
            ("http://[::1]:3128", ("::1", 3128, None)),
            ("http://[::1]", ("::1", 80, None)),
            (
                "http://ann:secret@10.0.0.1:3128",
                ("10.0.0.1", 3128, Some("Basic YW5uOnNlY3JldA==")),
            ),
            (
                "http://ann@10.0.0.1:3128",
                ("10.0.0.1", 3128, Some("Basic YW5uOg==")),
            ),
            // RFC 3986: the last @ ends the user information; %40 and %3A are @ and :.
            ("http://a%40b:p%3A%25@h:1", ("h", 1, Some("Basic YUBiOnA6JQ=="))),
            ("http://ann:p@ss@h:1", ("h", 1, Some("Basic YW5uOnBAc3M="))),
        ];
        for (text, (host, port, authorization)) in cases {
            assert_eq!(
                parsed(text),
                (host.to_owned(), port, authorization.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_proxy_address_says_which_part() {
        let scheme = |scheme: &str| ParseProxyError::Scheme {
            scheme: scheme.to_owned(),
        };
        let cases = [
            ("", ParseProxyError::Host),
            ("http://", ParseProxyError::Host),
            ("http://:3128", ParseProxyError::Host),
            ("http://[::1", ParseProxyError::Host),
            ("http://proxy example:1", ParseProxyError::Host),
            ("http://proxy\r\nx:1", ParseProxyError::Host),
            ("http://proxy:port", ParseProxyError::Port),
            ("http://proxy:70000", ParseProxyError::Port),
            ("http://proxy:0", ParseProxyError::Port),
            ("http://[::1]3128", ParseProxyError::Port),
            ("http://a%zz:b@proxy:1", ParseProxyError::Credentials),
            ("http://a%3Ab:c@proxy:1", ParseProxyError::Credentials),
            ("http://proxy:1/path", ParseProxyError::Trailing),
            ("https://proxy:1", scheme("https")),
            ("socks5://proxy:1", scheme("socks5")),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Proxy>().unwrap_err(), error, "{text:?}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let proxy: Proxy = "http://ann:secret@[::1]:3128".parse().unwrap();
        assert_eq!(proxy.to_string(), "http://[::1]:3128");
        assert_eq!(format!("{proxy:?}"), "Proxy(http://[::1]:3128)");
    }
}
