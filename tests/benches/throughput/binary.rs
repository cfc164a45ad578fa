//! The local binary in a process of its own, as a user starts it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running `countersign --memory`. It ends with this.
pub(crate) struct Binary {
    child: Child,
    pub(crate) address: String,
    /// From the start of the process to the first answer.
    pub(crate) to_answer: Duration,
}

impl Binary {
    /// Starts it, and asks it one thing as soon as it can be asked.
    pub(crate) fn start(program: &Path, seed: &str, request: &str, body: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("seed.json"), seed).unwrap();
        let address = free_address();
        let mut command = Command::new(program);
        command
            .args(["--memory", "--seed", "seed.json", "--listen", &address])
            .current_dir(folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().unwrap();
        let mut binary = Self {
            child,
            address,
            to_answer: Duration::ZERO,
        };
        let mut stream = binary.connect(started);
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        while !reply.ends_with(body.as_bytes()) {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).unwrap();
            reply.extend_from_slice(&part[..read]);
            assert!(read > 0, "{}", String::from_utf8_lossy(&reply));
        }
        binary.to_answer = started.elapsed();
        binary
    }

    fn connect(&mut self, started: Instant) -> TcpStream {
        loop {
            if let Ok(stream) = TcpStream::connect(&self.address) {
                return stream;
            }
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "nobody listens on {}",
                self.address
            );
            thread::sleep(Duration::from_micros(100));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on, so that it can be tried from the very start on.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
