//! Provider tokens, right and wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The parts of a provider token as text; the signature is any bytes, since nobody offline can check it.
#[derive(Clone, Debug)]
pub struct ProviderTokenSpec {
    /// The header, in JSON.
    pub header: String,
    /// The claims, in JSON.
    pub claims: String,
    /// The signature; nothing leaves its part out.
    pub signature: Option<Vec<u8>>,
}

impl ProviderTokenSpec {
    /// A token as APNs wants it.
    pub fn new(key_id: &str, team_id: &str, issued_at: u64) -> Self {
        Self {
            header: format!(r#"{{"alg":"ES256","kid":"{key_id}","typ":"JWT"}}"#),
            claims: format!(r#"{{"iss":"{team_id}","iat":{issued_at}}}"#),
            signature: Some((0..64).map(|byte| byte ^ 0xe5).collect()),
        }
    }

    /// The same with a signature in DER, as most libraries sign by themselves.
    #[must_use]
    pub fn with_der_signature(mut self) -> Self {
        let number = [&[0x02, 0x20][..], &[0x11; 32]].concat();
        let numbers = [number.clone(), number].concat();
        self.signature = Some([&[0x30, 0x44][..], &numbers].concat());
        self
    }

    /// The token.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&self.header),
            URL_SAFE_NO_PAD.encode(&self.claims)
        );
        if let Some(signature) = &self.signature {
            text.push('.');
            text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        }
        text
    }
}
