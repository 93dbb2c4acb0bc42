//! Where a server is: `http://127.0.0.1:8377`, or behind something that speaks TLS.

use std::fmt;
use std::str::FromStr;

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    scheme: Scheme,
    /// Without brackets.
    host: String,
    port: u16,
    /// What stands before every path; without a slash at its end.
    base: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// A text is no address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give http://HOST:PORT or https://HOST")]
pub(crate) struct ParseAddressError;

impl Address {
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Name or address, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Where to connect to.
    pub(crate) fn socket(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// For the header `Host`.
    pub(crate) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
        if *port == self.scheme.port() {
            format!("{open}{host}{close}")
        } else {
            format!("{open}{host}{close}:{port}")
        }
    }

    /// The path of a request.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Scheme {
    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("https", rest)) => (Scheme::Https, rest),
            _ => return Err(ParseAddressError),
        };
        let (authority, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or(ParseAddressError)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_not_a_port| ParseAddressError)?,
            None if port.is_empty() => scheme.port(),
            None => return Err(ParseAddressError),
        };
        let is_clean = |text: &str| !text.contains(['@', '?', '#', ' ', '\\']);
        if host.is_empty() || port == 0 || !is_clean(host) || !is_clean(base) {
            return Err(ParseAddressError);
        }
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
            base: base.trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}{}", self.authority(), self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_again() {
        for (text, host, port, again) in [
            (
                "http://127.0.0.1:8377",
                "127.0.0.1",
                8377,
                "http://127.0.0.1:8377",
            ),
            (
                "https://push.example.com/",
                "push.example.com",
                443,
                "https://push.example.com",
            ),
            ("http://[::1]:80/tidings/", "::1", 80, "http://[::1]/tidings"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.socket(), (host, port), "{text}");
            assert_eq!(address.to_string(), again);
        }
        let behind: Address = "https://h/push".parse().unwrap();
        assert_eq!(behind.path("/v1/apps"), "/push/v1/apps");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "localhost:8377",
            "ftp://h",
            "http://",
            "http://u:p@h",
            "http://h:0",
            "http://h:x",
            "http://h?x",
        ] {
            assert_eq!(text.parse::<Address>(), Err(ParseAddressError), "{text}");
        }
    }
}
