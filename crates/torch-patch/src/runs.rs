//! Demands of `run`, which last as long as its process.
//!
//! Such a demand has the owner `run:<number>`, by the number of a lease in the store. When the process has gone, whoever
//! takes the lock next takes back what it has left.

use std::time::Duration;

use torch_patch_store::{Lease, Ledger, Locked, Store};

use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::progress::{Progress, Step};
use crate::records::Records;
use crate::request::OnDrift;
use crate::restoration::{Restoration, Withdrawal};
use crate::write::{commit, lock};

/// What the owner of a demand of `run` begins with.
pub(crate) const PREFIX: &str = "run:";

/// Takes a lease with the same number in each store, and returns it as an owner.
pub(crate) fn take_leases(
    context: &Context,
    stores: &[Store],
    timeout: Duration,
    progress: &mut dyn Progress,
) -> Result<(String, Vec<Lease>), Error> {
    let mut number = 1;
    loop {
        if let Some(leases) = leases_with(context, stores, number, timeout, progress)? {
            return Ok((format!("{PREFIX}{number}"), leases));
        }
        number += 1;
    }
}

/// Takes the lease with a number in each store; `None` if one of them has it, or has recorded something for it.
fn leases_with(
    context: &Context,
    stores: &[Store],
    number: u32,
    timeout: Duration,
    progress: &mut dyn Progress,
) -> Result<Option<Vec<Lease>>, Error> {
    let mut leases = Vec::with_capacity(stores.len());
    for store in stores {
        let locked = lock(context, store, "torch-patch run", timeout, progress)?;
        let owners = owners(locked.ledger());
        let is_recorded = owners.iter().any(|own| run_number(own) == Some(number));
        let lease = if is_recorded {
            None
        } else {
            locked.lease(number)?
        };
        let Some(lease) = lease else {
            end(leases);
            return Ok(None);
        };
        leases.push(lease);
        locked.release()?;
    }
    Ok(Some(leases))
}

/// Gives leases back. What stays of them is removed by whoever takes the lock next.
pub(crate) fn end(leases: Vec<Lease>) {
    for lease in leases {
        let _ = lease.end();
    }
}

/// Whether something is recorded for runs whose process has gone.
pub(crate) fn has_dead_runs(records: &Records<'_>) -> Result<bool, Error> {
    let store = Store::new(records.root());
    Ok(!dead_runs(&store, records.ledger())?.is_empty())
}

/// Whether an owner is a run whose process has gone. What cannot be looked at is taken for alive.
pub(crate) fn is_dead(records: &Records<'_>, owner: &str) -> bool {
    let store = Store::new(records.root());
    run_number(owner).is_some_and(|number| store.is_leased(number).is_ok_and(|alive| !alive))
}

/// Takes back what runs have asked for whose process has gone, as far as nobody else has asked for it.
///
/// A file that someone else has changed since is left alone, and that is told.
pub(crate) fn heal(
    context: &Context,
    store: &Store,
    locked: &mut Locked<'_>,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    for owner in dead_runs(store, locked.ledger())? {
        let patches = patches_of(locked.ledger(), &owner);
        let records = Records::Locked { store, locked };
        let withdrawal = Withdrawal {
            ids: &patches,
            owner: Some(&owner),
        };
        match Restoration::plan(context, &records, withdrawal, OnDrift::Refuse) {
            Ok(plan) => {
                commit(locked, plan.change(), progress)?;
                progress.step(&Step::Healed { patches });
            }
            Err(error) if matches!(error.kind(), ErrorKind::Drift { .. }) => {
                let text = format!(
                    "what a `torch-patch run` has left that was killed stays: {}",
                    error.report().message
                );
                progress.step(&Step::Note { text });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn dead_runs(store: &Store, ledger: &Ledger) -> Result<Vec<String>, Error> {
    let mut dead = Vec::new();
    for owner in owners(ledger) {
        if let Some(number) = run_number(&owner)
            && !store.is_leased(number)?
        {
            dead.push(owner);
        }
    }
    Ok(dead)
}

/// The patches that an owner has asked for.
fn patches_of(ledger: &Ledger, owner: &str) -> Vec<String> {
    let layers = ledger.files.values().flat_map(|entry| &entry.patches);
    let own = layers.filter(|layer| layer.owners.iter().any(|own| own == owner));
    let mut patches: Vec<String> = own.map(|layer| layer.id.clone()).collect();
    patches.sort();
    patches.dedup();
    patches
}

fn owners(ledger: &Ledger) -> Vec<String> {
    let layers = ledger.files.values().flat_map(|entry| &entry.patches);
    let mut owners: Vec<String> = layers.flat_map(|layer| layer.owners.clone()).collect();
    owners.sort();
    owners.dedup();
    owners
}

fn run_number(owner: &str) -> Option<u32> {
    owner.strip_prefix(PREFIX)?.parse().ok()
}
