//! The log: pretty on a terminal, JSON otherwise, on standard error.

use std::{
    io::{IsTerminal, stderr},
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

use crate::config::{LogFormat, Settings};

mod json;
mod writer;

use json::{JsonLines, JsonMembers};
use writer::Writer;

/// What writes the lines, on a thread of its own.
static WRITER: Mutex<Option<Writer>> = Mutex::new(None);

/// Starts the log.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = filter(settings)?;
    let pretty = match settings.log_format {
        LogFormat::Auto => stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let (lines, writer) = writer::start(stderr()).context("the log has no thread")?;
    let layer = fmt::layer().with_writer(lines);
    let layer = if pretty {
        layer.with_ansi(stderr().is_terminal()).boxed()
    } else {
        let layer = layer.fmt_fields(JsonMembers);
        layer.event_format(JsonLines).boxed()
    };
    let started = registry().with(layer).with(filter).try_init();
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))?;
    *WRITER.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
    Ok(())
}

/// Writes what waits to be written. What is logged after this is lost.
pub(crate) fn finish() {
    let writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(writer) = writer {
        writer.finish();
    }
}

/// What is logged, as the setting says.
pub(crate) fn filter(settings: &Settings) -> anyhow::Result<Targets> {
    let filter = settings.log.parse::<Targets>();
    filter.context("setting log must be a level or a list of target=level")
}
