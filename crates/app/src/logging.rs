//! The log: pretty on a terminal, JSON otherwise, on standard error.

use std::{
    io::{BufWriter, IsTerminal, stderr},
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt, fmt::format::JsonFields};

use crate::config::{LogFormat, Settings};

mod json;

use json::JsonLines;

/// So many lines wait to be written at the most. Beyond them whoever logs waits: none is lost.
const WAITING_LINES: usize = 10_000;

/// What writes the lines, on a thread of its own.
static WRITER: Mutex<Option<WorkerGuard>> = Mutex::new(None);

/// Starts the log.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = filter(settings)?;
    let pretty = match settings.log_format {
        LogFormat::Auto => stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let (lines, writer) = NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(BufWriter::new(stderr()));
    let builder = fmt().with_env_filter(filter).with_writer(lines);
    let started = if pretty {
        builder.with_ansi(stderr().is_terminal()).try_init()
    } else {
        builder
            .fmt_fields(JsonFields::new())
            .event_format(JsonLines)
            .try_init()
    };
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))?;
    *WRITER.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
    Ok(())
}

/// Writes what waits to be written. What is logged after this is lost.
pub(crate) fn finish() {
    drop(WRITER.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// What is logged, as the setting says.
pub(crate) fn filter(settings: &Settings) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(&settings.log)
        .context("setting log must be a level or a list of target=level")
}
