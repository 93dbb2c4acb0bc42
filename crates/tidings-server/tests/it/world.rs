//! A server with everything behind it: store, engine, APNs.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_apns::Timestamp;
use tidings_client::Trust;
use tidings_delivery::{Clock, Endpoint, Endpoints, Engine, EngineConfig, ManualClock, SystemClock};
use tidings_server::{Server, ServerConfig, new_api_key};
use tidings_store::{Scope, SealingKey, Store, StoreConfig};
use tidings_testkit::{BUNDLE_ID, Scene, TEAM_ID};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::answer::{Answer, Ask};

/// Where the app's operations are.
pub(crate) const APP: &str = "/v1/apps/com.example.app";

/// A running server.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    /// A key that allows everything.
    pub(crate) admin: String,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) clock: Option<ManualClock>,
    pub(crate) scene: Option<Scene>,
    _directory: TempDir,
    end: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// How a world is to be.
pub(crate) struct Plan {
    pub(crate) config: ServerConfig,
    pub(crate) scene: Option<Scene>,
    pub(crate) clock: Option<ManualClock>,
}

impl World {
    /// A server without APNs, whose clock stands still.
    pub(crate) async fn new() -> Self {
        Self::with(ServerConfig::default()).await
    }

    /// The same, with another configuration.
    pub(crate) async fn with(config: ServerConfig) -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_millis(1_800_000_000_000));
        Self::planned(Plan {
            config,
            scene: None,
            clock: Some(clock),
        })
        .await
    }

    /// A server that sends to the simulator.
    pub(crate) async fn sending() -> Self {
        let scene = Scene::new().await.expect("the simulator starts");
        Self::planned(Plan {
            config: ServerConfig::default(),
            scene: Some(scene),
            clock: None,
        })
        .await
    }

    pub(crate) async fn planned(plan: Plan) -> Self {
        let directory = tempfile::tempdir().expect("there is room for a folder");
        let config = StoreConfig::new(directory.path().join("data"), SealingKey::generate());
        let store = Store::open(&config).await.expect("the store opens");
        let clock: Arc<dyn Clock> = match &plan.clock {
            Some(clock) => Arc::new(clock.clone()),
            None => Arc::new(SystemClock::new()),
        };
        let mut engine_config = engine_config(plan.scene.as_ref());
        engine_config.tracer.clone_from(&plan.config.tracer);
        let engine = Engine::start(store.clone(), engine_config, Arc::clone(&clock)).await;
        let engine = engine.expect("the engine starts");
        let (kept, text) = new_api_key("first", &[Scope::Admin], None);
        store
            .create_api_key(kept, "tidings", clock.now())
            .await
            .expect("the key is kept");
        let server = Server::new(store.clone(), engine, plan.config, clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it has an address");
        let (end, ended) = oneshot::channel::<()>();
        let serving = {
            let server = server.clone();
            tokio::spawn(async move {
                let shutdown = async { drop(ended.await) };
                server.serve(listener, shutdown).await;
            })
        };
        Self {
            address,
            admin: text.as_str().to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            server,
            store,
            clock: plan.clock,
            scene: plan.scene,
            _directory: directory,
            end: Some(end),
            serving,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        Ask::new(self, Method::GET, path)
    }

    pub(crate) fn put(&self, path: &str) -> Ask<'_> {
        Ask::new(self, Method::PUT, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        Ask::new(self, Method::POST, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Ask<'_> {
        Ask::new(self, Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask<'_> {
        Ask::new(self, Method::DELETE, path)
    }

    /// A key with these scopes, for all apps.
    pub(crate) async fn key(&self, scopes: &[&str]) -> String {
        self.make_key(&json!({"name": "test", "scopes": scopes})).await
    }

    /// A key as it is described.
    pub(crate) async fn make_key(&self, description: &Value) -> String {
        let made = self
            .post("/v1/api-keys")
            .json(description)
            .send()
            .await
            .must_be(201);
        made.json()["key"].as_str().expect("the key is shown").to_owned()
    }

    /// Registers a device token.
    pub(crate) async fn register(&self, token: &str, body: &Value) -> Answer {
        let path = format!("{APP}/devices/{token}");
        self.put(&path).json(body).send().await.must_be(200)
    }

    /// Uploads the scene's key, for some environments.
    pub(crate) async fn upload_key(&self, environments: &[&str]) -> Answer {
        let scene = self.scene.as_ref().expect("this world has an APNs");
        let body = json!({
            "p8": scene.private_key_pem,
            "key_id": scene.key_id,
            "team_id": TEAM_ID,
            "environments": environments,
        });
        let path = format!("/v1/apps/{BUNDLE_ID}/credentials");
        self.post(&path).json(&body).send().await.must_be(201)
    }

    /// Sends an alert, and returns its id.
    pub(crate) async fn send(&self, to: &Value) -> String {
        let body = json!({"to": to, "aps": {"alert": "Tea is ready"}});
        let path = format!("{APP}/notifications");
        let accepted = self.post(&path).json(&body).send().await.must_be(202);
        accepted.json()["id"].as_str().expect("it has an id").to_owned()
    }

    /// Looks until an answer is as it should be.
    pub(crate) async fn until(&self, path: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            loop {
                let json = self.get(path).send().await.must_be(200).json();
                if is_right(&json) {
                    return json;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let found = tokio::time::timeout(tidings_testkit::PATIENCE, looking)
            .await
            .ok();
        let last = self.get(path).send().await.text();
        found.expect(&last)
    }

    /// Speaks to the simulator's world.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let scene = self.scene.as_ref().expect("this world has an APNs");
        let url = format!("{}{path}", scene.simulator.control_url());
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = http::Request::builder().method(method).uri(url);
        let request = request.header("content-type", "application/json");
        let request = request
            .body(Full::new(Bytes::from(body)))
            .expect("it is well formed");
        let response = self.client.request(request).await.expect("the simulator answers");
        let status = response.status();
        let body = http_body_util::BodyExt::collect(response.into_body()).await;
        let body = body.expect("the answer is whole").to_bytes();
        assert!(status.is_success(), "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// Installs the app on the scene's device; its device token of a kind.
    pub(crate) async fn install(&self, build: &str, kind: &str) -> String {
        let body = json!({"bundle_id": BUNDLE_ID, "build": build, "kinds": [kind]});
        let path = format!("/v1/devices/{}/installs", self.device_id());
        let installed = self.control(Method::POST, &path, Some(&body)).await;
        installed["tokens"][kind]
            .as_str()
            .expect("it has a token")
            .to_owned()
    }

    /// What the scene's device has shown.
    pub(crate) async fn shown(&self) -> Vec<Value> {
        let path = format!("/v1/devices/{}/notifications", self.device_id());
        let shown = self.control(Method::GET, &path, None).await;
        shown.as_array().cloned().unwrap_or_default()
    }

    fn device_id(&self) -> &str {
        &self.scene.as_ref().expect("this world has an APNs").device_id
    }

    /// Lets the server end.
    pub(crate) async fn end(mut self) -> Store {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        self.serving.await.expect("the server ends in good order");
        self.store
    }

    /// Asks for the end without waiting for it.
    pub(crate) fn begin_end(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
    }
}

fn engine_config(scene: Option<&Scene>) -> EngineConfig {
    let mut config = EngineConfig::new("test");
    let Some(scene) = scene else {
        let nowhere = || Endpoint {
            host: "127.0.0.1".to_owned(),
            port: 1,
            management_host: "127.0.0.1".to_owned(),
            management_port: 1,
        };
        config.endpoints = Endpoints {
            production: nowhere(),
            sandbox: nowhere(),
        };
        return config;
    };
    let ready = scene.simulator.ready();
    let endpoint = |push: &str, channels: &str| Endpoint {
        host: "127.0.0.1".to_owned(),
        port: port(push),
        management_host: "127.0.0.1".to_owned(),
        management_port: port(channels),
    };
    config.endpoints = Endpoints {
        production: endpoint(&ready.production, &ready.channels_production),
        sandbox: endpoint(&ready.sandbox, &ready.channels_sandbox),
    };
    config.trust = Trust::pem(scene.simulator.ca_pem().as_bytes());
    config
}

fn port(url: &str) -> u16 {
    let digits = url.rsplit(':').next().unwrap_or_default();
    digits.parse().expect("the URL has a port")
}
