//! Where a webhook goes: a URL, read strictly. What browsers would put right is refused here, since what two readers
//! understand differently is how checks are got around.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::address::{Network, is_public};

/// The longest URL.
const URL_BYTES: usize = 2_048;

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Https,
    Http,
}

/// The machine that a URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    Address(IpAddr),
}

/// A URL, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Host and port as the header `Host` has them.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) target: String,
}

/// Why a text is no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseDestinationError {
    #[error("it is longer than {URL_BYTES} bytes")]
    TooLong,
    #[error(
        "it has characters that do not belong into a URL; write other letters in percent-encoding, and hosts in punycode"
    )]
    Characters,
    #[error("it does not begin with https://")]
    Scheme,
    #[error("it has a user or a password before the host; webhooks are proven by their signature")]
    UserInfo,
    #[error("it has a fragment, which is never sent")]
    Fragment,
    #[error("it has no host, or one that is no name and no address")]
    Host,
    #[error(
        "its host looks like an address that is written in an unusual way; write it as four decimal numbers"
    )]
    OddAddress,
    #[error("its port is no number from 1 to 65535")]
    Port,
}

/// Why it is not gone to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not of the public internet, and not allowed.
    Address,
    /// Without TLS.
    PlainHttp,
    /// A port where other things than HTTP listen.
    Port,
}

impl Destination {
    /// Whether it may be gone to this address of it.
    pub(crate) fn permit(&self, address: IpAddr, allowed: &[Network]) -> Result<(), Refusal> {
        if allowed.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Refusal::Address);
        }
        if self.scheme == Scheme::Http {
            return Err(Refusal::PlainHttp);
        }
        if self.port != 443 && self.port < 1_024 {
            return Err(Refusal::Port);
        }
        Ok(())
    }

    /// The host as people read it.
    pub(crate) fn host_name(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }
}

impl FromStr for Destination {
    type Err = ParseDestinationError;

    fn from_str(text: &str) -> Result<Self, ParseDestinationError> {
        if text.len() > URL_BYTES {
            return Err(ParseDestinationError::TooLong);
        }
        let is_odd = |byte: u8| !byte.is_ascii_graphic() || br#"\"<>^`{|}"#.contains(&byte);
        if text.bytes().any(is_odd) {
            return Err(ParseDestinationError::Characters);
        }
        if text.contains('#') {
            return Err(ParseDestinationError::Fragment);
        }
        let (scheme, rest) = text.split_once("://").ok_or(ParseDestinationError::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(ParseDestinationError::Scheme),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).ok_or(ParseDestinationError::Host)?;
        if authority.contains('@') {
            return Err(ParseDestinationError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let host = read_host(host)?;
        let port = match (port, scheme) {
            (Some(port), _) => port,
            (None, Scheme::Https) => 443,
            (None, Scheme::Http) => 80,
        };
        let target = if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("/{target}")
        };
        Ok(Self {
            scheme,
            authority: authority.to_ascii_lowercase(),
            host,
            port,
            target,
        })
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), ParseDestinationError> {
    if authority.starts_with('[') && !authority.contains(']') {
        return Err(ParseDestinationError::Host);
    }
    let after = authority.rfind(']').map_or(0, |place| place + 1);
    let (bracketed, rest) = authority
        .split_at_checked(after)
        .ok_or(ParseDestinationError::Host)?;
    let Some((name, port)) = rest.split_once(':') else {
        return Ok((authority, None));
    };
    let host = if bracketed.is_empty() { name } else { bracketed };
    if !bracketed.is_empty() && !name.is_empty() {
        return Err(ParseDestinationError::Host);
    }
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let number = port.parse().ok().filter(|port| is_number && *port > 0);
    Ok((host, Some(number.ok_or(ParseDestinationError::Port)?)))
}

fn read_host(host: &str) -> Result<Host, ParseDestinationError> {
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside
            .strip_suffix(']')
            .and_then(|text| text.parse::<Ipv6Addr>().ok());
        let address = address.ok_or(ParseDestinationError::Host)?;
        return Ok(Host::Address(IpAddr::V6(address)));
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    let name = host.to_ascii_lowercase();
    if !is_name(&name) {
        return Err(ParseDestinationError::Host);
    }
    // A resolver may read such a name as an address: 2130706433, 0x7f.1, 017700000001.
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseDestinationError::OddAddress);
    }
    Ok(Host::Name(name))
}

/// Labels of letters, digits and hyphens, without an empty one: a dot at the end is one, too.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

impl Refusal {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address_refused",
            Self::PlainHttp => "plain_http_refused",
            Self::Port => "port_refused",
        }
    }

    /// What to tell whoever named the URL.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Address => "Its address is not one of the public internet.",
            Self::PlainHttp => "It is plain HTTP, over which anybody on the way can read events.",
            Self::Port => "Webhooks go to port 443, or to 1024 and above.",
        }
    }
}

/// Paths and queries may hold secrets.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("scheme", &self.scheme)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Destination {
        text.parse().expect(text)
    }

    #[test]
    fn a_url_is_taken_apart() {
        let there = read("https://Hooks.Example.com:8443/in?key=1");
        assert_eq!(there.host, Host::Name("hooks.example.com".to_owned()));
        assert_eq!((there.port, there.target.as_str()), (8443, "/in?key=1"));
        assert_eq!(there.authority, "hooks.example.com:8443");
        assert_eq!(read("https://example.com").target, "/");
        assert_eq!(read("https://example.com?a").target, "/?a");
        assert_eq!(
            (read("http://example.com").port, read("https://example.com").port),
            (80, 443)
        );
        assert_eq!(
            read("https://[::1]:1/").host,
            Host::Address("::1".parse().unwrap())
        );
        assert_eq!(read("https://[::1]").port, 443);
        assert!(!format!("{there:?}").contains("key"), "{there:?}");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, error) in [
            ("https://user@example.com", ParseDestinationError::UserInfo),
            ("https://user:pass@example.com", ParseDestinationError::UserInfo),
            ("https://example.com@127.0.0.1", ParseDestinationError::UserInfo),
            (
                "https://127.0.0.1\\@example.com",
                ParseDestinationError::Characters,
            ),
            ("https://example.com\\.evil", ParseDestinationError::Characters),
            ("https://2130706433", ParseDestinationError::OddAddress),
            ("https://017700000001", ParseDestinationError::OddAddress),
            ("https://0x7f000001", ParseDestinationError::OddAddress),
            ("https://0X7F000001", ParseDestinationError::OddAddress),
            ("https://127.1", ParseDestinationError::OddAddress),
            ("https://127.0.1", ParseDestinationError::OddAddress),
            ("https://0x7f.0.0.1", ParseDestinationError::OddAddress),
            ("https://127.0.0.0x1", ParseDestinationError::OddAddress),
            ("https://0177.0.0.1", ParseDestinationError::OddAddress),
            ("https://127.0.0.01", ParseDestinationError::OddAddress),
            ("https://256.0.0.1", ParseDestinationError::OddAddress),
            ("https://1.2.3.4.5", ParseDestinationError::OddAddress),
            ("https://127.0.0.1.", ParseDestinationError::Host),
            ("https://localhost.", ParseDestinationError::Host),
            ("https://example..com", ParseDestinationError::Host),
            ("https://-a.example.com", ParseDestinationError::Host),
            ("https://exämple.com", ParseDestinationError::Characters),
            ("https://①②⑦.0.0.1", ParseDestinationError::Characters),
            ("https://example。com", ParseDestinationError::Characters),
            ("https://ex%61mple.com", ParseDestinationError::Host),
            ("https://[::1", ParseDestinationError::Host),
            ("https://::1", ParseDestinationError::Port),
            ("https://[fe80::1%25eth0]", ParseDestinationError::Host),
            ("https://[::ffff:127.0.0.1]x:443", ParseDestinationError::Host),
            ("https://[127.0.0.1]", ParseDestinationError::Host),
            ("https://", ParseDestinationError::Host),
            ("https:///path", ParseDestinationError::Host),
            ("https://?x", ParseDestinationError::Host),
            ("https://example.com:", ParseDestinationError::Port),
            ("https://example.com:0", ParseDestinationError::Port),
            ("https://example.com:65536", ParseDestinationError::Port),
            ("https://example.com:+443", ParseDestinationError::Port),
            ("https://example.com:443:443", ParseDestinationError::Port),
            ("https://example.com/#x", ParseDestinationError::Fragment),
            ("https://example.com/ x", ParseDestinationError::Characters),
            ("https://example.com/\r\nx: y", ParseDestinationError::Characters),
            ("https://example.com/\t", ParseDestinationError::Characters),
            ("https://example.com/\u{0}", ParseDestinationError::Characters),
            ("ftp://example.com", ParseDestinationError::Scheme),
            ("file:///etc/passwd", ParseDestinationError::Scheme),
            ("gopher://example.com", ParseDestinationError::Scheme),
            ("unix:/run/docker.sock", ParseDestinationError::Scheme),
            ("//example.com", ParseDestinationError::Scheme),
            ("https:example.com", ParseDestinationError::Scheme),
            ("javascript:alert(1)", ParseDestinationError::Scheme),
            ("example.com", ParseDestinationError::Scheme),
            ("", ParseDestinationError::Scheme),
        ] {
            assert_eq!(text.parse::<Destination>(), Err(error), "{text}");
        }
        let long = format!("https://example.com/{}", "x".repeat(2_048));
        assert_eq!(long.parse::<Destination>(), Err(ParseDestinationError::TooLong));
    }

    fn refusal(url: &str, address: &str, allowed: &[&str]) -> Option<Refusal> {
        let allowed: Vec<Network> = allowed.iter().map(|text| text.parse().expect(text)).collect();
        read(url).permit(address.parse().expect(address), &allowed).err()
    }

    #[test]
    fn only_https_on_usual_ports_goes_to_the_public_internet() {
        assert_eq!(refusal("https://a.example", "1.1.1.1", &[]), None);
        assert_eq!(refusal("https://a.example:8443", "1.1.1.1", &[]), None);
        assert_eq!(
            refusal("http://a.example", "1.1.1.1", &[]),
            Some(Refusal::PlainHttp)
        );
        for port in [22, 25, 80, 445, 1023] {
            let url = format!("https://a.example:{port}");
            assert_eq!(refusal(&url, "1.1.1.1", &[]), Some(Refusal::Port));
        }
    }

    #[test]
    fn the_operator_alone_opens_other_networks() {
        let own = ["10.1.0.0/16"];
        assert_eq!(
            refusal("https://a.example", "10.1.2.3", &[]),
            Some(Refusal::Address)
        );
        assert_eq!(refusal("http://a.example:25", "10.1.2.3", &own), None);
        assert_eq!(
            refusal("http://a.example", "10.2.2.3", &own),
            Some(Refusal::Address)
        );
        assert_eq!(
            refusal("https://a.example", "::ffff:10.1.2.3", &own),
            Some(Refusal::Address)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(https?://)?[ -~é]{0,60}") {
            if let Ok(there) = text.parse::<Destination>() {
                prop_assert!(there.target.starts_with('/'));
                prop_assert!(there.port > 0);
            }
        }
    }
}
