//! The program from outside: a real server process, real HTTP, the providers' stand-ins.

mod attempts;
mod broken_off;
mod canary;
mod events;
mod exchange;
mod idempotency;
mod interrupted;
mod limits;
mod linking;
mod mint;
mod pages;
mod program;
mod reconnect;
mod resources;
mod return_url;
mod slack;
mod slow_clients;
mod state;
mod stolen;
mod teams;
mod verify;
