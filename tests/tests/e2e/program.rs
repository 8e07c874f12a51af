//! The program itself: its commands, settings, keys and generated documents.

mod commands;
mod copy;
mod doctor;
mod generated;
mod import_novu;
mod quickstart;
mod key_rotation;
mod sealing_keys;
mod settings;
mod vault;
