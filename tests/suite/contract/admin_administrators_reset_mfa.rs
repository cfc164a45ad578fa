//! Reset an Administrator's Authenticator.

use countersign_tests::resets::{self, Factor};

#[tokio::test]
async fn the_old_one_stops_at_once_and_a_link_sets_up_another() {
    resets::the_old_one_stops_at_once_and_a_link_sets_up_another(Factor::Authenticator).await;
}

#[tokio::test]
async fn a_second_reset_makes_the_first_link_void() {
    resets::a_second_reset_makes_the_first_link_void(Factor::Authenticator).await;
}

#[tokio::test]
async fn nobody_resets_their_own() {
    resets::nobody_resets_their_own(Factor::Authenticator).await;
}

#[tokio::test]
async fn a_version_that_is_gone_is_not_reset() {
    resets::a_version_that_is_gone_is_not_reset(Factor::Authenticator).await;
}

#[tokio::test]
async fn it_takes_manage_users_and_one_of_the_application() {
    resets::it_takes_manage_users_and_one_of_the_application(Factor::Authenticator).await;
}

#[tokio::test]
async fn it_is_audited_without_the_link() {
    resets::it_is_audited_without_the_link(Factor::Authenticator).await;
}
