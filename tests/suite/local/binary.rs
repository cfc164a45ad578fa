//! The local binary, as a process: what it prints, keeps, refuses, and how it ends.

use std::os::unix::fs::PermissionsExt;

use countersign_tests::binary::Local;
use countersign_tests::{Caller, Setup, secret_of};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Runs it until it ends by itself, and gives its exit code and what it said on stderr.
async fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    let output = Local::command(folder, arguments).output().await.unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert_eq!(words.trim().lines().count(), 1, "one sentence: {words}");
    words
}

#[tokio::test]
async fn the_first_start_prints_a_curl_line_that_works() {
    let local = Local::start(&["--memory"], None).await;
    let url = local.url.clone();
    let (printed, _, _) = {
        // The line is printed before the server ends, so it can be read afterwards. A second server
        // with the same data proves that the credentials were true.
        let (printed, log, folder) = local.stop_with("-TERM").await;
        (printed, log, folder)
    };
    assert!(printed.contains(&url), "{printed}");
    let line = printed
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("curl "))
        .expect("a curl line");
    assert!(line.contains("/clients/list"), "{line}");
}

/// The ID and secret in the printed `curl -u ID:SECRET …`.
fn credentials(printed: &str) -> (String, String) {
    let line = printed
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("curl "))
        .expect("a curl line");
    let pair = line
        .split_whitespace()
        .skip_while(|word| *word != "-u")
        .nth(1)
        .unwrap()
        .trim_matches('\'');
    let (id, secret) = pair.split_once(':').unwrap();
    (id.to_owned(), secret.to_owned())
}

#[tokio::test]
async fn data_is_kept_over_restarts_and_the_demo_is_made_once() {
    let local = Local::start(&["--data", "kept"], None).await;
    let (printed, _, folder) = local.stop_with("-TERM").await;
    let (id, secret) = credentials(&printed);

    let local = Local::start_in(folder, &["--data", "kept"], None).await;
    let owner = Caller::at(&local.url).basic(&id, &secret);
    owner
        .post("/clients/add", &[("description", "kept")])
        .await
        .ok();
    let (printed, _, folder) = local.stop_with("-INT").await;
    assert!(
        !printed.contains(&secret),
        "the credentials are printed once: {printed}"
    );

    let local = Local::start_in(folder, &["--data", "kept"], None).await;
    let list = Caller::at(&local.url)
        .basic(&id, &secret)
        .post("/clients/list", &[])
        .await
        .ok();
    assert_eq!(list["results"].as_array().unwrap().len(), 2);
    let kept = local.folder.path().join("kept");
    assert_eq!(
        std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(
        std::fs::metadata(kept.join("sealing.key"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_kill_9() {
    let mut folder = TempDir::new().unwrap();
    let seed = Setup::default().seed;
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let local = Local::start_in(folder, &["--data", "kept"], Some(&seed)).await;
        let mut writers = Vec::new();
        for writer in 0..4 {
            let owner = Caller::at(&local.url).basic("owner", &secret_of("owner"));
            writers.push(tokio::spawn(async move {
                let mut done = Vec::new();
                for number in 0..100 {
                    let name = format!("{round} {writer} {number}");
                    match owner
                        .try_post("/clients/add", &[("description", &name)])
                        .await
                    {
                        Ok(reply) => {
                            done.push((name, reply.ok()["client_id"].as_str().unwrap().to_owned()));
                        }
                        Err(_) => break,
                    }
                }
                done
            }));
        }
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        folder = local.kill().await;
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    assert!(!acknowledged.is_empty());
    let local = Local::start_in(folder, &["--data", "kept"], Some(&seed)).await;
    let list = Caller::at(&local.url)
        .basic("owner", &secret_of("owner"))
        .post("/clients/list", &[])
        .await
        .ok();
    for (name, id) in acknowledged {
        let found = list["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|client| client["client_id"] == *id);
        assert_eq!(found.expect("acknowledged, but lost")["description"], name);
    }
}

#[tokio::test]
async fn a_seed_is_planted_once_and_what_is_there_stays() {
    let seed = Setup::default().seed;
    let local = Local::start(&["--data", "kept"], Some(&seed)).await;
    let owner = Caller::at(&local.url).basic("owner", &secret_of("owner"));
    owner
        .post(
            "/clients/set_description",
            &[("for_client_id", "featureless"), ("description", "renamed")],
        )
        .await
        .ok();
    let (printed, _, folder) = local.stop_with("-TERM").await;
    assert!(
        !printed.contains("curl "),
        "with a seed nothing else is created: {printed}"
    );
    let local = Local::start_in(folder, &["--data", "kept"], Some(&seed)).await;
    let list = Caller::at(&local.url)
        .basic("owner", &secret_of("owner"))
        .post("/clients/list", &[])
        .await;
    assert!(list.body.contains("renamed"), "{}", list.body);
}

#[tokio::test]
async fn a_seed_that_does_not_fit_is_refused_whole_with_its_place() {
    let folder = TempDir::new().unwrap();
    let mut seed = Setup::default().seed;
    seed["applications"][1]["clients"][0]["whitelist"] = json!(["10.0.0.0/99"]);
    std::fs::write(folder.path().join("seed.json"), seed.to_string()).unwrap();
    let words = refused(
        &folder,
        &[
            "--data",
            "kept",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            "seed.json",
        ],
    )
    .await;
    assert!(
        words.contains("seed.json") && words.contains("applications[1].clients[0].whitelist"),
        "{words}"
    );
    assert!(!words.contains(&secret_of("owner")), "{words}");

    let words = refused(
        &folder,
        &[
            "--memory",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            "missing.json",
        ],
    )
    .await;
    assert!(words.contains("missing.json"), "{words}");
}

#[tokio::test]
async fn a_client_id_of_another_application_refuses_the_seed() {
    let seed = Setup::default().seed;
    let local = Local::start(&["--data", "kept"], Some(&seed)).await;
    let (_, _, folder) = local.stop_with("-TERM").await;
    let thief = json!({"applications": [{"application_id": "thief", "name": "Thief", "clients": [
        {"client_id": "owner", "client_secret": "mine now", "description": "thief", "features": ["owner"]}
    ]}]});
    std::fs::write(folder.path().join("thief.json"), thief.to_string()).unwrap();
    let words = refused(
        &folder,
        &[
            "--data",
            "kept",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            "thief.json",
        ],
    )
    .await;
    assert!(
        words.contains("another application") && !words.contains("mine now"),
        "{words}"
    );
}

#[tokio::test]
async fn a_port_in_use_and_a_folder_that_can_not_be_written_are_one_sentence() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let words = refused(&folder, &["--memory", "--listen", &address]).await;
    assert!(
        words.contains(&address) && words.contains("--listen"),
        "{words}"
    );

    std::fs::write(folder.path().join("file"), "in the way").unwrap();
    let words = refused(&folder, &["--data", "file", "--listen", "127.0.0.1:0"]).await;
    assert!(
        words.contains("file") && words.contains("--data"),
        "{words}"
    );
}

#[tokio::test]
async fn two_processes_never_use_one_folder() {
    let local = Local::start(&["--data", "kept"], None).await;
    let words = refused(
        &local.folder,
        &["--data", "kept", "--listen", "127.0.0.1:0"],
    )
    .await;
    assert!(words.contains("kept"), "{words}");
}

#[tokio::test]
async fn a_key_file_that_others_may_read_is_refused() {
    let local = Local::start(&["--data", "kept"], None).await;
    let (_, _, folder) = local.stop_with("-TERM").await;
    let key = folder.path().join("kept/sealing.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let words = refused(&folder, &["--data", "kept", "--listen", "127.0.0.1:0"]).await;
    assert!(
        words.contains("sealing.key") && words.contains("chmod 600"),
        "{words}"
    );
}

#[tokio::test]
async fn a_public_url_is_ignored_with_a_word() {
    let folder = TempDir::new().unwrap();
    let mut child = Local::command(&folder, &["--memory", "--listen", "127.0.0.1:0"])
        .env("COUNTERSIGN_PUBLIC_URL", "https://api.example.com")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    assert!(line.contains("COUNTERSIGN_PUBLIC_URL is ignored"), "{line}");
    assert!(line.contains("http://127.0.0.1:"), "{line}");
}
