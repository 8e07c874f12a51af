//! Rebuilds the crate when a migration is added: the compiler itself notices changed ones only.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
