//! The harness of the end-to-end tests: it starts the real program as a process, plays the back
//! end ([`Api`]) and the person ([`Browser`]), and watches the providers' stand-ins.
//!
//! Everything of a test stands on a [`Stage`] of its own: a data folder, a server on a free
//! port, a sandbox. Where many nodes are needed they are a [`Fleet`], on a database of its own.
//! Nothing outlives the test, whether it passes or not.

mod api;
mod binary;
mod browser;
mod cast;
pub mod cut;
mod fleet;
mod form;
mod home;
mod http;
mod port;
mod postgres;
mod process;
mod redis;
mod relay;
mod search;
mod server;
mod services;
mod stage;
mod wait;

pub use api::{Api, Minted, Reply, step_names};
pub use browser::{Browser, Page};
pub use cast::{
    BAKERY, BOOKS, ENTRA, FENNEL, JONAS, LARKSPUR, MARA, NOOR, OTIS, RAIL, RAIL_GROUP, ROTATING,
    SELMA, SLACK, SUBSCRIBER,
};
pub use fleet::{Fleet, FleetSetup, NODES, PUBLIC_URL};
pub use form::Form;
pub use home::{Finished, Home};
pub use http::{headers_of, http_client, param, raw_exchange, with_param, without_param};
pub use port::free_port;
pub use postgres::TestDatabase;
pub use process::Process;
pub use redis::OwnRedis;
pub use relay::Relay;
pub use search::{files_with, forms};
pub use server::{BOOTSTRAP_KEY, CALLBACK_PATH, Server};
pub use stage::{Setup, Stage, Storage};
pub use wait::{until, within};
