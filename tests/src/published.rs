//! Published settings: choosing, publishing, listing and reading them in tests.

use reqwest::{Body, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::{APPLICATION, App};
use crate::caller::Reply;

/// The client that most tests publish for.
pub const PUBLISHED: &str = "featureless";

/// Returns the path of the files of the newest version: `kind` is `json` or `js`.
pub fn newest_file(client: &str, kind: &str) -> String {
    format!("/widget_data/settings/{APPLICATION}/{client}.{kind}")
}

/// Returns the path of the file of one version.
pub fn version_file(client: &str, version: &str) -> String {
    format!("/widget_data/settings/{APPLICATION}/{client}/{version}.json")
}

/// Asserts that it is the plain 404, which tells nothing about the reason.
#[track_caller]
pub fn assert_not_found(reply: &Reply, about: &str) {
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (404, r#"{"message":"Not Found"}"#),
        "{about}"
    );
    assert_eq!(reply.header("content-type"), "application/json", "{about}");
}

impl App {
    /// Gives a client settings of its own beside those that it has.
    pub async fn give(&self, client: &str, items: &Value) {
        let given = [
            ("for_client_id", client),
            ("items", &items.to_string() as &str),
        ];
        self.owner().post("/settings/set_multi", &given).await.ok();
    }

    /// Gives a client settings, and chooses the keys to publish.
    pub async fn choose(&self, client: &str, keys: &[&str], items: &Value) {
        self.give(client, items).await;
        let keys = json!(keys).to_string();
        self.give(client, &json!({ "jump_publish_settings": keys }))
            .await;
    }

    /// Publishes, and returns the version.
    pub async fn publish(&self, client: &str) -> String {
        let reply = self.try_publish(client).await.ok();
        reply["results"]["janrain_settings_version"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Tries to publish.
    pub async fn try_publish(&self, client: &str) -> Reply {
        self.owner()
            .post("/settings/widget/publish", &[("for_client_id", client)])
            .await
    }

    /// Publishes `count` versions, and returns them, oldest first.
    pub async fn publish_times(&self, client: &str, count: usize) -> Vec<String> {
        let mut versions = Vec::with_capacity(count);
        for _ in 0..count {
            versions.push(self.publish(client).await);
        }
        versions
    }

    /// Deletes one published version, or all.
    pub async fn unpublish(&self, client: &str, version: Option<&str>) -> Reply {
        let mut given = vec![("for_client_id", client), ("commit", "true")];
        given.extend(version.map(|version| ("version", version)));
        self.owner().post("/settings/widget/delete", &given).await
    }

    /// Returns the listed paths.
    pub async fn files(&self, given: &[(&str, &str)]) -> Vec<String> {
        let reply = self.owner().post("/settings/widget/list", given).await.ok();
        let paths = reply["results"].as_array().unwrap().iter();
        paths
            .map(|path| path.as_str().unwrap().to_owned())
            .collect()
    }

    /// Reads a file without credentials, with these headers.
    pub async fn read_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.stranger()
            .send(Method::GET, path, headers, Body::default())
            .await
    }

    /// Reads a file without credentials.
    pub async fn read(&self, path: &str) -> Reply {
        self.read_with(path, &[]).await
    }

    /// Returns the status and the body for exactly this path. HTTP clients would normalise it.
    pub async fn read_raw(&self, path: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(self.running.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        connection.read_to_string(&mut reply).await.unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        (status.parse().unwrap(), body.to_owned())
    }

    /// Returns the newest published settings of a client, as its file has them.
    pub async fn newest(&self, client: &str) -> Value {
        let reply = self.read(&newest_file(client, "json")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }
}
