//! The files that are made from the declarations say what the declarations say.

mod documents;
mod file_lengths;
mod floors;
mod plain_words;

use countersign_tests::derived::{hold, openapi, permissions, template};

#[test]
fn the_template_has_the_functions_and_policies_of_the_declarations() {
    hold("template.yaml", &template());
}

#[test]
fn the_permission_table_is_that_of_the_declarations() {
    hold("docs/permissions.md", &permissions());
}

#[test]
fn the_openapi_document_in_the_repository_is_the_one_that_is_served() {
    hold("docs/openapi.json", &openapi());
}

#[tokio::test]
async fn the_table_of_round_trips_and_capacity_units_is_true() {
    hold("docs/capacity.md", &crate::aws::measures::table().await);
}
