//! The local binary as a process of its own, as a user runs it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::Child;

/// Returns a program of the workspace. All are built once, in the profile of this test.
pub fn built(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    // With this package among them, dependencies have the features that they have in the suite. Without it, most are
    // compiled a second time.
    let packages = [
        "--package=countersign-local",
        "--package=countersign-functions",
        "--package=countersign-tests",
    ];
    let folder = FOLDER.get_or_init(|| build(&[&["--bins"], &packages[..]].concat()));
    folder.join(name)
}

/// Returns an example of this package, built in the same profile.
pub fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| build(&["--examples", "--package=countersign-tests"]));
    folder.join("examples").join(name)
}

/// Builds, and returns the folder of the programs.
fn build(arguments: &[&str]) -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet"]).args(arguments);
    if !cfg!(debug_assertions) {
        build.args(["--profile", "bench"]); // of a benchmark, then
    }
    let built = build.status().unwrap();
    assert!(built.success(), "the programs do not build");
    // target/<profile>/deps/suite-<hash>
    let suite = std::env::current_exe().unwrap();
    suite.ancestors().nth(2).unwrap().to_owned()
}

/// The local binary, serving. It ends with the test.
#[derive(Debug)]
pub struct Local {
    pub url: String,
    pub folder: TempDir,
    child: Child,
}

impl Local {
    /// Returns the command line of the binary, in `folder`, with `arguments`.
    pub fn command(folder: &TempDir, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(built("countersign"));
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts it on a free port, and waits until it serves.
    pub async fn start(arguments: &[&str], seed: Option<&Value>) -> Self {
        Self::start_in(TempDir::new().unwrap(), arguments, seed).await
    }

    /// Starts it in a folder that may hold the data of an earlier start.
    pub async fn start_in(folder: TempDir, arguments: &[&str], seed: Option<&Value>) -> Self {
        let ready = folder.path().join("ready.json");
        let _ = std::fs::remove_file(&ready);
        let mut all = vec!["--listen", "127.0.0.1:0", "--ready-file", "ready.json"];
        if let Some(seed) = seed {
            std::fs::write(folder.path().join("seed.json"), seed.to_string()).unwrap();
            all.extend(["--seed", "seed.json"]);
        }
        all.extend(arguments);
        let mut child = Self::command(&folder, &all).spawn().unwrap();
        let url = loop {
            if let Ok(text) = std::fs::read_to_string(&ready) {
                let json: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(json["pid"], child.id().unwrap());
                break json["url"].as_str().unwrap().to_owned();
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("it ended with {status}: {}", Self::read(&mut child).await.1);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        Self { url, folder, child }
    }

    /// Returns its process ID.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it has not ended")
    }

    async fn read(child: &mut Child) -> (String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        if let Some(pipe) = &mut child.stdout {
            pipe.read_to_string(&mut out).await.unwrap();
        }
        if let Some(pipe) = &mut child.stderr {
            pipe.read_to_string(&mut err).await.unwrap();
        }
        (out, err)
    }

    /// Returns its output up to and including the line that contains `part`.
    pub async fn printed_until(&mut self, part: &str) -> String {
        let stdout = self.child.stdout.as_mut().unwrap();
        let mut printed = Vec::new();
        loop {
            let byte = stdout.read_u8().await.expect("it printed something else");
            printed.push(byte);
            let text = String::from_utf8_lossy(&printed);
            if byte == b'\n' && text.contains(part) {
                return text.into_owned();
            }
        }
    }

    /// Sends SIGTERM, holds it to a clean end, and gives what it wrote to stdout and stderr.
    pub async fn stop_with(mut self, signal: &str) -> (String, String, TempDir) {
        let pid = self.child.id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let output = Self::read(&mut self.child).await;
        let status = self.child.wait().await.unwrap();
        assert_eq!(status.code(), Some(0), "{}", output.1);
        (output.0, output.1, self.folder)
    }

    /// Ends it cleanly and gives its log.
    pub async fn stop(self) -> String {
        self.stop_with("-TERM").await.1
    }

    /// Kills it without warning, and gives the folder it worked in.
    pub async fn kill(mut self) -> TempDir {
        self.child.kill().await.unwrap();
        self.folder
    }
}
