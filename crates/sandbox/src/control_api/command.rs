//! One route for each control that changes something.

mod bots;
mod entra;
mod general;
mod slack;

use serde::Deserialize;
use serde::de::Error;
use serde_json::{Map, Value, json};

use crate::control::SandboxControl;

/// A method of [`SandboxControl`] with its parameters: the name is the last
/// part of the path, the parameters are the members of the body. Without
/// parameters the body may be empty.
#[derive(Debug)]
pub(crate) enum Command {
    General(general::Command),
    Slack(slack::Command),
    Entra(entra::Command),
    Bots(bots::Command),
}

impl Command {
    /// The command of this name.
    ///
    /// # Errors
    /// When there is none, or its parameters are others than these.
    pub(crate) fn read(name: &str, parameters: &[u8]) -> Result<Self, serde_json::Error> {
        let parameters = if parameters.is_empty() {
            Value::Object(Map::new())
        } else {
            serde_json::from_slice(parameters)?
        };
        let command = Value::Object(Map::from_iter([(name.to_owned(), parameters)]));
        let unknown = format!("unknown variant `{name}`");
        let is_elsewhere = |error: &serde_json::Error| error.to_string().starts_with(&unknown);
        let mut found = general::Command::deserialize(&command).map(Self::General);
        if found.as_ref().is_err_and(is_elsewhere) {
            found = slack::Command::deserialize(&command).map(Self::Slack);
        }
        if found.as_ref().is_err_and(is_elsewhere) {
            found = entra::Command::deserialize(&command).map(Self::Entra);
        }
        if found.as_ref().is_err_and(is_elsewhere) {
            found = bots::Command::deserialize(&command).map(Self::Bots);
        }
        if found.as_ref().is_err_and(is_elsewhere) {
            let text = format!("there is no control named {name}");
            return Err(serde_json::Error::custom(text));
        }
        found
    }

    /// Does it; answers what the method answers, if anything.
    pub(crate) fn run(self, control: &SandboxControl) -> Option<Value> {
        match self {
            Self::General(command) => command.run(control),
            Self::Slack(command) => command.run(control),
            Self::Entra(command) => command.run(control),
            Self::Bots(command) => command.run(control),
        }
    }
}

/// Something that was sent, or not.
fn sent(delivery: Option<usize>) -> Value {
    json!({ "delivery": delivery })
}
