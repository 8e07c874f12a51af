//! `POST /v1/integrations/channel-connections/oauth`: what it takes and what it refuses.

mod body;
mod fields;
mod keys;
mod owner;
mod url;
