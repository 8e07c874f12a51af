//! Sealing: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with random 192-bit nonces, keys from a
//! ring, and associated data that binds each value to where it belongs. The envelope names its key,
//! so that rings can grow and keys retire.

mod cipher;
mod cursor;
mod envelope;
mod flow;
mod key_file;
mod key_ring;
mod plain;
mod storage;

pub use cursor::KeyRingCursorSealer;
pub use flow::KeyRingFlowSealer;
pub use key_file::{KeyEntry, KeyFile, KeyFileError, KeyPart};
pub use key_ring::KeyRing;
pub use plain::PlainKeys;
pub use storage::KeyRingSealer;
