//! List API Clients.

use countersign_tests::App;
use countersign_tests::admin_clients::{
    assert_takes_manage_users, assert_tells_no_secret, id_of, of_client, view,
};
use reqwest::Method;
use serde_json::{Value, json};

const LIST: &str = "/admin/clients";
const SEEDED: [&str; 7] = [
    "access_issuer",
    "direct_access",
    "direct_read_access",
    "disabled",
    "featureless",
    "login_client",
    "owner",
];

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(id_of).collect()
}

#[tokio::test]
async fn all_clients_of_the_application_are_listed_in_the_order_of_their_ids_without_secrets() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let reply = ben.get(LIST).await;
    let page = reply.fine();
    let items = page["items"].as_array().unwrap();
    assert_eq!(ids(items), SEEDED);
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(page.as_object().unwrap().len(), 2);
    for item in items {
        assert_eq!(*item, view(&ben, &id_of(item)).await);
    }
    assert_tells_no_secret(&reply);
    let fay = app.sign_in("fay").await;
    assert_eq!(ids(&fay.all(LIST, "").await), ["foreigner"]);
}

#[tokio::test]
async fn pages_of_any_size_make_up_the_whole_list() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let whole = ben.all(LIST, "").await;
    for limit in [1, 2, 6, 7, 8, 200] {
        let first = ben.get(&format!("{LIST}?limit={limit}")).await.fine();
        let there = first["items"].as_array().unwrap().len();
        assert_eq!(there, limit.min(SEEDED.len()));
        assert_eq!(
            first["next_cursor"].is_null(),
            limit >= SEEDED.len(),
            "{limit}"
        );
        assert_eq!(
            ben.all(LIST, &format!("limit={limit}")).await,
            whole,
            "{limit}"
        );
    }
}

#[tokio::test]
async fn a_page_has_fifty_clients_unless_it_is_said() {
    let mut setup = countersign_tests::Setup::with_people();
    let clients = (0..51).map(|number| json!({"description": format!("number {number}")}));
    setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap()
        .extend(clients);
    let app = App::with(setup).await;
    let ben = app.sign_in("ben").await;
    let page = ben.get(LIST).await.fine();
    assert_eq!(page["items"].as_array().unwrap().len(), 50);
    assert_eq!(ben.all(LIST, "").await.len(), SEEDED.len() + 51);
}

#[tokio::test]
async fn a_list_goes_on_behind_its_cursor_though_clients_come_and_go() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let first = ben.get(&format!("{LIST}?limit=3")).await.fine();
    let cursor = first["next_cursor"].as_str().unwrap();
    // The one that the cursor was made of is gone when it is used.
    ben.delete(&of_client("direct_read_access", ""))
        .await
        .nothing();
    let rest = ben.all(LIST, &format!("cursor={cursor}")).await;
    assert_eq!(ids(&rest), SEEDED[3..]);
}

#[tokio::test]
async fn a_cursor_leads_to_a_place_and_to_nobody_elses_list() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let first = ben.get(&format!("{LIST}?limit=1")).await.fine();
    let cursor = first["next_cursor"].as_str().unwrap();
    let fay = app.sign_in("fay").await;
    assert_eq!(
        ids(&fay.all(LIST, &format!("cursor={cursor}")).await),
        ["foreigner"]
    );
}

#[tokio::test]
async fn a_size_is_1_to_200_and_a_cursor_is_one_that_was_given() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for limit in ["0", "201", "-1", "all", ""] {
        let faults = ben.get(&format!("{LIST}?limit={limit}")).await.faults();
        assert_eq!(faults[0].0, "/limit", "{limit}");
    }
    for cursor in ["%20", "%21%21", "", &"A".repeat(5000)] {
        let faults = ben.get(&format!("{LIST}?cursor={cursor}")).await.faults();
        assert_eq!(faults[0].0, "/cursor", "{cursor}");
        assert!(faults[0].1.contains("next_cursor"), "{faults:?}");
    }
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    assert_takes_manage_users(&app, Method::GET, LIST, None).await;
}
