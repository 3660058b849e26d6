//! Members of the wheels of torch on PyPI: what they are, and what reading them costs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use torch_patch_upstream::{
    Client, ClientSettings, IndexSettings, Verification, Wheel, members, wheels,
};

const TARGET: &str = "torch/distributed/distributed_c10d.py";

/// The releases and platforms, with the wheel that stands for them.
fn chosen(all: Vec<Wheel>) -> BTreeMap<(String, &'static str), Wheel> {
    let mut chosen = BTreeMap::new();
    for wheel in all {
        let tags = wheel.name.platform.join(".");
        let (platform, is_preferred) = match tags.as_str() {
            tags if tags.starts_with("win") => ("win", tags.contains("amd64")),
            tags if tags.starts_with("macos") => ("macos", tags.contains("arm64")),
            _ => ("linux", tags.contains("x86_64")),
        };
        let python = wheel.name.python.concat();
        let python = python
            .strip_prefix("cp3")
            .and_then(|minor| minor.parse().ok());
        let is_threaded = wheel.name.abi.iter().any(|abi| abi.ends_with('t'));
        let rank: (bool, Option<u32>, bool) = (!is_threaded, python, is_preferred);
        let place = chosen.entry((wheel.name.version.clone(), platform));
        let entry = place.or_insert_with(|| (rank, wheel.clone()));
        if rank > entry.0 {
            *entry = (rank, wheel);
        }
    }
    chosen
        .into_iter()
        .map(|(cell, (_, wheel))| (cell, wheel))
        .collect()
}

/// What reading one wheel cost.
struct Cost {
    cell: String,
    platform: &'static str,
    requests: u64,
    bytes: u64,
    verification: Option<Verification>,
}

fn cost(client: &Client, cell: &(String, &'static str), wheel: &Wheel) -> Cost {
    let before = client.traffic();
    let found =
        members(client, None, wheel, &[TARGET]).unwrap_or_else(|error| panic!("{cell:?}: {error}"));
    let after = client.traffic();
    Cost {
        cell: format!("{} {}", cell.0, cell.1),
        platform: cell.1,
        requests: after.requests - before.requests,
        bytes: after.bytes - before.bytes,
        verification: found[TARGET].as_ref().map(|member| member.verification),
    }
}

#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn every_release_is_read_within_its_budget() {
    let client = Client::new(ClientSettings::default()).unwrap();
    let listing = wheels(&client, &IndexSettings::default(), "torch").unwrap();
    let queue = Mutex::new(chosen(listing.wheels));
    let costs = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = Client::new(ClientSettings::default()).unwrap();
                loop {
                    let Some((cell, wheel)) = queue.lock().unwrap().pop_first() else {
                        break;
                    };
                    let cost = cost(&client, &cell, &wheel);
                    costs.lock().unwrap().push(cost);
                }
            });
        }
    });
    let costs = costs.into_inner().unwrap();
    let mut requests = BTreeMap::new();
    let mut bytes = BTreeMap::new();
    for cost in &costs {
        *requests.entry(cost.requests).or_insert(0) += 1;
        *bytes.entry(cost.platform).or_insert(0) += cost.bytes;
        if cost.requests > 3 || cost.verification != Some(Verification::Digest) {
            println!(
                "{}: {} requests, {:?}",
                cost.cell, cost.requests, cost.verification
            );
        }
    }
    let all: u64 = bytes.values().sum();
    println!(
        "{} wheels, requests {requests:?}, bytes {bytes:?}, all {all}",
        costs.len()
    );
    assert!(bytes["win"] <= 60_000_000 && all <= 1_000_000 * costs.len() as u64);
    let many: Vec<_> = costs.iter().filter(|cost| cost.requests > 3).collect();
    assert!(many.len() <= 7 && many.iter().all(|cost| cost.requests <= 5));
    let unproven = costs
        .iter()
        .filter(|cost| cost.verification != Some(Verification::Digest));
    let unproven: Vec<_> = unproven.map(|cost| cost.cell.as_str()).collect();
    // Its metadata directory is called `torch-1.7.0.dist.info`.
    assert_eq!(unproven, ["1.7.0 win"]);
}
