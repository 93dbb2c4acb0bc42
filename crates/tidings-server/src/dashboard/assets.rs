//! The files of the dashboard: style, scripts, the picture in the tab. They are in the binary, compressed once, and named by
//! their content, so that browsers keep them for ever and get new ones at once.

use std::io::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::hex;
use crate::parameters::Place;

/// A file.
struct Asset {
    /// Its name with a part of its hash: `style.0123abcd.css`.
    name: String,
    media_type: &'static str,
    content: &'static [u8],
    gzip: Bytes,
}

/// Where the files of a page are.
pub(crate) struct Addresses {
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) htmx: String,
    pub(crate) icon: String,
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        Asset::new(
            "style",
            "css",
            "text/css; charset=utf-8",
            include_bytes!("../../assets/dashboard.css"),
        ),
        Asset::new(
            "dashboard",
            "js",
            JAVASCRIPT,
            include_bytes!("../../assets/dashboard.js"),
        ),
        Asset::new(
            "htmx",
            "js",
            JAVASCRIPT,
            include_bytes!("../../assets/htmx-2.0.11.min.js"),
        ),
        Asset::new(
            "icon",
            "svg",
            "image/svg+xml",
            include_bytes!("../../assets/icon.svg"),
        ),
    ]
});

static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let [style, script, htmx, icon] = &*ASSETS;
    Addresses {
        style: style.address(),
        script: script.address(),
        htmx: htmx.address(),
        icon: icon.address(),
    }
});

/// Where the files are.
pub(crate) fn addresses() -> &'static Addresses {
    &ADDRESSES
}

/// Serves one of them.
pub(crate) async fn serve(Place(name): Place<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let zipped = takes_gzip(&headers);
    let body = if zipped {
        asset.gzip.clone()
    } else {
        Bytes::from_static(asset.content)
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if zipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted
        .split(',')
        .any(|coding| coding.trim().eq_ignore_ascii_case("gzip"))
}

impl Asset {
    fn new(stem: &str, ending: &str, media_type: &'static str, content: &'static [u8]) -> Self {
        let hash = hex::encode(&digest(&SHA256, content).as_ref()[..6]);
        Self {
            name: format!("{stem}.{hash}.{ending}"),
            media_type,
            content,
            gzip: zip(content).unwrap_or_default().into(),
        }
    }

    fn address(&self) -> String {
        format!("/dashboard/assets/{}", self.name)
    }
}

fn zip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_together_is_small() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.gzip.len()).sum();
        assert!((1..40 << 10).contains(&bytes), "{bytes}");
        assert!(ASSETS.iter().all(|asset| !asset.gzip.is_empty()));
    }
}
