//! The HTTP API over real sockets, with the real store and the real engine, and the simulator for APNs.

mod access;
mod answer;
mod api_keys;
mod book;
mod channels;
mod connections;
mod credentials;
mod dashboard;
mod devices;
mod diagnosis;
mod events;
mod import;
mod incidents;
mod metrics;
mod notifications;
mod openapi;
mod problems;
mod receiver;
mod secrecy;
mod webhooks;
mod world;
