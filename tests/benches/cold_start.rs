//! Cold start: from the start of a function's process to its first answer through the Runtime API.
//!
//! Its further answers are measured too, and a function that only says hello for comparison.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use countersign_tests::Setup;
use countersign_tests::measure::{Samples, built, megabytes, milliseconds, process_cpu};
use countersign_tests::runtime_api::{Cloud, DynamoDb, Environment, Event, Function};

const PROCESSES: usize = 25;
/// Of each process, after its first.
const FURTHER: usize = 20;

/// The function to start, and its first event.
struct Candidate {
    name: &'static str,
    program: PathBuf,
    environment: Environment,
    event: Event,
    answers: &'static str,
    to_answer: Samples,
    cpu: Samples,
    warm: Samples,
}

impl Candidate {
    async fn start(&mut self) -> (Duration, Duration) {
        let event = self.event.json();
        let function = Function::spawn(&self.program, &self.environment).await;
        let response = function.invoke(&event).await.unwrap();
        let to_answer = function.started().elapsed();
        let cpu = process_cpu(function.pid());
        let body = response["body"].as_str().unwrap();
        assert!(body.contains(self.answers), "{}: {body}", self.name);
        for _ in 0..FURTHER {
            let asked = Instant::now();
            function.invoke(&event).await.unwrap();
            self.warm.push(asked.elapsed());
        }
        function.kill().await;
        (to_answer, cpu)
    }
}

// One thread for the Runtime API and DynamoDB together leaves a core for the process.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let hello_world = built(&["--package", "countersign-tests", "--example", "hello_world"]);
    let bootstrap = built(&["--package", "countersign-functions", "--bin", "bootstrap"]);
    let cloud = Cloud::on(DynamoDb::embedded().await, &Setup::default().seed).await;
    let candidate = |name, program: &PathBuf, environment, event, answers| Candidate {
        name,
        program: program.clone(),
        environment,
        event,
        answers,
        to_answer: Samples::default(),
        cpu: Samples::default(),
        warm: Samples::default(),
    };
    let setting = Event::get("/settings/get_default", &[("key", "minimum_age")]).by("owner");
    let document = Event::get("/openapi.json", &[]);
    let mut candidates = [
        candidate(
            "hello world",
            &hello_world,
            Environment::of_lambda("hello"),
            document.clone(),
            "Hello",
        ),
        candidate(
            "settings.get_default",
            &bootstrap,
            cloud.environment("settings.get_default"),
            setting,
            r#"{"result":"13","stat":"ok"}"#,
        ),
        candidate(
            "documents.openapi",
            &bootstrap,
            cloud.environment("documents.openapi"),
            document,
            r#""openapi":"3.1.0""#,
        ),
    ];
    for round in 0..=PROCESSES {
        for candidate in &mut candidates {
            let (to_answer, cpu) = candidate.start().await;
            // The first of each brings its file into memory.
            if round > 0 {
                candidate.to_answer.push(to_answer);
                candidate.cpu.push(cpu);
            }
        }
    }
    println!(
        "\nCold start: spawn to first answer, median of {PROCESSES} processes each (10 % to 90 %)"
    );
    println!(
        "{:<22}{:<30}{:>7}{:>12}{:>12}",
        "", "", "ratio", "CPU ms", "binary MB"
    );
    let floor = candidates[0].to_answer.median();
    for candidate in &candidates {
        let Candidate {
            name,
            program,
            to_answer,
            cpu,
            ..
        } = candidate;
        println!(
            "{name:<22}{to_answer:<30}{:>7.2}{:>12.2}{:>12.2}",
            to_answer.median().as_secs_f64() / floor.as_secs_f64(),
            milliseconds(cpu.median()),
            megabytes(program),
        );
    }
    println!("\nWarm: an event to its answer, median of {FURTHER} further ones of each");
    let floor = candidates[0].warm.median().as_secs_f64();
    for Candidate { name, warm, .. } in &candidates {
        let ratio = warm.median().as_secs_f64() / floor;
        println!("{name:<22}{warm:<30}{ratio:>7.2}");
    }
}
