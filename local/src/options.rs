//! The options of the `countersign` command.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use shared::Clock;
use shared::seed::Seed;

use crate::lambda::Bootstrap;
use crate::server::{Options, Storage};

/// Last lines of `--help`.
const DOCUMENTATION: &str = "Documentation: docs/local.md in the source explains the options, docs/README.md lists the rest.\n\
    A running server describes its API at /openapi.json.";

/// Keeps API clients, their secrets and their settings. Everything runs on this machine, in one process.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = DOCUMENTATION)]
pub struct Cli {
    /// IP address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,

    /// The folder for the data; created if it is missing
    #[arg(long, value_name = "DIR", default_value = ".countersign")]
    data: PathBuf,

    /// Keep nothing; with --dynamodb, keep no sealing key
    #[arg(long, conflicts_with = "data")]
    memory: bool,

    /// Keep the data in DynamoDB at this URL instead; missing tables are created
    #[arg(long, value_name = "URL")]
    dynamodb: Option<String>,

    /// Create what this JSON file names and is missing
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Faithful mode: run the operations in this Lambda bootstrap, as AWS does
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,

    /// Write the URL and the process ID to this file when the server answers
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,

    /// The format of log lines on stderr
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub log: Log,
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Parses an address to listen on. The standard library's own error gives no example.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "give an IP address and a port, such as 127.0.0.1:8080".to_owned())
}

impl Cli {
    /// Returns the server's options. A fault is a sentence for the person at the terminal.
    pub fn server(&self) -> Result<Options, String> {
        let folder = self.data.clone();
        let storage = match (self.dynamodb.clone(), self.memory) {
            (None, true) => Storage::Memory,
            (None, false) => Storage::Folder(folder),
            (Some(url), true) => Storage::EndpointMemory { url },
            (Some(url), false) => Storage::Endpoint { url, folder },
        };
        Ok(Options {
            listen: self.listen,
            storage,
            table_prefix: "countersign".to_owned(),
            seed: self.seed()?,
            demo: true,
            clock: Clock::System,
            hook: None,
            bootstrap: self.bootstrap.clone().map(|program| Bootstrap {
                program,
                environment: Vec::new(),
                log: None,
                clock_file: None,
            }),
            template: None,
        })
    }

    fn seed(&self) -> Result<Option<Seed>, String> {
        let Some(file) = &self.seed else {
            return Ok(None);
        };
        let name = file.display();
        let text = fs::read_to_string(file)
            .map_err(|fault| format!("cannot read the file of --seed, {name}: {fault}"))?;
        let seed = Seed::parse(&text)
            .map_err(|fault| format!("the file of --seed, {name}, does not fit: {fault}"))?;
        Ok(Some(seed))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["countersign"], arguments].concat())
    }

    fn storage(arguments: &[&str]) -> String {
        format!("{:?}", parse(arguments).unwrap().server().unwrap().storage)
    }

    #[test]
    fn the_options_fit_together() {
        Cli::command().debug_assert();
        assert_eq!(storage(&[]), r#"Folder(".countersign")"#);
        assert_eq!(storage(&["--data", "d"]), r#"Folder("d")"#);
        assert_eq!(storage(&["--memory"]), "Memory");
        let url = "http://localhost:8000";
        assert!(storage(&["--dynamodb", url, "--data", "d"]).starts_with("Endpoint {"));
        assert!(storage(&["--dynamodb", url, "--memory"]).starts_with("EndpointMemory {"));
        assert!(parse(&["--memory", "--data", "d"]).is_err());
        for text in ["nonsense", "8080", ":8080", "localhost:8080"] {
            let said = parse(&["--listen", text]).unwrap_err().to_string();
            assert!(said.contains("such as 127.0.0.1:8080"), "{said}");
        }
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("docs/local.md"), "{help}");
    }

    #[test]
    fn a_seed_that_cannot_be_used_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seed.json");
        let said = || {
            let cli = parse(&["--seed", file.to_str().unwrap()]).unwrap();
            cli.server().unwrap_err()
        };
        assert!(said().starts_with("cannot read the file of --seed, "));
        fs::write(&file, r#"{"applications":[{}]}"#).unwrap();
        assert!(
            said().contains("does not fit: at applications[0]"),
            "{}",
            said()
        );
    }
}
