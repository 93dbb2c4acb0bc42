//! Any bytes as a proxy's answer to CONNECT: bounded, printable, and the same however they arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_client::{Proxy, ProxyAnswer};

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(answer)) = ProxyAnswer::parse(data) {
        assert!(answer.head_length <= data.len());
        assert!(answer.phrase.chars().count() <= 100 && !answer.phrase.contains(char::is_control));
        let head = &data[..answer.head_length];
        assert_eq!(
            ProxyAnswer::parse(&head[..head.len() - 1]),
            Ok(None),
            "a head ends once"
        );
        assert_eq!(
            ProxyAnswer::parse(head),
            Ok(Some(answer)),
            "what follows the head changes nothing"
        );
    }
    if let Some(proxy) = std::str::from_utf8(data)
        .ok()
        .and_then(|text| text.parse::<Proxy>().ok())
    {
        let shown = proxy.to_string();
        let again = shown.parse::<Proxy>().expect("what is shown can be read");
        assert_eq!((again.host(), again.port()), (proxy.host(), proxy.port()));
    }
});
