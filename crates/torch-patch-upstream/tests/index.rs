//! Lists of wheels: pages of an index, folders, and what is wrong with some.

use torch_patch_upstream::{Client, ClientSettings, IndexSettings, wheels};

#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn the_real_index_lists_torch() {
    let client = Client::new(ClientSettings::default()).unwrap();
    let listing = wheels(&client, &IndexSettings::default(), "Torch").unwrap();
    println!(
        "{} {:?} {:?}",
        listing.wheels.len(),
        client.traffic(),
        listing.wheels[0]
    );
    assert!(listing.wheels.len() > 900, "{}", listing.wheels.len());
    assert!(
        listing
            .wheels
            .iter()
            .all(|wheel| wheel.digest.is_some() && wheel.size.is_some())
    );
    assert_eq!(client.traffic().requests, 1);
}
