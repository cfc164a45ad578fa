//! The metadata of the authorization server, which client libraries read first.

use countersign_tests::App;
use serde_json::Value;

/// RFC 8414, section 2, says what must be there; section 3.2 forbids lists without elements.
#[tokio::test]
async fn the_metadata_have_all_that_must_be_there_and_no_empty_list() {
    let app = App::start().await;
    let path = "/.well-known/oauth-authorization-server";
    let metadata = app.stranger().get(path, &[]).await.json();
    assert_eq!(metadata["issuer"], app.url());
    for required in ["token_endpoint", "response_types_supported"] {
        assert!(metadata.get(required).is_some(), "{required}: {metadata}");
    }
    for (name, value) in metadata.as_object().unwrap() {
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        assert!(!is_empty && *value != Value::Null, "{name}: {metadata}");
    }
}
