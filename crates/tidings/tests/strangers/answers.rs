//! Every client gets the right answer to every case of the table.

use crate::case::CASES;
use crate::client::Client;

#[test]
fn node_apn_gets_every_answer() {
    assert_every_answer(Client::NodeApn);
}

#[test]
fn apns2_gets_every_answer() {
    assert_every_answer(Client::Apns2);
}

#[test]
fn aioapns_gets_every_answer() {
    assert_every_answer(Client::Aioapns);
}

#[test]
fn a2_gets_every_answer() {
    assert_every_answer(Client::A2);
}

#[test]
fn curl_gets_every_answer() {
    assert_every_answer(Client::Curl);
}

#[test]
fn h2load_gets_every_answer() {
    assert_every_answer(Client::H2load);
}

/// Goes through the whole table before it fails, so that one look shows all that is wrong.
fn assert_every_answer(client: Client) {
    let wrong: Vec<_> = CASES
        .iter()
        .filter_map(|case| case.try_with(client).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
