mod client;
mod generated;
mod novu;
mod schemathesis;
mod walk;
