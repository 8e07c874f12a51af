//! The handle with which a test watches and disturbs a sandbox.

mod bots;
mod deliveries;
mod entra;
mod faults;
mod keys;
mod record;
mod slack;
mod time;

use std::sync::Arc;

use crate::world::World;

/// A handle to a sandbox; clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct SandboxControl {
    world: Arc<World>,
}

impl SandboxControl {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }
}
