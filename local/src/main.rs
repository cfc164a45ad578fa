//! The `countersign` command: the whole service on this machine.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use local::Running;
use local::options::{Cli, Log};
use tokio::signal::unix::{SignalKind, signal};

/// Exit status for a wrong use, as shells and scripts understand it.
const EXIT_USAGE: u8 = 2;

/// Help for the person who gets an invitation's link.
const INVITATION_HELP: &str = "The link is not a web page: it answers JSON. Set a password and an authenticator with curl,\n\
    as docs/administration.md shows in \"Take up the invitation\".";

fn main() -> ExitCode {
    let cli = Cli::parse();
    log(cli.log);
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|fault| format!("cannot start threads: {fault}"))
        .and_then(|runtime| runtime.block_on(run(&cli)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(io::stderr(), "countersign: {sentence}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// Sends log lines to stderr. Stdout is for the text that a newcomer needs.
fn log(form: Log) {
    let lines = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    match form {
        Log::Text => lines.init(),
        Log::Json => lines
            .json()
            .with_span_list(false)
            .flatten_event(true)
            .with_current_span(true)
            .init(),
    }
    functions::log_panics();
}

async fn run(cli: &Cli) -> Result<(), String> {
    let signals = |fault: io::Error| format!("cannot listen for signals: {fault}");
    let mut terminate = signal(SignalKind::terminate()).map_err(signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(signals)?;
    let running = local::start(cli.server()?)
        .await
        .map_err(|fault| fault.to_string())?;
    if std::env::var_os("COUNTERSIGN_PUBLIC_URL").is_some() {
        let url = &running.url;
        let _ = writeln!(
            io::stderr(),
            "countersign: COUNTERSIGN_PUBLIC_URL is ignored, it is for AWS. Links and tokens say {url}."
        );
    }
    if let Some(file) = &cli.ready_file {
        write_ready_file(file, &running.url).map_err(|fault| {
            format!(
                "cannot write the file of --ready-file, {}: {fault}",
                file.display()
            )
        })?;
    }
    // A closed stdout means that nobody reads this text. The server is needed all the same.
    let _ = welcome(&running);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    Ok(())
}

fn welcome(running: &Running) -> io::Result<()> {
    let url = &running.url;
    let mut out = io::stdout().lock();
    writeln!(out, "Countersign answers at {url}")?;
    if let Some(demo) = &running.demo {
        let (id, secret) = (demo.client_id.as_str(), demo.client_secret.expose());
        writeln!(
            out,
            "\nThis first start created an application, Demo, with one client that may call everything."
        )?;
        writeln!(out, "Its credentials are shown this once:")?;
        writeln!(out, "  client ID      {id}")?;
        writeln!(out, "  client secret  {secret}")?;
        writeln!(
            out,
            "\nTry them:\n  curl -u {id}:{secret} {url}/clients/list"
        )?;
        let email = demo.invitation.email.as_str();
        writeln!(
            out,
            "\nIts first administrator is {email}. This link invites them, once, for 72 hours:"
        )?;
        writeln!(out, "  {url}{}", demo.invitation.path())?;
        writeln!(out, "{INVITATION_HELP}")?;
    }
    if let Some(planted) = &running.planted {
        let (applications, clients) = (planted.applications, planted.clients);
        let (administrators, kept) = (planted.administrators, planted.kept);
        writeln!(
            out,
            "\nNew from the seed: applications {applications}, clients {clients}, administrators {administrators}; already there: {kept}."
        )?;
        for invitation in &planted.invitations {
            let (email, path) = (invitation.email.as_str(), invitation.path());
            writeln!(out, "Invited: {email}, with {url}{path}")?;
        }
        if !planted.invitations.is_empty() {
            writeln!(out, "{INVITATION_HELP}")?;
        }
    }
    writeln!(
        out,
        "\nThe API is described at {url}/openapi.json. Ctrl-C stops the server."
    )?;
    out.flush()
}

/// Writes the ready file. It is moved into place, so that a script that waits for it reads all of it.
fn write_ready_file(file: &Path, url: &str) -> io::Result<()> {
    let ready = serde_json::json!({"url": url, "pid": std::process::id()});
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    fs::write(&beside, format!("{ready}\n"))?;
    fs::rename(&beside, file)
}
