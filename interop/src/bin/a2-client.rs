//! Sends by `a2` from crates.io, as published; see `interop/README.md`.

use std::fs::{self, File};

use a2::request::payload::PayloadLike;
use a2::{Client, ClientConfig, Endpoint, NotificationOptions, Priority, PushType, Response};
use anyhow::{Context, Result, bail};
use clap::Parser;
use hyper_rustls::Detour;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tidings_interop::send::{Environment, Line, Send};

#[derive(Parser)]
#[command(about = "Send by a2 and print one JSON line for every device token")]
struct Arguments {
    #[command(flatten)]
    send: Send,
}

/// The payload as it was given.
#[derive(Debug)]
struct Given<'a> {
    device_token: &'a str,
    options: NotificationOptions<'a>,
    json: &'a RawValue,
}

impl Serialize for Given<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl PayloadLike for Given<'_> {
    fn get_device_token(&self) -> &str {
        self.device_token
    }

    fn get_options(&self) -> &NotificationOptions<'_> {
        &self.options
    }
}

fn main() -> Result<()> {
    let Arguments { send } = Arguments::parse();
    hyper_rustls::detour(Detour {
        connect_to: send.address()?,
        trust: send.ca.clone(),
        nodelay: false,
    });
    let client = client(&send)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(send_all(&client, &send))
}

fn client(send: &Send) -> Result<Client> {
    let config = ClientConfig::new(match send.environment {
        Environment::Production => Endpoint::Production,
        Environment::Sandbox => Endpoint::Sandbox,
    });
    match (&send.key, &send.key_id, &send.team_id, &send.cert, &send.cert_key) {
        (Some(key), Some(key_id), Some(team_id), ..) => {
            Ok(Client::token(File::open(key)?, key_id, team_id, config)?)
        }
        (.., Some(cert), Some(key)) => Ok(Client::certificate_parts(
            &fs::read(cert)?,
            &fs::read(key)?,
            config,
        )?),
        _ => bail!("neither a signing key nor a certificate was given"),
    }
}

async fn send_all(client: &Client, send: &Send) -> Result<()> {
    let json: &RawValue = serde_json::from_str(&send.payload).context("reading --payload")?;
    for (number, token) in send.token.iter().enumerate() {
        if send.step && number > 0 {
            tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        }
        let given = Given {
            device_token: token,
            options: options(send)?,
            json,
        };
        println!(
            "{}",
            serde_json::to_string(&line(token, client.send(given).await))?
        );
    }
    Ok(())
}

fn options(send: &Send) -> Result<NotificationOptions<'_>> {
    let push_type = match send.push_type.as_str() {
        "alert" => PushType::Alert,
        "background" => PushType::Background,
        "voip" => PushType::Voip,
        "liveactivity" => PushType::LiveActivity,
        other => bail!("a2 is not taught the push type {other} here"),
    };
    Ok(NotificationOptions {
        apns_topic: Some(&send.topic),
        apns_push_type: Some(push_type),
        apns_priority: Some(if send.priority == 10 {
            Priority::High
        } else {
            Priority::Normal
        }),
        ..NotificationOptions::default()
    })
}

fn line(token: &str, answer: Result<Response, a2::Error>) -> Line<'_> {
    let (response, error) = match answer {
        Ok(response) | Err(a2::Error::ResponseError(response)) => (Some(response), None),
        Err(error) => (None, Some(chain(&error))),
    };
    let body = response.as_ref().and_then(|response| response.error.as_ref());
    Line {
        client: "a2",
        token,
        status: response.as_ref().map(|response| response.code),
        reason: body.map(|body| format!("{:?}", body.reason)),
        timestamp: body.and_then(|body| body.timestamp),
        apns_id: response.as_ref().and_then(|response| response.apns_id.clone()),
        error,
    }
}

/// An error with its causes: what hyper has to say is two levels down.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
