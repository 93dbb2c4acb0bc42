//! The way to APNs, as narrow as the engine needs it: tests put a scripted one in its place, everybody else uses the client.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{self, BoxFuture};
use tidings_apns::{Environment, Request};
use tidings_client::{BatchOutcome, BuildConnectorError, Client, ConnectionWatch, Credential, PoolSize};

use crate::config::EngineConfig;
use crate::letter::Speed;
use crate::route::Standing;

/// Makes lines to APNs.
pub trait Wire: Debug + Send + Sync {
    /// A line to an environment under a credential. It need not be connected yet.
    fn open(
        &self,
        environment: Environment,
        credential: Credential,
    ) -> Result<Arc<dyn Line>, BuildConnectorError>;
}

/// A line to APNs in one environment under one credential.
pub trait Line: Debug + Send + Sync {
    /// Sends all requests, and tells each outcome in the order in which they come.
    fn send<'a>(
        &'a self,
        road: Road,
        requests: Vec<Request>,
        tell: &'a mut (dyn FnMut(BatchOutcome) + Send),
    ) -> BoxFuture<'a, ()>;

    /// The client behind it, for what is not a notification to a device.
    fn client(&self) -> Option<Client>;

    /// A look at its connections, by the roads of the proven; what is no real line has none.
    fn watches(&self) -> Vec<(Road, ConnectionWatch)> {
        Vec::new()
    }

    /// Ends it when what is on its way has been answered.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Which of a line's connections: those of one road never wait for those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Road {
    /// To few, to proven device tokens.
    Express,
    /// To few, to device tokens that may be refused.
    ExpressProbation,
    /// To many, to proven device tokens.
    Main,
    /// To many, to device tokens that may be refused.
    Probation,
}

impl Road {
    /// The name of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Express => "express",
            Self::ExpressProbation => "express_probation",
            Self::Main => "main",
            Self::Probation => "probation",
        }
    }

    pub(crate) const ALL: [Self; 4] = [Self::Express, Self::ExpressProbation, Self::Main, Self::Probation];

    pub(crate) const fn of(speed: Speed, standing: Standing) -> Self {
        match (speed, standing) {
            (Speed::Express, Standing::Proven) => Self::Express,
            (Speed::Express, Standing::Doubtful) => Self::ExpressProbation,
            (Speed::Bulk, Standing::Proven) => Self::Main,
            (Speed::Bulk, Standing::Doubtful) => Self::Probation,
        }
    }
}

/// The client, as the engine is configured.
#[derive(Debug)]
pub(crate) struct ClientWire {
    config: EngineConfig,
}

impl ClientWire {
    pub(crate) const fn new(config: EngineConfig) -> Self {
        Self { config }
    }

    fn client(
        &self,
        environment: Environment,
        credential: Credential,
        connections: PoolSize,
    ) -> Result<Client, BuildConnectorError> {
        let endpoint = self.config.endpoints.of(environment);
        let mut builder = Client::builder(environment, credential)
            .endpoint(endpoint.host.as_str(), endpoint.port)
            .management_endpoint(endpoint.management_host.as_str(), endpoint.management_port)
            .trust(self.config.trust.clone())
            .connections(connections)
            .connect_timeouts(self.config.connect_timeouts)
            .request_timeout(self.config.request_timeout);
        if let Some(proxy) = &self.config.proxy {
            builder = builder.proxy(proxy.clone());
        }
        builder.build()
    }
}

impl Wire for ClientWire {
    fn open(
        &self,
        environment: Environment,
        credential: Credential,
    ) -> Result<Arc<dyn Line>, BuildConnectorError> {
        let most = self.config.connections.max;
        let few = PoolSize {
            min: 1,
            max: most.div_ceil(4),
        };
        let express = self.client(environment, credential.clone(), few)?;
        let main = self.client(environment, credential, self.config.connections)?;
        Ok(Arc::new(ClientLine {
            express_probation: express.probation(),
            express,
            probation: main.probation(),
            main,
        }))
    }
}

/// Two clients, so that what is sent to few never waits in the queue of what is sent to many.
#[derive(Debug)]
struct ClientLine {
    express: Client,
    express_probation: Client,
    main: Client,
    probation: Client,
}

impl Line for ClientLine {
    fn send<'a>(
        &'a self,
        road: Road,
        requests: Vec<Request>,
        tell: &'a mut (dyn FnMut(BatchOutcome) + Send),
    ) -> BoxFuture<'a, ()> {
        let client = match road {
            Road::Express => &self.express,
            Road::ExpressProbation => &self.express_probation,
            Road::Main => &self.main,
            Road::Probation => &self.probation,
        };
        client.send_batch(requests, tell).boxed()
    }

    fn client(&self) -> Option<Client> {
        Some(self.express.clone())
    }

    fn watches(&self) -> Vec<(Road, ConnectionWatch)> {
        vec![
            (Road::Express, self.express.watch()),
            (Road::Main, self.main.watch()),
        ]
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        future::join(self.express.close(), self.main.close())
            .map(|_closed| ())
            .boxed()
    }
}
