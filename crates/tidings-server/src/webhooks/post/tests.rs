//! The way out against resolvers that lie and receivers with certificates, over real sockets.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A resolver that answers by a script, and remembers what it was asked for.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<io::Result<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = io::Result<Vec<IpAddr>>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Resolve for Script {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(name.to_owned());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.pop_front();
        let none = || Err(io::Error::other("nothing is known"));
        futures_util::future::ready(answer.unwrap_or_else(none)).boxed()
    }
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn ip(text: &str) -> IpAddr {
    text.parse().expect(text)
}

fn outgoing(allowed: &[&str], trust: &Trust, resolver: Arc<dyn Resolve>) -> Outgoing {
    let allowed = allowed.iter().map(|text| text.parse().expect(text)).collect();
    Outgoing::new(allowed, trust, Duration::from_secs(5), resolver)
}

async fn post(outgoing: &Outgoing, url: &str) -> Result<Answered, PostError> {
    let message = Message {
        id: "evt_1",
        unix_seconds: 1,
        signature: "v1,x".to_owned(),
        content_type: "application/json",
        body: Bytes::from_static(b"{}"),
    };
    outgoing.post(&url.parse().expect(url), message).await
}

/// A receiver that says 204, and the heads of what it was sent.
async fn receiver(tls: Option<TlsAcceptor>) -> (u16, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let port = listener.local_addr().expect("it has an address").port();
    let (tell, told) = tokio::sync::mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, tell) = (tls.clone(), tell.clone());
            tokio::spawn(async move {
                match tls {
                    None => answer(stream, tell).await,
                    Some(tls) => answer(tls.accept(stream).await.ok()?, tell).await,
                }
            });
        }
    });
    (port, told)
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    tell: tokio::sync::mpsc::Sender<String>,
) -> Option<()> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"{}") {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
    tell.send(String::from_utf8_lossy(&bytes).into_owned()).await.ok()
}

/// A certificate for a name, and who vouches for it.
fn certificate(name: &str) -> (TlsAcceptor, Trust) {
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names are fine");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&authority_key).expect("an authority");
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    let leaf = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("they belong together");
    let trust = Trust::pem(authority.pem().into_bytes());
    (TlsAcceptor::from(Arc::new(config)), trust)
}

#[tokio::test]
async fn it_goes_to_the_address_that_was_checked_and_asks_once() {
    let (port, mut told) = receiver(None).await;
    // At a second look the name would lead elsewhere: there is no second look.
    let resolver = Script::new([Ok(vec![HERE]), Ok(vec![ip("169.254.169.254")])]);
    let outgoing = outgoing(&["127.0.0.1/32"], &Trust::Bundled, Arc::clone(&resolver) as _);
    let answered = post(&outgoing, &format!("http://rebinding.example:{port}/in")).await;
    assert_eq!(answered.map(|answered| answered.status.as_u16()), Ok(204));
    assert_eq!(resolver.asked(), ["rebinding.example"]);
    let head = told.recv().await.expect("it came");
    assert!(
        head.contains(&format!("host: rebinding.example:{port}\r\n")),
        "{head}"
    );
    // What was public yesterday is looked at again today.
    let again = post(&outgoing, &format!("http://rebinding.example:{port}/in")).await;
    assert_eq!(again, Err(PostError::Refused(Refusal::Address)));
}

#[tokio::test]
async fn one_bad_address_of_a_name_is_enough() {
    for bad in [
        "127.0.0.1",
        "10.0.0.1",
        "::ffff:127.0.0.1",
        "fd00::1",
        "169.254.169.254",
    ] {
        let resolver = Script::new([Ok(vec![ip("1.1.1.1"), ip("2606:4700::1"), ip(bad)])]);
        let outgoing = outgoing(&[], &Trust::Bundled, resolver);
        assert_eq!(
            post(&outgoing, "https://both.example/").await,
            Err(PostError::Refused(Refusal::Address)),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_name_without_an_address_or_with_too_many_is_not_gone_to() {
    let many = (0..=32).map(|last| IpAddr::from([1, 1, 1, last])).collect();
    for answer in [
        Ok(vec![]),
        Ok(many),
        Err(io::Error::other("the resolver is down")),
    ] {
        let outgoing = outgoing(&[], &Trust::Bundled, Script::new([answer]));
        assert_eq!(
            post(&outgoing, "https://none.example/").await,
            Err(PostError::NotResolved)
        );
    }
}

#[tokio::test]
async fn names_that_lead_here_are_refused_by_the_real_resolver_too() {
    let outgoing = outgoing(&[], &Trust::Bundled, Arc::new(SystemResolver));
    let refused = Err(PostError::Refused(Refusal::Address));
    assert_eq!(post(&outgoing, "https://localhost/").await, refused);
    assert_eq!(post(&outgoing, "https://[::1]/").await, refused);
}

#[tokio::test]
async fn tls_is_checked_for_the_name_and_not_for_the_address() {
    let (acceptor, trust) = certificate("hooks.example");
    let (port, mut told) = receiver(Some(acceptor)).await;
    let to = async |trust: &Trust, name: &str| {
        let outgoing = outgoing(&["127.0.0.1/32"], trust, Script::new([Ok(vec![HERE])]));
        post(&outgoing, &format!("https://{name}:{port}/")).await
    };
    let answered = to(&trust, "hooks.example").await;
    assert_eq!(answered.map(|answered| answered.status.as_u16()), Ok(204));
    assert!(told.recv().await.is_some());
    assert_eq!(to(&trust, "other.example").await, Err(PostError::Tls));
    assert_eq!(to(&Trust::Bundled, "hooks.example").await, Err(PostError::Tls));
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let port = listener.local_addr().expect("it has an address").port();
    drop(listener);
    let outgoing = outgoing(&["127.0.0.1/32"], &Trust::Bundled, Script::new([Ok(vec![HERE])]));
    assert_eq!(
        post(&outgoing, &format!("http://nobody.example:{port}/")).await,
        Err(PostError::NotConnected)
    );
}
