//! What the store costs: reading a ledger, and durable commits.

fn main() {
    divan::main();
}
