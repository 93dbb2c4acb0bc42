//! What the server answered, and how it was asked.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use crate::world::World;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        let text = self.text();
        serde_json::from_str(&text).expect(&text)
    }

    /// The objects of an answer with one on each line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// The answer, which must have this status.
    pub(crate) fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The slug of a problem, which it must be.
    pub(crate) fn problem(&self) -> String {
        let content_type = self
            .headers
            .get(CONTENT_TYPE)
            .expect("every answer has a content type");
        assert_eq!(content_type, "application/problem+json", "{}", self.text());
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert!(!json["detail"].as_str().unwrap_or_default().is_empty(), "{json}");
        assert!(!json["hint"].as_str().unwrap_or_default().is_empty(), "{json}");
        let uri = json["type"].as_str().unwrap_or_default();
        uri.strip_prefix("urn:tidings:problem:").expect(uri).to_owned()
    }
}

/// A question.
pub(crate) struct Ask<'a> {
    world: &'a World,
    method: Method,
    path: String,
    key: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(world: &'a World, method: Method, path: &str) -> Self {
        Self {
            world,
            method,
            path: path.to_owned(),
            key: Some(world.admin.clone()),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// By another key than the admin's.
    pub(crate) fn by(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Without any key.
    pub(crate) fn by_nobody(mut self) -> Self {
        self.key = None;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a JSON body.
    pub(crate) fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(value.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let (world, request) = self.request();
        let response = world.client.request(request).await.expect("the server answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the answer is whole").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The answer as it begins, for streams.
    pub(crate) async fn begin(self) -> http::Response<hyper::body::Incoming> {
        let (world, request) = self.request();
        world.client.request(request).await.expect("the server answers")
    }

    fn request(self) -> (&'a World, Request<Full<Bytes>>) {
        let url = format!("http://{}{}", self.world.address, self.path);
        let mut request = Request::builder().method(self.method).uri(url);
        if let Some(key) = self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(self.body))
            .expect("the request is well formed");
        (self.world, request)
    }
}
