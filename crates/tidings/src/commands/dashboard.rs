//! `tidings dashboard link`: a link that signs somebody in to the dashboard of a running server.

use std::process::ExitCode;

use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tidings_store::DashboardRole;

use crate::output::{self, Format, FormatArgs, print_line};
use crate::remote::{Question, RemoteArgs};
use crate::runtime;

const EXAMPLES: &str = "\
Examples:
  tidings dashboard link
  tidings dashboard link --role viewer --name Ada
  tidings dashboard link --server https://push.example.com --api-key-file admin.key

It needs a key with the scope admin.";

/// Let people into the dashboard of a running server.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Link(LinkArgs),
}

/// Make a link that opens the dashboard once, within half an hour, and print it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct LinkArgs {
    #[command(flatten)]
    remote: RemoteArgs,
    /// What they may do: viewer (look, but not at payloads), operator (send, restore, end incidents) or admin
    #[arg(long, value_name = "ROLE", default_value = "admin")]
    role: DashboardRole,
    /// What the audit log calls them; one name is one person, with one role [default: the role]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    output: FormatArgs,
}

/// What the server answers.
#[derive(Deserialize)]
struct Created {
    path: String,
    role: String,
    expires_at: String,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
    role: &'a str,
    expires_at: &'a str,
}

/// Runs it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let What::Link(args) = &args.what;
    runtime::on_all_threads(link(args))?
}

async fn link(args: &LinkArgs) -> anyhow::Result<ExitCode> {
    let mut remote = args.remote.remote()?;
    let name = args.name.as_deref().unwrap_or(args.role.as_str());
    let body = json!({"name": name, "role": args.role});
    let question = Question::new(Method::POST, "/v1/dashboard-links").with_json(&body)?;
    let created: Created = remote.json(question).await?;
    let url = remote.page(&created.path);
    match args.output.format {
        Format::Text => print_line(&url)?,
        Format::Json => output::json(&Link {
            url: &url,
            role: &created.role,
            expires_at: &created.expires_at,
        })?,
    }
    Ok(ExitCode::SUCCESS)
}
