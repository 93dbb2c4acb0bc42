//! Which devices are meant, and how the server is asked for them, page by page.

use std::fmt::Write as _;

use hyper::Method;
use tidings_apns::{BundleId, Environment, TokenKind};
use tidings_truth::TokenState;

use super::device::{Device, Page};
use crate::remote::{Question, Remote};

/// Devices in a page.
const PAGE: usize = 1000;

/// Which devices are meant: those for which everything that is given is so.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which devices")]
pub(super) struct QueryArgs {
    /// The app's bundle id
    #[arg(long, value_name = "ID")]
    pub(super) app: BundleId,
    /// Only those of this user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only those of this installation
    #[arg(long, value_name = "ID")]
    installation: Option<String>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only those in this state: unproven, active, quarantined, unregistered, rejected or superseded
    #[arg(long, value_name = "STATE")]
    state: Option<TokenState>,
    /// Only those in this environment, as far as it is proven or claimed
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<Environment>,
    /// Only those of this kind: alert, voip, …
    #[arg(long, value_name = "KIND")]
    kind: Option<TokenKind>,
}

/// Which page is next.
enum Next {
    First,
    From(String),
    None,
}

/// The pages of an answer.
pub(super) struct Pages<'a> {
    remote: &'a mut Remote,
    path: String,
    next: Next,
    left: usize,
}

impl QueryArgs {
    /// Asks for at most so many.
    pub(super) fn pages<'a>(&self, remote: &'a mut Remote, at_most: usize) -> Pages<'a> {
        Pages {
            remote,
            path: self.path(),
            next: Next::First,
            left: at_most,
        }
    }

    fn path(&self) -> String {
        let mut path = format!("/v1/apps/{}/devices?", self.app);
        let parameters = [
            ("user_id", self.user.clone()),
            ("installation_id", self.installation.clone()),
            ("tag", self.tag.clone()),
            ("state", self.state.map(|state| state.as_str().to_owned())),
            (
                "environment",
                self.environment.map(|environment| environment.to_string()),
            ),
            ("kind", self.kind.map(|kind| kind.as_str().to_owned())),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(path, "{name}={}&", encoded(&value));
            }
        }
        path
    }
}

impl Pages<'_> {
    /// The next page; nothing at the end.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<Device>>> {
        let cursor = match &self.next {
            Next::First => String::new(),
            Next::From(cursor) => format!("&cursor={}", encoded(cursor)),
            Next::None => return Ok(None),
        };
        let limit = self.left.min(PAGE);
        let path = format!("{}limit={limit}{cursor}", self.path);
        let page: Page = self.remote.json(Question::new(Method::GET, &path)).await?;
        self.left -= page.devices.len().min(self.left);
        self.next = match page.next_cursor {
            Some(cursor) if self.left > 0 => Next::From(cursor),
            _ => Next::None,
        };
        Ok(Some(page.devices))
    }
}

/// A text as it stands in a query (RFC 3986).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_query_is_encoded() {
        assert_eq!(encoded("a-1._~"), "a-1._~");
        assert_eq!(encoded("a&b=c d/é"), "a%26b%3Dc%20d%2F%C3%A9");
    }
}
