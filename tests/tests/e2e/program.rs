//! The program itself: its commands, settings, keys and generated documents.

mod audit;
mod commands;
mod copy;
mod core_dumps;
mod doctor;
mod generated;
mod import_novu;
mod key_rotation;
mod quickstart;
mod sealing_keys;
mod settings;
mod vault;
