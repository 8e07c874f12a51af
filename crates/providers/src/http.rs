//! Outgoing calls. [`Egress`] is the one constructor of an HTTP client: whoever talks to the
//! outside takes it as a parameter.

pub mod address;
mod call;
mod egress;
mod error;
mod form;
mod json;
mod reply;
mod resolver;

pub use call::Call;
pub use egress::{Egress, EgressPolicy};
pub use error::{EgressError, EgressSetupError};
pub use form::Form;
pub use json::{Object, read as read_json};
pub use reply::Reply;
