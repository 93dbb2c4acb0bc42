//! The way to APNs: names, ports, TLS, HTTP/2.

use super::entries;

entries! { Connection;
    TRUST_STORE_LACKS_ROOT = "trust-store-lacks-root", Error, [] [NoConnection] {
        title: "This machine does not trust the authority that issued APNs's certificate.",
        meaning: "In 2025 APNs moved to certificates under USERTrust RSA (the sandbox on 20 January, production on 24 February). A machine with \
                  an older list of authorities refuses the connection.",
        causes: ["The container image or the CA bundle is old.", "The program pins or bundles a list of its own."],
        tell: "The error is about verifying the peer's certificate (unknown issuer, unable to get local issuer), and its issuer is Sectigo or \
               USERTrust.",
        fix: "apt-get install --only-upgrade ca-certificates, or update the image.",
        tidings: "Trusts what the machine trusts.",
    }
    PROXY_INTERCEPTS = "proxy-intercepts", Error, [] [NoConnection] {
        title: "Somebody in between answers for APNs.",
        meaning: "The certificate that was shown was not issued for Apple by a public authority: a proxy or firewall opens TLS. It breaks HTTP/2 \
                  and client certificates.",
        causes: ["A company's firewall inspects TLS."],
        tell: "The issuer of the certificate is the company's or the product's.",
        fix: "Exempt api.push.apple.com and api.sandbox.push.apple.com from inspection, or send through a tunnelling HTTP proxy (CONNECT).",
        tidings: "Can send through an HTTP proxy that tunnels.",
    }
    PORT_BLOCKED = "port-blocked", Error, [] [NoConnection] {
        title: "No connection to APNs comes about.",
        meaning: "APNs listens on the ports 443 and 2197. A firewall lets neither or only one through.",
        causes: ["A rule of the firewall.", "A proxy that must be used and is not."],
        tell: "Try both: `nc -vz api.push.apple.com 443` and `2197`.",
        fix: "Open 443 or 2197 to 17.0.0.0/8 (Apple's network), or configure the proxy.",
        tidings: "Can use either port and a proxy.",
    }
    NAME_NOT_RESOLVED = "name-not-resolved", Error, [] [NoConnection] {
        title: "The name of APNs cannot be resolved.",
        meaning: "DNS gives no address for the host.",
        causes: ["No DNS from this network.", "The host name is misspelled."],
        tell: "`dig api.push.apple.com`.",
        fix: "Mend DNS, or allow it in the network's policy.",
        tidings: "Tries again with growing pauses.",
    }
    NO_HTTP2 = "no-http2", Error, [] [NoConnection] {
        title: "HTTP/2 was not negotiated.",
        meaning: "APNs speaks HTTP/2 only. A client or a proxy in between that offers HTTP/1.1 gets no answer.",
        causes: ["The HTTP library has no HTTP/2, or it is not switched on.", "A proxy takes it away."],
        tell: "`curl -v --http2 https://api.push.apple.com/` must say `ALPN: server accepted h2`.",
        fix: "Use a client with HTTP/2, past the proxy.",
        tidings: "Speaks HTTP/2 and nothing else.",
    }
    TLS_FAILED = "tls-failed", Error, [] [NoConnection] {
        title: "TLS could not be negotiated with APNs.",
        meaning: "The connection was made and then ended during the handshake.",
        causes: ["The client certificate has expired or was revoked.", "A firewall ends the connection.", "The clock is wrong."],
        tell: "The same without the client certificate, from the same machine: if it works, the certificate is at fault.",
        fix: "Look at the certificate with `tidings doctor FILE` and at the way with `tidings doctor --online`.",
        tidings: "Tries again with growing pauses; nothing is held against any device token.",
    }
}
